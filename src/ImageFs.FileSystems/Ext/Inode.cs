using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext;

/// <summary>An inode (ext4: Inode Table): 128 bytes, and more where the super block says so.</summary>
internal readonly ref struct Inode
{
    /// <summary>Bytes of the part that every inode has.</summary>
    public const int GoodOldSize = 128;

    /// <summary>Where i_block is.</summary>
    public const int BlockOffset = 0x28;

    /// <summary>Bytes of i_block.</summary>
    public const int BlockLength = 60;

    private const int ChecksumLowOffset = 0x7C;
    private const int ChecksumHighOffset = 0x82;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The whole inode, as long as s_inode_size says, and nothing after it.</param>
    /// <param name="number">Its number.</param>
    /// <param name="address">Where it is in the volume.</param>
    public Inode(ReadOnlySpan<byte> bytes, uint number, long address)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, GoodOldSize, nameof(bytes));
        _bytes = bytes;
        Number = number;
        Address = address;
    }

    /// <summary>Its number.</summary>
    public uint Number { get; }

    /// <summary>Where it is in the volume.</summary>
    public long Address { get; }

    /// <summary>i_mode.</summary>
    public ushort Mode => UInt16(0x0);

    /// <summary>The type in <see cref="Mode"/>.</summary>
    public NodeType Type => (NodeType)(Mode >> 12);

    /// <summary>i_uid.</summary>
    public uint Uid => UInt16(0x2) | ((uint)UInt16(0x78) << 16);

    /// <summary>i_gid.</summary>
    public uint Gid => UInt16(0x18) | ((uint)UInt16(0x7A) << 16);

    /// <summary>i_size_lo.</summary>
    public uint SizeLow => UInt32(0x4);

    /// <summary>i_size_high.</summary>
    public uint SizeHigh => UInt32(0x6C);

    /// <summary>i_links_count.</summary>
    public ushort LinksCount => UInt16(0x1A);

    /// <summary>i_blocks_lo.</summary>
    public uint BlocksLow => UInt32(0x1C);

    /// <summary>l_i_blocks_high.</summary>
    public ushort BlocksHigh => UInt16(0x74);

    /// <summary>i_flags.</summary>
    public InodeFlags Flags => (InodeFlags)UInt32(0x20);

    /// <summary>l_i_version: with ea_inode the upper half of the reference count.</summary>
    public uint Version => UInt32(0x24);

    /// <summary>i_block: block pointers, the root of an extent tree, a short target, a device number, or contents.</summary>
    public ReadOnlySpan<byte> Block => _bytes.Slice(BlockOffset, BlockLength);

    /// <summary>i_generation.</summary>
    public uint Generation => UInt32(0x64);

    /// <summary>i_file_acl_lo: block of extended attributes.</summary>
    public uint FileAclLow => UInt32(0x68);

    /// <summary>l_i_file_acl_high.</summary>
    public ushort FileAclHigh => UInt16(0x76);

    /// <summary>i_extra_isize: bytes in use after the first 128.</summary>
    public int ExtraSize => _bytes.Length > GoodOldSize ? UInt16(0x80) : 0;

    /// <summary>Whether <see cref="ExtraSize"/> is possible.</summary>
    public bool IsExtraSizeGood => GoodOldSize + ExtraSize <= _bytes.Length && ExtraSize % 4 == 0;

    /// <summary>i_atime as it is recorded: of an inode with a value, the value's checksum.</summary>
    public uint RawAccessTime => UInt32(0x8);

    /// <summary>i_mtime as it is recorded.</summary>
    public uint RawModifyTime => UInt32(0x10);

    /// <summary>i_atime.</summary>
    public Timestamp AccessTime => Time(0x8, 0x8C);

    /// <summary>i_ctime.</summary>
    public Timestamp ChangeTime => Time(0xC, 0x84);

    /// <summary>i_mtime.</summary>
    public Timestamp ModifyTime => Time(0x10, 0x88);

    /// <summary>i_crtime; null where the inode is too small for it.</summary>
    public Timestamp? BirthTime => Has(0x90) ? Time(0x90, 0x94) : null;

    /// <summary>The device of a device node, in whichever of the two encodings it is.</summary>
    public DeviceNumber Device
    {
        get
        {
            uint old = UInt32(BlockOffset);
            return old != 0
                ? new DeviceNumber((old >> 8) & 0xFF, old & 0xFF)
                : DeviceNumber.Unpack(UInt32(BlockOffset + sizeof(uint)));
        }
    }

    /// <summary>Where the extended attributes in the inode begin.</summary>
    public int AttributesOffset => GoodOldSize + ExtraSize;

    /// <summary>The bytes after the fixed part: extended attributes.</summary>
    public ReadOnlySpan<byte> Attributes => ExtraSize == 0 ? [] : _bytes[AttributesOffset..];

    /// <summary>i_checksum: its lower half, and its upper half where the inode has one.</summary>
    public uint Checksum => UInt16(ChecksumLowOffset) | (HasHighChecksum ? (uint)UInt16(ChecksumHighOffset) << 16 : 0);

    private bool HasHighChecksum => Has(ChecksumHighOffset, sizeof(ushort));

    /// <summary>Whether all its bytes are zero: it was never used.</summary>
    public bool IsEmpty => !_bytes.ContainsAnyExcept((byte)0);

    /// <summary>The seed of the checksums of this inode and of what belongs to it.</summary>
    /// <param name="seed">The seed of the file system.</param>
    public uint ChecksumSeed(uint seed) => Crc32C.Append(Crc32C.Append(seed, Number), Generation);

    /// <summary>What <see cref="Checksum"/> has to be.</summary>
    /// <param name="seed">The seed of the file system.</param>
    public uint ActualChecksum(uint seed)
    {
        uint crc = Crc32C.AppendWithout(ChecksumSeed(seed), _bytes[..GoodOldSize], ChecksumLowOffset, sizeof(ushort));
        ReadOnlySpan<byte> extra = _bytes[GoodOldSize..];
        return HasHighChecksum
            ? Crc32C.AppendWithout(crc, extra, ChecksumHighOffset - GoodOldSize, sizeof(ushort))
            : Crc32C.Append(crc, extra) & ushort.MaxValue;
    }

    private bool Has(int offset, int length = sizeof(uint)) => offset + length <= AttributesOffset && IsExtraSizeGood;

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);

    private Timestamp Time(int offset, int extraOffset) => InodeTime.Decode(UInt32(offset), Has(extraOffset) ? UInt32(extraOffset) : 0);
}

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

