using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Items;

/// <summary>What stat(2) says of a file (btrfs_inode_item).</summary>
internal readonly ref struct InodeItem
{
    /// <summary>Bytes that it takes.</summary>
    public const int Size = 160;

    private const int TypeShift = 12;
    private const uint MaxNanoseconds = 999_999_999;

    // MINORBITS: devices are as the kernel has them in memory.
    private const int MinorBits = 20;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The item, and whatever follows it.</param>
    public InodeItem(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes[..Size];
    }

    /// <summary>generation: the transaction that made the inode.</summary>
    public ulong Generation => UInt64(0);

    /// <summary>transid: the transaction that last changed it.</summary>
    public ulong TransactionId => UInt64(8);

    /// <summary>size.</summary>
    public ulong Length => UInt64(16);

    /// <summary>nbytes: bytes that its extents take, without holes.</summary>
    public ulong Bytes => UInt64(24);

    /// <summary>nlink.</summary>
    public uint LinkCount => UInt32(40);

    /// <summary>uid.</summary>
    public uint Uid => UInt32(44);

    /// <summary>gid.</summary>
    public uint Gid => UInt32(48);

    /// <summary>mode.</summary>
    public uint Mode => UInt32(52);

    /// <summary>The type in <see cref="Mode"/>.</summary>
    public NodeType Type => (NodeType)((Mode >> TypeShift) & 0xF);

    /// <summary>rdev.</summary>
    public DeviceNumber Device
    {
        get
        {
            uint device = unchecked((uint)UInt64(56));
            return new DeviceNumber(device >> MinorBits, device & ((1u << MinorBits) - 1));
        }
    }

    /// <summary>flags.</summary>
    public InodeFlags Flags => (InodeFlags)UInt64(64);

    /// <summary>atime.</summary>
    public Timestamp AccessTime => Time(112);

    /// <summary>ctime.</summary>
    public Timestamp ChangeTime => Time(124);

    /// <summary>mtime.</summary>
    public Timestamp ModifyTime => Time(136);

    /// <summary>otime: when it was made.</summary>
    public Timestamp BirthTime => Time(148);

    private Timestamp Time(int offset) => new(BinaryPrimitives.ReadInt64LittleEndian(_bytes[offset..]), Math.Min(UInt32(offset + 8), MaxNanoseconds));

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);
}

/// <summary>flags of an inode (BTRFS_INODE_*).</summary>
[Flags]
internal enum InodeFlags : ulong
{
    None = 0,

    /// <summary>Its data has no checksums.</summary>
    NoDataSum = 0x1,

    NoDataCow = 0x2,
    ReadOnly = 0x4,
    NoCompress = 0x8,
    Prealloc = 0x10,
    Sync = 0x20,
    Immutable = 0x40,
    Append = 0x80,
    NoDump = 0x100,
    NoAccessTime = 0x200,
    DirSync = 0x400,
    Compress = 0x800,

    /// <summary>It has a Merkle tree (fs-verity), which nobody changes it under.</summary>
    Verity = 1UL << 32,
}
