namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>flags of a super block (BTRFS_SUPER_FLAG_*).</summary>
[Flags]
internal enum SuperBlockFlags : ulong
{
    None = 0,

    /// <summary>What nodes have that were written; old versions gave it to super blocks, too.</summary>
    Written = 1,

    /// <summary>What nodes of a relocation have.</summary>
    Relocation = 2,

    /// <summary>Linux found an error.</summary>
    Error = 4,

    /// <summary>Other file systems grow from this one, which is not written any more.</summary>
    Seeding = 1UL << 32,

    /// <summary>Metadata alone, with data left out (btrfs-image).</summary>
    MetadataDump = 1UL << 33,

    /// <summary>The same of an older version.</summary>
    MetadataDumpV2 = 1UL << 34,

    /// <summary>btrfstune changes the UUID (in two ways), the place of block groups, or checksums of data or metadata.</summary>
    Changing = (1UL << 35) | (1UL << 36) | (1UL << 38) | (1UL << 39) | (1UL << 40),

    /// <summary>All that Linux mounts with.</summary>
    Known = Written | Relocation | Error | Seeding | MetadataDump | MetadataDumpV2,
}

/// <summary>Features that a reader has to know (BTRFS_FEATURE_INCOMPAT_*).</summary>
[Flags]
internal enum IncompatibleFeatures : ulong
{
    None = 0,
    MixedBackref = 0x1,
    DefaultSubvolume = 0x2,
    MixedGroups = 0x4,
    CompressLzo = 0x8,
    CompressZstd = 0x10,
    BigMetadata = 0x20,
    ExtendedInodeRef = 0x40,
    Raid56 = 0x80,
    SkinnyMetadata = 0x100,
    NoHoles = 0x200,
    MetadataUuid = 0x400,
    Raid1C34 = 0x800,
    Zoned = 0x1000,
    ExtentTreeV2 = 0x2000,
    RaidStripeTree = 0x4000,
    SimpleQuota = 0x10000,

    /// <summary>All that are read.</summary>
    Read = MixedBackref | DefaultSubvolume | MixedGroups | CompressLzo | CompressZstd | BigMetadata | ExtendedInodeRef | Raid56
        | SkinnyMetadata | NoHoles | MetadataUuid | Raid1C34 | SimpleQuota,
}

/// <summary>Features that only a writer has to know (BTRFS_FEATURE_COMPAT_RO_*).</summary>
[Flags]
internal enum ReadOnlyCompatibleFeatures : ulong
{
    None = 0,
    FreeSpaceTree = 0x1,
    FreeSpaceTreeValid = 0x2,
    Verity = 0x4,
    BlockGroupTree = 0x8,

    /// <summary>All that are known.</summary>
    Known = FreeSpaceTree | FreeSpaceTreeValid | Verity | BlockGroupTree,
}
