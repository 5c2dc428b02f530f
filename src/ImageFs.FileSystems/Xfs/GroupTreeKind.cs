namespace ImageFs.FileSystems.Xfs;

/// <summary>One of the B-trees of an allocation group (xfs_btree_block in its short form).</summary>
/// <param name="Name">Its name.</param>
/// <param name="OldMagic">bb_magic of a block without checksum; 0 where there is none.</param>
/// <param name="Magic">bb_magic of a block with checksum.</param>
/// <param name="RecordLength">Bytes of a record.</param>
/// <param name="KeyLength">Bytes of a key.</param>
internal sealed record GroupTreeKind(string Name, uint OldMagic, uint Magic, int RecordLength, int KeyLength)
{
    /// <summary>Free extents by where they begin: xfs_alloc_rec.</summary>
    public static readonly GroupTreeKind FreeByBlock = new("bnobt", 0x41425442, 0x41423342, 8, 8) { ComparedLength = 4 };

    /// <summary>Free extents by their length.</summary>
    public static readonly GroupTreeKind FreeBySize = new("cntbt", 0x41425443, 0x41423343, 8, 8);

    /// <summary>Chunks of inodes: xfs_inobt_rec.</summary>
    public static readonly GroupTreeKind Inodes = new("inobt", 0x49414254, 0x49414233, 16, 4);

    /// <summary>Chunks that have free inodes.</summary>
    public static readonly GroupTreeKind FreeInodes = new("finobt", 0x46494254, 0x46494233, 16, 4);

    /// <summary>Whose each extent is: xfs_rmap_rec. A pointer has the lowest and the highest key below it.</summary>
    public static readonly GroupTreeKind ReverseMap = new("rmapbt", 0, 0x524D4233, 24, 20) { KeysOfPointer = 2 };

    /// <summary>Extents that more than one file has: xfs_refcount_rec.</summary>
    public static readonly GroupTreeKind SharedExtents = new("refcountbt", 0, 0x52334643, 12, 4);

    /// <summary>Keys beside each pointer of a node.</summary>
    public int KeysOfPointer { get; private init; } = 1;

    /// <summary>Bytes of a key that order the records.</summary>
    public int ComparedLength { get; private init; } = KeyLength;
}
