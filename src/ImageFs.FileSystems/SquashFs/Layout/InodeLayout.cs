namespace ImageFs.FileSystems.SquashFs.Layout;

/// <summary>An inode of one kind, as a version has it on disk (squashfs_reg_inode and its like).</summary>
internal sealed record InodeLayout
{
    /// <summary>Bytes of it that all inodes of its kind have.</summary>
    public required int Size { get; init; }

    /// <summary>Links to it (nlink); a version without this field counts none.</summary>
    public Field Links { get; init; }

    /// <summary>Bytes of a file, of a directory's entries or of a link's target.</summary>
    public Field Length { get; init; }

    /// <summary>Where a file's blocks begin, or the metadata block with a directory's first entry.</summary>
    public Field Start { get; init; }

    /// <summary>Where a file's last bytes are in a fragment, or a directory's first entry in its metadata block.</summary>
    public Field Offset { get; init; }

    /// <summary>The fragment that has a file's last bytes.</summary>
    public Field Fragment { get; init; }

    /// <summary>Bytes of a file that lie in blocks of zeros.</summary>
    public Field Sparse { get; init; }

    /// <summary>The inode number of a directory's parent.</summary>
    public Field Parent { get; init; }

    /// <summary>Entries of a directory's index (i_count).</summary>
    public Field IndexCount { get; init; }

    /// <summary>The device of a device node.</summary>
    public Field Device { get; init; }

    /// <summary>The time, where it is not in the common part.</summary>
    public Field ModifyTime { get; init; }

    /// <summary>Which list of extended attributes it has.</summary>
    public Field Attributes { get; init; }

    /// <summary>Whether that follows the target of a link.</summary>
    public bool HasAttributesBehindTarget { get; init; }

    /// <summary>In version 1: whether it is a FIFO or a socket.</summary>
    public Field SpecialType { get; init; }

    /// <summary>In version 1: which sixteen of the users its owner is among, where that is not in the type.</summary>
    public Field UserGroup { get; init; }
}
