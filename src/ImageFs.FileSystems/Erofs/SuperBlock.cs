using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs;

/// <summary>The super block (erofs_super_block), 1024 bytes behind the start of the volume.</summary>
internal readonly ref struct SuperBlock
{
    /// <summary>Where it is, in bytes.</summary>
    public const long Address = 1024;

    /// <summary>Bytes that every one has (EROFS_SB_EXTSLOT_SIZE more for each slot behind).</summary>
    public const int MinSize = 128;

    /// <summary>Bytes of one with all fields that are known.</summary>
    public const int FullSize = 144;

    /// <summary>What every mistake in it is named after.</summary>
    public const string Structure = "erofs_super_block";

    private const uint Magic = 0xE0F5_E1E2;
    private const int SlotSize = 16;
    private const int ChecksumOffset = 4;
    private const int MinBlockBits = 9;
    private const int MaxBlockBits = 16;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">At least <see cref="FullSize"/> bytes from its start on; those that it does not have are not looked at.</param>
    public SuperBlock(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, FullSize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Whether it has the mark.</summary>
    public bool HasMark => BinaryPrimitives.ReadUInt32LittleEndian(_bytes) == Magic;

    /// <summary>checksum: CRC-32C of the rest of the block that it is in.</summary>
    public uint Checksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[ChecksumOffset..]);

    public CompatibleFeatures Compatible => (CompatibleFeatures)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]);

    /// <summary>blkszbits: the block size as a power of two.</summary>
    public int BlockBits => _bytes[12];

    /// <summary>Bytes of the super block, with its slots.</summary>
    public int Size => MinSize + (_bytes[13] * SlotSize);

    /// <summary>inos: inodes in use.</summary>
    public ulong Inodes => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[16..]);

    /// <summary>epoch: the time of compact inodes, in seconds, or what theirs count from.</summary>
    public long Epoch => BinaryPrimitives.ReadInt64LittleEndian(_bytes[24..]);

    /// <summary>fixed_nsec: the nanoseconds of compact inodes.</summary>
    public uint FixedNanoseconds => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[32..]);

    /// <summary>meta_blkaddr: the block that numbers of nodes count from. It may lie before the volume: numbers are then larger.</summary>
    public int MetadataBlock => BinaryPrimitives.ReadInt32LittleEndian(_bytes[40..]);

    /// <summary>xattr_blkaddr: the block that numbers of shared attributes count from.</summary>
    public uint AttributeBlock => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[44..]);

    public Guid Uuid => new(_bytes.Slice(48, 16), bigEndian: true);

    /// <summary>volume_name.</summary>
    public ReadOnlySpan<byte> Label
    {
        get
        {
            ReadOnlySpan<byte> name = _bytes.Slice(64, 16);
            int end = name.IndexOf((byte)0);
            return end < 0 ? name : name[..end];
        }
    }

    public IncompatibleFeatures Incompatible => (IncompatibleFeatures)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[80..]);

    /// <summary>available_compr_algs, or lz4_max_distance where settings of compressors do not follow.</summary>
    public ushort Compressors => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[84..]);

    /// <summary>extra_devices.</summary>
    public int ExtraDevices => Incompatible.HasFlag(IncompatibleFeatures.DeviceTable) ? BinaryPrimitives.ReadUInt16LittleEndian(_bytes[86..]) : 0;

    /// <summary>devt_slotoff: where the table of devices is, in its entries.</summary>
    public int DeviceTableSlot => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[88..]);

    /// <summary>dirblkbits: 0, for no other size of directory blocks was ever made.</summary>
    public int DirectoryBlockBits => _bytes[90];

    /// <summary>xattr_prefix_count: long prefixes of names of attributes.</summary>
    public int AttributePrefixes => _bytes[91];

    /// <summary>xattr_prefix_start: where they are, in units of 4 bytes.</summary>
    public uint AttributePrefixStart => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[92..]);

    /// <summary>packed_nid: the node with the ends of files; 0 when there is none.</summary>
    public ulong PackedNode => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[96..]);

    /// <summary>build_time: when it was made, in seconds after the epoch.</summary>
    public uint BuildTime => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[108..]);

    /// <summary>metabox_nid: the node with metadata that is compressed; 0 when there is none.</summary>
    public ulong MetaboxNode => Size >= FullSize && Incompatible.HasFlag(IncompatibleFeatures.Metabox)
        ? BinaryPrimitives.ReadUInt64LittleEndian(_bytes[128..])
        : 0;

    /// <summary>rootnid_2b or rootnid_8b: the node of the root directory.</summary>
    public ulong RootNode => HasLongRoot ? LongRoot : BinaryPrimitives.ReadUInt16LittleEndian(_bytes[14..]);

    /// <summary>blocks_lo and blocks_hi: blocks of the volume, without those of extra devices.</summary>
    public ulong Blocks =>
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes[36..]) | (HasLongRoot ? (ulong)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[14..]) << 32 : 0);

    private ulong LongRoot => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[112..]);

    private bool HasLongRoot => Incompatible.HasFlag(IncompatibleFeatures.Blocks48) && LongRoot != 0;

    /// <summary>Reads it, found good.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="buffer">Takes it; at least <see cref="FullSize"/> bytes.</param>
    /// <exception cref="ImageException">It is damaged, or not read; or the volume ends before.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static SuperBlock Read(BlockSource source, Span<byte> buffer)
    {
        if (!TryRead(source, buffer, out SuperBlock super))
        {
            throw new InvalidImageException(Structure, Address, "it has no mark");
        }

        super.Check(source);
        return super;
    }

    /// <summary>Reads it where there is one by its mark.</summary>
    /// <exception cref="ImageException">The volume ends before.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static bool TryRead(BlockSource source, Span<byte> buffer, out SuperBlock super)
    {
        super = default;
        if (source.Length < Address + MinSize)
        {
            return false;
        }

        buffer.Clear();
        source.ReadAt(Address, buffer[..(int)Math.Min(FullSize, source.Length - Address)]);
        super = new SuperBlock(buffer);
        return super.HasMark;
    }

    /// <summary>What its own checksum does not agree with; null when it does, or there is none.</summary>
    /// <exception cref="ImageException">The volume ends before.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public string? FindChecksumProblem(BlockSource source)
    {
        if (!Compatible.HasFlag(CompatibleFeatures.SuperBlockChecksum))
        {
            return null;
        }

        // The boot sectors before it do not count.
        int block = 1 << BlockBits;
        using var buffer = new PooledBuffer(block > Address ? block - (int)Address : block);
        source.ReadAt(Address, buffer.Span);
        uint sum = Crc32C.AppendWithout(Crc32C.Initial, buffer.Span, ChecksumOffset, sizeof(uint));
        return sum == Checksum ? null : $"its checksum is 0x{Checksum:X8}, and its bytes come to 0x{sum:X8}";
    }

    private void Check(BlockSource source)
    {
        if (BlockBits is < MinBlockBits or > MaxBlockBits)
        {
            throw Damaged($"its block size is 2^{BlockBits}");
        }

        if (FindChecksumProblem(source) is { } problem)
        {
            throw Damaged(problem);
        }

        if (Features.FindUnknown(Incompatible) is { } unknown)
        {
            throw new UnsupportedFeatureException(unknown);
        }

        if (DirectoryBlockBits != 0)
        {
            throw new UnsupportedFeatureException($"EROFS with directory blocks of 2^{DirectoryBlockBits} blocks");
        }

        if (((PackedNode | MetaboxNode) & NodeNumber.InMetabox) != 0)
        {
            throw Damaged("the packed inode or the metabox says that it lies in the metabox itself");
        }

        if (Incompatible.HasFlag(IncompatibleFeatures.Metabox) && Size < FullSize)
        {
            throw Damaged($"it has {Size} bytes, and no room for the node of the metabox");
        }
    }

    private static InvalidImageException Damaged(string problem) => new(Structure, Address, problem);
}
