using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>A super block that was found good (btrfs_super_block): each device has one, in up to three places.</summary>
internal sealed class SuperBlock
{
    /// <summary>Bytes that it takes.</summary>
    public const int Size = 4096;

    /// <summary>Where it is first, in bytes from the start of a device.</summary>
    public const long FirstAddress = 64 << 10;

    /// <summary>Where the mark is in it.</summary>
    public const int MarkOffset = 0x40;

    /// <summary>Where it is specified.</summary>
    public const string Clause = "btrfs_super_block";

    /// <summary>Where <see cref="SystemChunks"/> are in it.</summary>
    public const int SystemChunksOffset = 0x32B;
    private const int MaxSystemChunks = 2048;

    // super_roots: BTRFS_NUM_BACKUP_ROOTS of btrfs_root_backup.
    private const int BackupsOffset = SystemChunksOffset + MaxSystemChunks;
    private const int BackupCount = 4;
    private const int BackupSize = 168;
    private const int BackupLevelOffset = 152;

    // Each tree that there has to be has a node.
    private const uint MinTrees = 6;
    private const int MaxSectorSize = 64 << 10;
    private const int MinSectorSize = 4 << 10;
    private const int DeviceItemOffset = 0xC9;
    private const int LabelOffset = 0x12B;
    private const int MaxLabel = 256;

    // btrfs_sb_offset: the copies are 64 MiB and 256 GiB into a device that reaches so far.
    private static readonly long[] s_addresses = [FirstAddress, 64L << 20, 256L << 30];

    private static readonly (IncompatibleFeatures Feature, string Name)[] s_unread =
    [
        (IncompatibleFeatures.Zoned, "zones (zoned)"),
        (IncompatibleFeatures.ExtentTreeV2, "the second form of the extent tree (extent-tree-v2)"),
        (IncompatibleFeatures.RaidStripeTree, "a tree of stripes (raid-stripe-tree)"),
    ];

    private readonly byte[] _bytes;

    private SuperBlock(byte[] bytes, long address)
    {
        _bytes = bytes;
        Address = address;
    }

    /// <summary>The mark at <see cref="MarkOffset"/>.</summary>
    public static ReadOnlySpan<byte> Mark => "_BHRfS_M"u8;

    /// <summary>Where this copy is on its device.</summary>
    public long Address { get; }

    /// <summary>fsid: the UUID of the file system; the first byte is the highest.</summary>
    public UInt128 FileSystemId => Uuid(0x20);

    /// <summary>flags.</summary>
    public SuperBlockFlags Flags => (SuperBlockFlags)UInt64(0x38);

    /// <summary>generation: the transaction that wrote it.</summary>
    public ulong Generation => UInt64(0x48);

    /// <summary>root: the logical address of the root tree's root.</summary>
    public ulong Root => UInt64(0x50);

    /// <summary>chunk_root: that of the chunk tree's root.</summary>
    public ulong ChunkRoot => UInt64(0x58);

    /// <summary>log_root: that of the tree of log trees; 0 where there is none.</summary>
    public ulong LogRoot => UInt64(0x60);

    /// <summary>total_bytes: of all devices.</summary>
    public ulong TotalBytes => UInt64(0x70);

    /// <summary>bytes_used.</summary>
    public ulong BytesUsed => UInt64(0x78);

    /// <summary>root_dir_objectid: the directory in the root tree.</summary>
    public ulong RootDirectory => UInt64(0x80);

    /// <summary>num_devices.</summary>
    public ulong DeviceCount => UInt64(0x88);

    /// <summary>sectorsize: the unit of data, in bytes.</summary>
    public uint SectorSize => UInt32(0x90);

    /// <summary>nodesize: bytes of a node of a tree.</summary>
    public uint NodeSize => UInt32(0x94);

    /// <summary>chunk_root_generation.</summary>
    public ulong ChunkRootGeneration => UInt64(0xA4);

    /// <summary>compat_flags.</summary>
    public ulong Compatible => UInt64(0xAC);

    /// <summary>compat_ro_flags.</summary>
    public ReadOnlyCompatibleFeatures ReadOnlyCompatible => (ReadOnlyCompatibleFeatures)UInt64(0xB4);

