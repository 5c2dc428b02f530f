using System.Buffers.Binary;
using ImageFs.FileSystems.Xfs.Attributes;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>An intent to map an extent in a fork, or to unmap it (xfs_bui_log_format with its only xfs_map_extent).</summary>
/// <param name="bytes">The format of the item.</param>
internal readonly ref struct BlockMapFormat(ReadOnlySpan<byte> bytes)
{
    /// <summary>Where it is specified.</summary>
    public const string Clause = "xfs_bui_log_format";

    private const int Header = 16;
    private const int Size = Header + 32;
    private const uint TypeMask = 0xFF;
    private const uint MapType = 1;
    private const uint UnmapType = 2;
    private const uint RealTimeFlag = 1u << 29;
    private const uint UnwrittenFlag = 1u << 30;
    private const uint AttributesFlag = 1u << 31;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Whether it is one that is understood whole.</summary>
    public bool IsGood => _bytes.Length == Size && BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]) == 1
        && (Flags & ~(TypeMask | RealTimeFlag | UnwrittenFlag | AttributesFlag)) == 0 && (Flags & TypeMask) is MapType or UnmapType
        && (ulong)Extent.FileBlock < ExtentTreeNode.MaxBlocks && Extent.Count is > 0 and <= FileExtent.MaxCount && Extent.Block >= 0;

    /// <summary>me_owner: the number of the inode.</summary>
    public long Inode => BinaryPrimitives.ReadInt64LittleEndian(_bytes[Header..]);

    /// <summary>The extent.</summary>
    public FileExtent Extent => new(
        BinaryPrimitives.ReadInt64LittleEndian(_bytes[(Header + 16)..]),
        BinaryPrimitives.ReadInt64LittleEndian(_bytes[(Header + 8)..]),
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(Header + 24)..]),
        (Flags & UnwrittenFlag) != 0);

    /// <summary>Whether it is to be mapped, and not unmapped.</summary>
    public bool IsMap => (Flags & TypeMask) == MapType;

    /// <summary>Whether it is of the fork of attributes.</summary>
    public bool IsAttributes => (Flags & AttributesFlag) != 0;

    private uint Flags => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(Header + 28)..]);
}

/// <summary>xmi_flags: how two files exchange their extents (XFS_EXCHMAPS_*).</summary>
[Flags]
internal enum ExchangeFlags : ulong
{
    None = 0,

    /// <summary>Those of the forks of attributes.</summary>
    Attributes = 1,

    /// <summary>Their sizes too.</summary>
    Sizes = 2,

    /// <summary>Only where the first file was written.</summary>
    OnlyWritten = 4,

    /// <summary>Afterwards one of the files shares no blocks any more: of no matter to a reader.</summary>
    ClearReflink1 = 8,

    /// <inheritdoc cref="ClearReflink1"/>
    ClearReflink2 = 16,
    All = Attributes | Sizes | OnlyWritten | ClearReflink1 | ClearReflink2,
}

/// <summary>An intent to exchange extents of two files (xfs_xmi_log_format): what is left of it.</summary>
/// <param name="bytes">The format of the item.</param>
internal readonly ref struct ExchangeFormat(ReadOnlySpan<byte> bytes)
{
    /// <summary>Where it is specified.</summary>
    public const string Clause = "xfs_xmi_log_format";

    private const int Size = 88;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Whether it is one.</summary>
    public bool IsGood => _bytes.Length == Size && IsRange(Start1) && IsRange(Start2) && Count >= 0 && Count <= ExtentTreeNode.MaxBlocks
        && (Flags & ~ExchangeFlags.All) == 0
        && (!Flags.HasFlag(ExchangeFlags.Sizes) || (Size1 >= 0 && Size2 >= 0));

    /// <summary>xmi_inode1 and xmi_inode2.</summary>
    public long Inode1 => Int64(16);

    /// <inheritdoc cref="Inode1"/>
    public long Inode2 => Int64(24);

    /// <summary>xmi_igen1 and xmi_igen2.</summary>
    public uint Generation1 => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[32..]);

    /// <inheritdoc cref="Generation1"/>
    public uint Generation2 => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[36..]);

    /// <summary>xmi_startoff1 and xmi_startoff2, in blocks.</summary>
    public long Start1 => Int64(40);

    /// <inheritdoc cref="Start1"/>
    public long Start2 => Int64(48);

    /// <summary>xmi_blockcount.</summary>
    public long Count => Int64(56);

    /// <summary>xmi_flags.</summary>
    public ExchangeFlags Flags => (ExchangeFlags)BinaryPrimitives.ReadUInt64LittleEndian(_bytes[64..]);

    /// <summary>xmi_isize1 and xmi_isize2, in bytes.</summary>
    public long Size1 => Int64(72);

    /// <inheritdoc cref="Size1"/>
    public long Size2 => Int64(80);

    private bool IsRange(long start) => start >= 0 && start <= ExtentTreeNode.MaxBlocks - Math.Clamp(Count, 0, ExtentTreeNode.MaxBlocks);

    private long Int64(int offset) => BinaryPrimitives.ReadInt64LittleEndian(_bytes[offset..]);
}

/// <summary>alfi_op_flags: what an intent does with an attribute.</summary>
internal enum AttributeOperation : uint
{
    Set = 1,
    Remove = 2,
    Replace = 3,

    /// <summary>The same with pointers to parents, which nobody is shown.</summary>
    SetParent = 4,
    RemoveParent = 5,
    ReplaceParent = 6,
}

/// <summary>An intent to change an extended attribute (xfs_attri_log_format); its name and value are regions of their own.</summary>
/// <param name="bytes">The format of the item.</param>
internal readonly ref struct AttributeFormat(ReadOnlySpan<byte> bytes)
{
    /// <summary>Where it is specified.</summary>
    public const string Clause = "xfs_attri_log_format";

    /// <summary>Its size.</summary>
    public const int Size = 40;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>alfi_ino.</summary>
    public long Inode => BinaryPrimitives.ReadInt64LittleEndian(_bytes[16..]);

    /// <summary>alfi_op_flags.</summary>
    public AttributeOperation Operation => (AttributeOperation)UInt32(24);

    /// <summary>alfi_value_len, in bytes.</summary>
    public uint ValueLength => UInt32(28);

    /// <summary>alfi_name_len, in bytes.</summary>
    public uint NameLength => UInt32(32);

    /// <summary>alfi_attr_filter.</summary>
    public AttributeFlags Kind => (AttributeFlags)UInt32(36);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);
}
