namespace ImageFs.FileSystems.Foreign;

/// <summary>What something is that is recognised but not read.</summary>
public enum ForeignKind
{
    /// <summary>A file system, or an encrypted one: it takes the volume that it is on.</summary>
    FileSystem,

    /// <summary>Takes its volume, but has no files: swap space.</summary>
    Empty,

    /// <summary>A part of something larger: of a volume group, a RAID, a pool.</summary>
    Member,

    /// <summary>A division into further volumes.</summary>
    Table,

    /// <summary>A file that is not an image as it is: compressed, an archive, another program's container.</summary>
    File,

    /// <summary>Not even that: something left in place of an image, or nothing.</summary>
    NoImage,
}
