using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Xfs;

/// <summary>An inode (xfs_dinode): its fields, the data fork, and the fork of attributes.</summary>
internal readonly ref struct Inode
{
    /// <summary>di_magic: "IN".</summary>
    public const ushort MagicNumber = 0x494E;

    /// <summary>Where it is specified.</summary>
    public const string Clause = "xfs_dinode";

    private const int OldCoreSize = 100;
    private const int CoreSize = 176;
    private const int ChecksumOffset = 100;
    private const int NumberOffset = 152;
    private const int UuidOffset = 160;
    private const int ForkUnit = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The whole inode, as long as sb_inodesize says.</param>
    /// <param name="number">Its number.</param>
    /// <param name="address">Where it is in the volume.</param>
    public Inode(ReadOnlySpan<byte> bytes, long number, long address)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, CoreSize, nameof(bytes));
        _bytes = bytes;
        Number = number;
        Address = address;
    }

    /// <summary>Its number.</summary>
    public long Number { get; }

    /// <summary>Where it is in the volume.</summary>
    public long Address { get; }

    /// <summary>di_magic.</summary>
    public ushort Magic => UInt16(0);

    /// <summary>di_mode.</summary>
    public ushort Mode => UInt16(2);

    /// <summary>The type in <see cref="Mode"/>.</summary>
    public NodeType Type => (NodeType)(Mode >> 12);

    /// <summary>di_version: 1 to 3.</summary>
    public byte Version => _bytes[4];

    /// <summary>di_format.</summary>
    public ForkFormat Format => (ForkFormat)_bytes[5];

    /// <summary>di_uid.</summary>
    public uint Uid => UInt32(8);

    /// <summary>di_gid.</summary>
    public uint Gid => UInt32(12);

    /// <summary>di_nlink, or of version 1 di_onlink.</summary>
    public uint LinkCount => Version == 1 ? UInt16(6) : UInt32(16);

    /// <summary>di_projid.</summary>
    public uint ProjectId => Version == 1 ? 0 : UInt16(20) | ((uint)UInt16(22) << 16);

    /// <summary>di_atime.</summary>
    public Timestamp AccessTime => Time(32);

    /// <summary>di_mtime.</summary>
    public Timestamp ModifyTime => Time(40);

    /// <summary>di_ctime.</summary>
    public Timestamp ChangeTime => Time(48);

    /// <summary>di_crtime; null before version 3.</summary>
    public Timestamp? BirthTime => Version >= 3 ? Time(144) : null;

    /// <summary>di_size, in bytes.</summary>
    public long Size => BinaryPrimitives.ReadInt64BigEndian(_bytes[56..]);

    /// <summary>di_nblocks: blocks of contents, attributes and their trees.</summary>
    public ulong Blocks => UInt64(64);

    /// <summary>Extents of the data fork: di_nextents, or of an inode with nrext64 di_big_nextents.</summary>
    public ulong Extents => HasManyExtents ? UInt64(24) : UInt32(76);

    /// <summary>Extents of the fork of attributes: di_anextents, or of an inode with nrext64 di_big_anextents.</summary>
    public uint AttributeExtents => HasManyExtents ? UInt32(76) : UInt16(80);

    /// <summary>di_forkoff, in bytes from the start of the data fork: where the fork of attributes begins; 0 when there is none.</summary>
    public int ForkOffset => _bytes[82] * ForkUnit;

    /// <summary>di_aformat.</summary>
    public ForkFormat AttributeFormat => (ForkFormat)_bytes[83];

    /// <summary>di_flags.</summary>
    public InodeFlags Flags => (InodeFlags)UInt16(90);

    /// <summary>di_flags2; of version 3.</summary>
    public InodeFlags2 Flags2 => Version >= 3 ? (InodeFlags2)UInt64(120) : InodeFlags2.None;

    /// <summary>di_gen.</summary>
    public uint Generation => UInt32(92);

    /// <summary>di_next_unlinked: the next in the list of files that were deleted while they were open; all ones at its end.</summary>
    public uint NextUnlinked => UInt32(96);

    /// <summary>The device of a device node: 14 bits and 18.</summary>
    public DeviceNumber Device
    {
        get
        {
            uint device = BinaryPrimitives.ReadUInt32BigEndian(DataFork);
            return new DeviceNumber((device >> 18) & 0x3FFF, device & 0x3FFFF);
        }
    }

    /// <summary>Where the data fork begins in the inode.</summary>
    public int DataForkOffset => Version >= 3 ? CoreSize : OldCoreSize;

    /// <summary>The data fork.</summary>
    public ReadOnlySpan<byte> DataFork => ForkOffset == 0 ? _bytes[DataForkOffset..] : _bytes.Slice(DataForkOffset, ForkOffset);

    /// <summary>The fork of attributes; empty when there is none.</summary>
    public ReadOnlySpan<byte> AttributeFork => ForkOffset == 0 ? [] : _bytes[(DataForkOffset + ForkOffset)..];

    private bool HasManyExtents => Flags2.HasFlag(InodeFlags2.ManyExtents);

    /// <summary>The bytes of a fork.</summary>
    public ReadOnlySpan<byte> Fork(bool isAttributes) => isAttributes ? AttributeFork : DataFork;

    /// <summary>How a fork has what it holds. One that is not there is as one without an extent.</summary>
    public ForkFormat FormatOf(bool isAttributes) => !isAttributes ? Format : ForkOffset == 0 ? ForkFormat.Extents : AttributeFormat;

    /// <summary>Whether what a fork holds is in the inode.</summary>
    public bool IsLocal(bool isAttributes) => FormatOf(isAttributes) == ForkFormat.Local;

    /// <summary>What is wrong with it; null when nothing is. Its forks are checked when they are read.</summary>
    /// <param name="geometry">The file system's sizes.</param>
    public string? FindProblem(Geometry geometry)
    {
        if (Magic != MagicNumber)
        {
            return $"its magic number is 0x{Magic:X4}: no inode is there";
        }

        if (geometry.HasChecksums ? Version != 3 : Version is not (1 or 2))
        {
            return $"its version is {Version}";
        }

        if (geometry.HasChecksums)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(_bytes[ChecksumOffset..]) != ~Crc32C.AppendWithout(Crc32C.Initial, _bytes, ChecksumOffset, sizeof(uint)))
            {
                return "its checksum is wrong";
            }

            if (UInt64(NumberOffset) != (ulong)Number)
            {
                return $"it is inode {UInt64(NumberOffset)} by what it says";
            }

            if (!_bytes.Slice(UuidOffset, geometry.Uuid.Length).SequenceEqual(geometry.Uuid))
            {
                return "it is of a file system with another UUID";
            }
        }

        if (Mode == 0)
        {
            return "it is not in use";
        }

        if (Size < 0)
        {
            return $"its size is {UInt64(56)}";
        }

        return ForkOffset > 0 && ForkOffset >= _bytes.Length - DataForkOffset
            ? $"its attributes begin at byte {ForkOffset} of its forks"
            : FindFormatProblem();
    }

    // xfs_dinode_verify_fork: what each type of file may be.
    private string? FindFormatProblem()
    {
        bool isGood = Type switch
        {
            NodeType.Regular => Format is ForkFormat.Extents or ForkFormat.Tree,
            NodeType.Directory or NodeType.SymbolicLink => Format is ForkFormat.Local or ForkFormat.Extents or ForkFormat.Tree,
            NodeType.Fifo or NodeType.CharacterDevice or NodeType.BlockDevice or NodeType.Socket => Format == ForkFormat.Device,
            _ => false,
        };
        if (!isGood)
        {
            return $"its mode is 0x{Mode:X4}, the format of its fork {(int)Format}";
        }

        return ForkOffset > 0 && AttributeFormat is not (ForkFormat.Local or ForkFormat.Extents or ForkFormat.Tree)
            ? $"the format of its attributes is {(int)AttributeFormat}"
            : null;
    }

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16BigEndian(_bytes[offset..]);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_bytes[offset..]);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64BigEndian(_bytes[offset..]);

    private Timestamp Time(int offset) => Flags2.HasFlag(InodeFlags2.BigTime) ? InodeTime.DecodeBig(UInt64(offset)) : InodeTime.Decode(UInt32(offset), UInt32(offset + 4));
}