    /// <summary>incompat_flags.</summary>
    public IncompatibleFeatures Incompatible => (IncompatibleFeatures)UInt64(0xBC);

    /// <summary>csum_type.</summary>
    public ushort ChecksumType => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(0xC4));

    /// <summary>root_level.</summary>
    public int RootLevel => _bytes[0xC6];

    /// <summary>chunk_root_level.</summary>
    public int ChunkRootLevel => _bytes[0xC7];

    /// <summary>log_root_level.</summary>
    public int LogRootLevel => _bytes[0xC8];

    /// <summary>dev_item: the device that it is on.</summary>
    public DeviceItem Device => new(_bytes.AsSpan(DeviceItemOffset, DeviceItem.Size));

    /// <summary>label, up to its first NUL.</summary>
    public ReadOnlySpan<byte> Label
    {
        get
        {
            ReadOnlySpan<byte> label = _bytes.AsSpan(LabelOffset, MaxLabel);
            int end = label.IndexOf((byte)0);
            return end < 0 ? label : label[..end];
        }
    }

    /// <summary>The UUID that nodes have: metadata_uuid where there is one, else fsid.</summary>
    public UInt128 MetadataId => Incompatible.HasFlag(IncompatibleFeatures.MetadataUuid) ? Uuid(0x23B) : FileSystemId;

    /// <summary>sys_chunk_array: the chunks that the chunk tree lies in, each as its key and its item.</summary>
    public ReadOnlySpan<byte> SystemChunks => _bytes.AsSpan(SystemChunksOffset, (int)UInt32(0xA0));

    /// <summary>The root of the chunk tree.</summary>
    public NodePointer ChunkTree => new(ObjectIds.ChunkTree, ChunkRoot, ChunkRootLevel, ChunkRootGeneration);

    /// <summary>The root of the root tree.</summary>
    public NodePointer RootTree => new(ObjectIds.RootTree, Root, RootLevel, Generation);

    /// <summary>The roots of the root trees of the transactions before, the newest first.</summary>
    public IEnumerable<NodePointer> BackupRoots =>
        from start in Enumerable.Range(0, BackupCount).Select(i => BackupsOffset + (i * BackupSize))
        let root = new NodePointer(ObjectIds.RootTree, UInt64(start), _bytes[start + BackupLevelOffset], UInt64(start + 8))
        where root.Address != 0 && root.Generation > 0 && root.Generation < Generation && root.Level < TreeNode.MaxLevels
        orderby root.Generation descending
        select root;

    /// <summary>Flags that are not known.</summary>
    public SuperBlockFlags UnknownFlags => Flags & ~SuperBlockFlags.Known;

    /// <summary>Whether a source has a mark where the first super block is, or the second.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static bool IsThere(BlockSource source) => HasMark(source, s_addresses[0]) || HasMark(source, s_addresses[1]);

    /// <summary>
    /// Reads the super block of a device: the first copy that is good. A newer one behind it does not count: it was written after, as where a disk was
    /// copied that was in use, and Linux looks at the first alone (btrfs_read_disk_super).
    /// </summary>
    /// <param name="source">The device.</param>
    /// <exception cref="InvalidImageException">No copy is.</exception>
    /// <exception cref="UnsupportedFeatureException">It has something that is not read.</exception>
    /// <exception cref="TruncatedImageException">The device ends before.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static SuperBlock Read(BlockSource source)
    {
        Exception? first = null;
        foreach (long address in s_addresses)
        {
            if (address > s_addresses[0] && source.Length < address + Size)
            {
                break;
            }

            try
            {
                return ReadAt(source, address);
            }
            catch (Exception e) when (e is InvalidImageException or TruncatedImageException or Linux.LinuxException)
            {
                first ??= e;
            }
        }

        throw first!;
    }

    /// <summary>What everybody needs of it who reads a tree.</summary>
    public Geometry ToGeometry() => new((int)NodeSize, (int)SectorSize, Checksum.Find(ChecksumType)!, MetadataId);

    private static bool HasMark(BlockSource source, long address)
    {
        if (source.Length < address + Size)
        {
            return false;
        }

        Span<byte> mark = stackalloc byte[8];
        source.ReadAt(address + MarkOffset, mark);
        return mark.SequenceEqual(Mark);
    }

    private static SuperBlock ReadAt(BlockSource source, long address)
    {
        byte[] bytes = new byte[Size];
        source.ReadAt(address, bytes);
        var super = new SuperBlock(bytes, address);
        if (super.FindProblem() is { } problem)
        {
            throw new InvalidImageException("super block", address, problem, Clause);
        }

        foreach ((IncompatibleFeatures feature, string name) in s_unread)
        {
            if (super.Incompatible.HasFlag(feature))
            {
                throw new UnsupportedFeatureException($"Btrfs with {name}", Clause);
            }
        }

        IncompatibleFeatures unknown = super.Incompatible & ~IncompatibleFeatures.Read;
        return unknown == 0 ? super : throw new UnsupportedFeatureException($"Btrfs with the unknown features 0x{(ulong)unknown:X} (incompat_flags)", Clause);
    }

    // As btrfs_validate_super.
    private string? FindProblem()
    {
        if (!_bytes.AsSpan(MarkOffset, Mark.Length).SequenceEqual(Mark))
        {
            return "its mark is missing";
        }

        if (Checksum.Find(ChecksumType) is not { } checksum)
        {
            return $"its kind of checksum is {ChecksumType}";
        }

        if (!checksum.Matches(_bytes.AsSpan(Checksum.Room), _bytes))
        {
            return $"its checksum ({checksum.Name}) is wrong";
        }

        if (UInt64(0x30) != (ulong)Address)
        {
            return $"it says that it is at 0x{UInt64(0x30):X}";
        }

        if (!IsPowerInRange(SectorSize, MinSectorSize) || !IsPowerInRange(NodeSize, SectorSize))
        {
            return $"sectors of {SectorSize} bytes and nodes of {NodeSize} bytes are not from {MinSectorSize} to {MaxSectorSize}";
        }

        if (UInt32(0x98) != NodeSize)
        {
            return $"leaves of {UInt32(0x98)} bytes are not as long as nodes of {NodeSize}";
        }

        if ((Root | ChunkRoot | LogRoot) % SectorSize != 0)
        {
            return $"its trees begin at 0x{Root:X}, 0x{ChunkRoot:X} and 0x{LogRoot:X}, inside of sectors";
        }

        if (BytesUsed < MinTrees * NodeSize)
        {
            return $"{BytesUsed} bytes are used, less than {MinTrees} trees take";
        }

        if (UInt32(0x9C) is var stripe && (stripe == 0 || (stripe & (stripe - 1)) != 0))
        {
            return $"its stripes have {stripe} bytes";
        }

        if (DeviceCount == 0)
        {
            return "it has no devices";
        }

        if (RootLevel >= TreeNode.MaxLevels || ChunkRootLevel >= TreeNode.MaxLevels || LogRootLevel >= TreeNode.MaxLevels)
        {
            return $"its trees have the levels {RootLevel}, {ChunkRootLevel} and {LogRootLevel}";
        }

        if (UInt32(0xA0) is var size and (> MaxSystemChunks or < TreeKey.Size + ChunkItem.HeaderSize + ChunkItem.StripeSize))
        {
            return $"its chunks take {size} bytes";
        }

        if (Device.FileSystemId != (Incompatible.HasFlag(IncompatibleFeatures.MetadataUuid) ? MetadataId : FileSystemId))
        {
            return "its device is of another file system";
        }

        return TotalBytes is 0 or > long.MaxValue || Device.TotalBytes is 0 or > long.MaxValue
            ? $"its device has {Device.TotalBytes} bytes, of {TotalBytes} of all"
            : null;
    }

    private static bool IsPowerInRange(uint size, uint min) => size >= min && size <= MaxSectorSize && (size & (size - 1)) == 0;

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset));

    private UInt128 Uuid(int offset) => BinaryPrimitives.ReadUInt128BigEndian(_bytes.AsSpan(offset));
}
