namespace ImageFs.FileSystems.Ext;

/// <summary>i_flags (ext4: Inode Table), as far as they tell a reader something.</summary>
[Flags]
internal enum InodeFlags : uint
{
    None = 0,
    Encrypted = 0x800,

    /// <summary>A directory with a hash tree.</summary>
    Index = 0x1000,

    /// <summary>i_blocks counts file system blocks.</summary>
    HugeFile = 0x40000,

    /// <summary>i_block is the root of an extent tree.</summary>
    Extents = 0x80000,

    Verity = 0x100000,

    /// <summary>It holds the value of an extended attribute.</summary>
    EaInode = 0x200000,

    /// <summary>The contents are in the inode.</summary>
    InlineData = 0x10000000,

    /// <summary>A directory whose names are looked up without regard to case.</summary>
    CaseFold = 0x40000000,
}
