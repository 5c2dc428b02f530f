using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>The super block (ext4: Super Block).</summary>
internal readonly ref struct SuperBlock
{
    /// <summary>Where it is in the volume.</summary>
    public const int Address = 1024;

    /// <summary>Bytes that it takes.</summary>
    public const int Size = 1024;

    /// <summary>s_magic of every ext file system.</summary>
    public const ushort MagicNumber = 0xEF53;

    private const int MaxLogBlockSize = 6;
    private const int GoodOldRevision = 0;
    private const int GoodOldInodeSize = 128;
    private const int GoodOldFirstInode = 11;
    private const int GoodOldDescriptorSize = 32;
    private const int ChecksumOffset = 0x3FC;

    private readonly ReadOnlySpan<byte> _bytes;

    public SuperBlock(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes[..Size];
    }

    /// <summary>s_inodes_count.</summary>
    public uint InodesCount => UInt32(0x0);

    /// <summary>s_blocks_count.</summary>
    public ulong BlocksCount => UInt64(0x4, 0x150);

    /// <summary>s_free_blocks_count.</summary>
    public ulong FreeBlocksCount => UInt64(0xC, 0x158);

    /// <summary>s_free_inodes_count.</summary>
    public uint FreeInodesCount => UInt32(0x10);

    /// <summary>s_first_data_block.</summary>
    public uint FirstDataBlock => UInt32(0x14);

    /// <summary>s_log_block_size: the block size is 1024 shifted left by it.</summary>
    public uint LogBlockSize => UInt32(0x18);

    /// <summary>s_log_cluster_size: the cluster size is 1024 shifted left by it.</summary>
    public uint LogClusterSize => UInt32(0x1C);

    /// <summary>s_blocks_per_group.</summary>
    public uint BlocksPerGroup => UInt32(0x20);

    /// <summary>s_inodes_per_group.</summary>
    public uint InodesPerGroup => UInt32(0x28);

    /// <summary>s_mtime: when it was last mounted.</summary>
    public long MountTime => Time(0x2C, 0x275);

    /// <summary>s_wtime: when it was last written.</summary>
    public long WriteTime => Time(0x30, 0x274);

    /// <summary>s_magic.</summary>
    public ushort Magic => UInt16(0x38);

    /// <summary>s_state.</summary>
    public SuperBlockState State => (SuperBlockState)UInt16(0x3A);

    /// <summary>s_lastcheck: when it was last checked.</summary>
    public long LastCheckTime => Time(0x40, 0x277);

    /// <summary>s_rev_level.</summary>
    public uint Revision => UInt32(0x4C);

    /// <summary>s_first_ino: the first inode that is not reserved.</summary>
    public uint FirstInode => HasDynamicFields ? UInt32(0x54) : GoodOldFirstInode;

    /// <summary>s_inode_size.</summary>
    public ushort InodeSize => HasDynamicFields ? UInt16(0x58) : (ushort)GoodOldInodeSize;

    /// <summary>s_feature_compat; features count whatever the revision is, as in Linux.</summary>
    public CompatibleFeatures Compatible => (CompatibleFeatures)UInt32(0x5C);

    /// <summary>s_feature_incompat.</summary>
    public IncompatibleFeatures Incompatible => (IncompatibleFeatures)UInt32(0x60);

    /// <summary>s_feature_ro_compat.</summary>
    public ReadOnlyCompatibleFeatures ReadOnlyCompatible => (ReadOnlyCompatibleFeatures)UInt32(0x64);

    /// <summary>s_uuid.</summary>
    public ReadOnlySpan<byte> Uuid => _bytes.Slice(0x68, 16);

    /// <summary>s_volume_name, up to its first NUL.</summary>
    public ReadOnlySpan<byte> VolumeName => Text(0x78, 16);

    /// <summary>s_last_mounted: the directory that it was last mounted on, up to its first NUL.</summary>
    public ReadOnlySpan<byte> LastMounted => Text(0x88, 64);

    /// <summary>s_reserved_gdt_blocks.</summary>
    public ushort ReservedGdtBlocks => UInt16(0xCE);

    /// <summary>s_journal_uuid: of an external journal.</summary>
    public ReadOnlySpan<byte> JournalUuid => _bytes.Slice(0xD0, 16);

    /// <summary>s_journal_inum.</summary>
    public uint JournalInode => UInt32(0xE0);

    /// <summary>s_hash_seed: four words, the secret of the directory hashes.</summary>
    public ReadOnlySpan<byte> HashSeed => _bytes.Slice(0xEC, 16);

    /// <summary>s_def_hash_version: the hash of names in directories that have no hash tree.</summary>
    public byte DefaultHashVersion => _bytes[0xFC];

    /// <summary>s_desc_size.</summary>
    public ushort DescriptorSize => Incompatible.HasFlag(IncompatibleFeatures.Bits64) ? UInt16(0xFE) : (ushort)GoodOldDescriptorSize;

    /// <summary>s_first_meta_bg.</summary>
    public uint FirstMetaBg => UInt32(0x104);

    /// <summary>s_mkfs_time: when it was made.</summary>
    public long MakeTime => Time(0x108, 0x276);

    /// <summary>s_flags.</summary>
    public SuperBlockFlags Flags => (SuperBlockFlags)UInt32(0x160);

    /// <summary>s_checksum_type: 1 is crc32c.</summary>
    public byte ChecksumType => _bytes[0x175];

    /// <summary>s_usr_quota_inum.</summary>
    public uint UserQuotaInode => UInt32(0x240);

    /// <summary>s_grp_quota_inum.</summary>
    public uint GroupQuotaInode => UInt32(0x244);

    /// <summary>s_overhead_clusters.</summary>
    public uint OverheadClusters => UInt32(0x248);

    /// <summary>s_backup_bgs: the two groups with a super block, with sparse_super2.</summary>
    public (uint First, uint Second) BackupGroups => (UInt32(0x24C), UInt32(0x250));

    /// <summary>s_prj_quota_inum.</summary>
    public uint ProjectQuotaInode => UInt32(0x26C);

    /// <summary>s_checksum_seed.</summary>
    public uint ChecksumSeed => UInt32(0x270);

    /// <summary>s_orphan_file_inum.</summary>
    public uint OrphanFileInode => UInt32(0x280);

    /// <summary>s_checksum: crc32c of everything before it.</summary>
    public uint Checksum => UInt32(ChecksumOffset);

    /// <summary>What <see cref="Checksum"/> has to be.</summary>
    public uint ActualChecksum => Crc32C.Append(Crc32C.Initial, _bytes[..ChecksumOffset]);

    /// <summary>
    /// Whether the checksum is right but for metadata_csum, which says that there is one: it was taken away behind the back of who wrote it.
    /// </summary>
    public bool HasLostChecksum
    {
        get
        {
            if (Checksum == 0 || ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.MetadataCsum))
            {
                return false;
            }

            Span<byte> whole = stackalloc byte[Size];
            _bytes.CopyTo(whole);
            BinaryPrimitives.WriteUInt32LittleEndian(whole[0x64..], (uint)(ReadOnlyCompatible | ReadOnlyCompatibleFeatures.MetadataCsum));
            return Checksum == Crc32C.Append(Crc32C.Initial, whole[..ChecksumOffset]);
        }
    }

    /// <summary>Whether there are features though the revision has none.</summary>
    public bool HasFeaturesOfNoRevision => !HasDynamicFields && (Compatible != 0 || Incompatible != 0 || ReadOnlyCompatible != 0);

    private bool HasDynamicFields => Revision > GoodOldRevision;

    /// <summary>What random bytes would hardly have right and it does not; null when it is one.</summary>
    public string? FindProblem()
    {
        if (Magic != MagicNumber)
        {
            return $"its magic number is 0x{Magic:X}";
        }

        if (LogBlockSize > MaxLogBlockSize)
        {
            return $"its blocks are of 1024 << {LogBlockSize} bytes";
        }

        if (InodesCount == 0 || BlocksCount == 0 || InodesPerGroup == 0 || BlocksPerGroup == 0)
        {
            return $"it has {InodesCount} inodes, {InodesPerGroup} in a group, and {BlocksCount} blocks, {BlocksPerGroup} in a group";
        }

        return InodeSize < GoodOldInodeSize ? $"its inode size is {InodeSize}" : null;
    }

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);

    // The high half counts with 64bit only: without it, the place may hold anything.
    private ulong UInt64(int low, int high) =>
        UInt32(low) | (Incompatible.HasFlag(IncompatibleFeatures.Bits64) ? (ulong)UInt32(high) << 32 : 0);

    private long Time(int low, int high) => UInt32(low) | ((long)_bytes[high] << 32);

    private ReadOnlySpan<byte> Text(int offset, int length)
    {
        ReadOnlySpan<byte> text = _bytes.Slice(offset, length);
        int end = text.IndexOf((byte)0);
        return end < 0 ? text : text[..end];
    }
}