/// <summary>A time of an inode in two words (ext4: Inode Timestamps).</summary>
internal static class InodeTime
{
    private const uint EpochMask = 3;
    private const int EpochBits = 2;
    private const uint MaxNanoseconds = 999_999_999;

    /// <summary>The time.</summary>
    /// <param name="seconds">Seconds since 1970, with a sign.</param>
    /// <param name="extra">How often to add 2³² to them, in two bits, and nanoseconds.</param>
    public static Timestamp Decode(uint seconds, uint extra)
    {
        long epoch = (long)(extra & EpochMask) << 32;
        return new Timestamp(unchecked((int)seconds) + epoch, Math.Min(extra >> EpochBits, MaxNanoseconds));
    }
}

/// <summary>Contents that are in the inode (ext4: Inline Data). What the size has beyond them reads as zeros.</summary>
/// <param name="bytes">The bytes that are there.</param>
/// <param name="length">The size.</param>
internal sealed class InlineData(byte[] bytes, long length) : BlockSource
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        long count = Math.Min(maxLength, Length - offset);
        return offset < bytes.Length
            ? new Extent(offset, Math.Min(count, bytes.Length - offset), ExtentKind.Own, 0)
            : Extent.Hole(offset, count);
    }

    /// <inheritdoc/>
    protected override void ReadOwn(long offset, Span<byte> destination) =>
        bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
}
