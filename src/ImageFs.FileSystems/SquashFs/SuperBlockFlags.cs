namespace ImageFs.FileSystems.SquashFs;

/// <summary>What a super block says of how the file system was made.</summary>
[Flags]
internal enum SuperBlockFlags
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Inodes are not compressed.</summary>
    PlainInodes = 1 << 0,

    /// <summary>Blocks of files are not compressed.</summary>
    PlainData = 1 << 1,

    /// <summary>Before version 4: a byte follows the length of each metadata block.</summary>
    Check = 1 << 2,

    /// <summary>Fragments are not compressed.</summary>
    PlainFragments = 1 << 3,

    /// <summary>There are no fragments.</summary>
    NoFragments = 1 << 4,

    /// <summary>Ends of large files are in fragments, too.</summary>
    AlwaysFragments = 1 << 5,

    /// <summary>Files that are the same are stored once.</summary>
    Duplicates = 1 << 6,

    /// <summary>There is a table of inodes by their numbers.</summary>
    Exportable = 1 << 7,

    /// <summary>Extended attributes are not compressed.</summary>
    PlainAttributes = 1 << 8,

    /// <summary>There are no extended attributes.</summary>
    NoAttributes = 1 << 9,

    /// <summary>Options of the compressor follow the super block.</summary>
    CompressorOptions = 1 << 10,

    /// <summary>The table of users and groups is not compressed.</summary>
    PlainIds = 1 << 11,
}