/// <summary>s_state (ext4: Super Block).</summary>
[Flags]
internal enum SuperBlockState : ushort
{
    None = 0,

    /// <summary>Cleanly unmounted.</summary>
    Clean = 1,

    /// <summary>Errors were found.</summary>
    Errors = 2,

    /// <summary>Orphans are being recovered.</summary>
    Orphans = 4,

    /// <summary>A fast commit is being replayed.</summary>
    FastCommitReplay = 0x20,
}

/// <summary>s_flags (ext4: Super Block).</summary>
[Flags]
internal enum SuperBlockFlags : uint
{
    None = 0,

    /// <summary>Names are hashed as signed characters.</summary>
    SignedHash = 1,

    /// <summary>Names are hashed as unsigned characters.</summary>
    UnsignedHash = 2,

    /// <summary>To test development code.</summary>
    TestFileSystem = 4,
}

/// <summary>s_feature_compat: a reader and a writer may pass over those that they do not know (ext4: Super Block).</summary>
[Flags]
internal enum CompatibleFeatures : uint
{
    None = 0,
    DirPrealloc = 0x1,
    ImagicInodes = 0x2,
    HasJournal = 0x4,
    ExtAttr = 0x8,
    ResizeInode = 0x10,
    DirIndex = 0x20,
    LazyBg = 0x40,
    ExcludeInode = 0x80,
    ExcludeBitmap = 0x100,
    SparseSuper2 = 0x200,
    FastCommit = 0x400,
    StableInodes = 0x800,
    OrphanFile = 0x1000,
}