/// <summary>How a fork has what it holds (xfs_dinode_fmt).</summary>
internal enum ForkFormat : byte
{
    /// <summary>A device number.</summary>
    Device = 0,

    /// <summary>What it holds is there itself.</summary>
    Local = 1,

    /// <summary>A list of extents.</summary>
    Extents = 2,

    /// <summary>The root of a tree of extents.</summary>
    Tree = 3,
}

/// <summary>di_flags, as far as they tell a reader something.</summary>
[Flags]
internal enum InodeFlags : ushort
{
    None = 0,

    /// <summary>The contents are on the real-time device.</summary>
    RealTime = 1,

    /// <summary>What is made in the directory is on the real-time device.</summary>
    InheritsRealTime = 0x100,
}

/// <summary>di_flags2, as far as they tell a reader something.</summary>
[Flags]
internal enum InodeFlags2 : ulong
{
    None = 0,

    /// <summary>Some of its blocks may be another's too.</summary>
    Reflink = 2,

    /// <summary>Times are counted in nanoseconds.</summary>
    BigTime = 8,

    /// <summary>The counts of extents have more bits.</summary>
    ManyExtents = 0x10,

    /// <summary>It is the file system's own.</summary>
    Metadata = 0x20,
}

/// <summary>Times of inodes (xfs_timestamp).</summary>
internal static class InodeTime
{
    private const ulong NanosecondsInSecond = 1_000_000_000;

    // XFS_BIGTIME_EPOCH_OFFSET: big times begin with the smallest time that the old ones have.
    private const long BigEpoch = 1L << 31;

    /// <summary>A time of two words, both with a sign.</summary>
    public static Timestamp Decode(uint seconds, uint nanoseconds) =>
        new(unchecked((int)seconds), Math.Min(nanoseconds, (uint)NanosecondsInSecond - 1));

    /// <summary>A time as nanoseconds since December 1901.</summary>
    public static Timestamp DecodeBig(ulong nanoseconds) =>
        new((long)(nanoseconds / NanosecondsInSecond) - BigEpoch, (uint)(nanoseconds % NanosecondsInSecond));
}
