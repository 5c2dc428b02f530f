using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.FileSystems.CramFs;

/// <summary>An inode, which is the entry of a directory too: its name follows it (cramfs_fs.h: cramfs_inode).</summary>
internal readonly ref struct Inode
{
    /// <summary>Its bytes, without the name.</summary>
    public const int Length = 12;

    /// <summary>What lengths of names and addresses are a multiple of.</summary>
    public const int Unit = 4;

    /// <summary>Bytes of the longest name.</summary>
    public const int MaxNameLength = 63 * Unit;

    private const int NameBits = 6;
    private const int SizeBits = 24;
    private const int ModeBits = 16;
    private const uint TypeMask = 0xF000;

    private readonly ByteOrder _order;
    private readonly uint _modeAndUser;
    private readonly uint _sizeAndGroup;
    private readonly uint _nameAndOffset;

    public Inode(scoped ReadOnlySpan<byte> bytes, ByteOrder order)
    {
        _order = order;
        _modeAndUser = order.UInt32(bytes);
        _sizeAndGroup = order.UInt32(bytes[4..]);
        _nameAndOffset = order.UInt32(bytes[8..]);
    }

    /// <summary>The permissions, without the type.</summary>
    public uint Permissions => Mode & ~TypeMask;

    /// <summary>The type.</summary>
    public NodeType Type => (Mode & TypeMask) switch
    {
        0x8000 => NodeType.Regular,
        0x4000 => NodeType.Directory,
        0xA000 => NodeType.SymbolicLink,
        0x6000 => NodeType.BlockDevice,
        0x2000 => NodeType.CharacterDevice,
        0x1000 => NodeType.Fifo,
        0xC000 => NodeType.Socket,
        _ => NodeType.Unknown,
    };

    /// <summary>The owner.</summary>
    public uint User => _order.Second(_modeAndUser, ModeBits);

    /// <summary>The group, of which there are 8 bits.</summary>
    public uint Group => _order.Second(_sizeAndGroup, SizeBits);

    /// <summary>Bytes of the contents; of a device its number.</summary>
    public uint Size => _order.First(_sizeAndGroup, SizeBits);

    /// <summary>The device, of a number of 16 bits.</summary>
    public DeviceNumber Device => new((Size >> 8) & 0xFF, Size & 0xFF);

    /// <summary>Bytes that the name takes, with zeros at its end.</summary>
    public int NameLength => (int)_order.First(_nameAndOffset, NameBits) * Unit;

    /// <summary>Where the contents begin: of a directory its entries, of another file the pointers of its blocks.</summary>
    public long Offset => (long)_order.Second(_nameAndOffset, NameBits) * Unit;

    private uint Mode => _order.First(_modeAndUser, ModeBits);
}