/// <summary>s_feature_incompat: a reader must know every one of them (ext4: Super Block).</summary>
[Flags]
internal enum IncompatibleFeatures : uint
{
    None = 0,
    Compression = 0x1,
    FileType = 0x2,
    Recover = 0x4,
    JournalDevice = 0x8,
    MetaBg = 0x10,
    Extents = 0x40,
    Bits64 = 0x80,
    MultipleMountProtection = 0x100,
    FlexBg = 0x200,
    EaInode = 0x400,
    DirData = 0x1000,
    ChecksumSeed = 0x2000,
    LargeDir = 0x4000,
    InlineData = 0x8000,
    Encrypt = 0x10000,
    CaseFold = 0x20000,
}

/// <summary>s_feature_ro_compat: a reader may pass over those that it does not know (ext4: Super Block).</summary>
[Flags]
internal enum ReadOnlyCompatibleFeatures : uint
{
    None = 0,
    SparseSuper = 0x1,
    LargeFile = 0x2,
    BtreeDir = 0x4,
    HugeFile = 0x8,
    GdtCsum = 0x10,
    DirNlink = 0x20,
    ExtraIsize = 0x40,
    HasSnapshot = 0x80,
    Quota = 0x100,
    BigAlloc = 0x200,
    MetadataCsum = 0x400,
    Replica = 0x800,
    ReadOnly = 0x1000,
    Project = 0x2000,
    SharedBlocks = 0x4000,
    Verity = 0x8000,
    OrphanPresent = 0x10000,
}

/// <summary>The features by the names that e2fsprogs gives them; one that it does not know is <c>FEATURE_I27</c> and the like.</summary>
internal static class FeatureNames
{
    private static readonly string?[] s_compatible =
    [
        "dir_prealloc", "imagic_inodes", "has_journal", "ext_attr", "resize_inode", "dir_index", "lazy_bg", "snapshot_inode",
        "snapshot_bitmap", "sparse_super2", "fast_commit", "stable_inodes", "orphan_file",
    ];

    private static readonly string?[] s_incompatible =
    [
        "compression", "filetype", "needs_recovery", "journal_dev", "meta_bg", null, "extent", "64bit",
        "mmp", "flex_bg", "ea_inode", null, "dirdata", "metadata_csum_seed", "large_dir", "inline_data",
        "encrypt", "casefold",
    ];

    private static readonly string?[] s_readOnlyCompatible =
    [
        "sparse_super", "large_file", null, "huge_file", "uninit_bg", "dir_nlink", "extra_isize", "snapshot",
        "quota", "bigalloc", "metadata_csum", "replica", "read-only", "project", "shared_blocks", "verity",
        "orphan_present",
    ];

    public static IEnumerable<string> Of(CompatibleFeatures features) => Of((uint)features, s_compatible, 'C');

    public static IEnumerable<string> Of(IncompatibleFeatures features) => Of((uint)features, s_incompatible, 'I');

    public static IEnumerable<string> Of(ReadOnlyCompatibleFeatures features) => Of((uint)features, s_readOnlyCompatible, 'R');

    private static IEnumerable<string> Of(uint features, string?[] names, char set)
    {
        for (int bit = 0; bit < 32; bit++)
        {
            if ((features & (1u << bit)) != 0)
            {
                yield return (bit < names.Length ? names[bit] : null) ?? $"FEATURE_{set}{bit}";
            }
        }
    }
}

/// <summary>Which groups begin with a copy of the super block (ext4: Block Group Descriptors, sparse_super and sparse_super2).</summary>
internal sealed class SuperBlockCopies
{
    private readonly bool _isSparse;
    private readonly bool _isListed;
    private readonly (uint First, uint Second) _listed;

    public SuperBlockCopies(SuperBlock superBlock)
    {
        _isSparse = superBlock.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.SparseSuper);
        _isListed = superBlock.Compatible.HasFlag(CompatibleFeatures.SparseSuper2);
        _listed = superBlock.BackupGroups;
        ReservedDescriptorBlocks = superBlock.ReservedGdtBlocks;
    }

    /// <summary>Blocks after the descriptors of each copy that are kept for the file system to grow.</summary>
    public int ReservedDescriptorBlocks { get; }

    /// <summary>Whether a group has one.</summary>
    public bool Contains(uint group)
    {
        if (group == 0)
        {
            return true;
        }

        if (_isListed)
        {
            return group == _listed.First || group == _listed.Second;
        }

        return group == 1 || !_isSparse || IsPowerOf(group, 3) || IsPowerOf(group, 5) || IsPowerOf(group, 7);
    }

    private static bool IsPowerOf(uint number, uint root)
    {
        while (number % root == 0)
        {
            number /= root;
        }

        return number == 1;
    }
}
