using System.Buffers.Binary;

namespace ImageFs.FileSystems.Ext;

/// <summary>The header of a node of an extent tree (ext4: Extent Tree).</summary>
internal readonly ref struct ExtentHeader
{
    /// <summary>Bytes that it takes, and that each entry behind it takes.</summary>
    public const int Size = 12;

    /// <summary>eh_magic of every node.</summary>
    public const ushort MagicNumber = 0xF30A;

    private readonly ReadOnlySpan<byte> _bytes;

    public ExtentHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>eh_magic.</summary>
    public ushort Magic => UInt16(0x0);

    /// <summary>eh_entries: entries in use.</summary>
    public ushort Entries => UInt16(0x2);

    /// <summary>eh_max: entries that there is room for.</summary>
    public ushort Max => UInt16(0x4);

    /// <summary>eh_depth: 0 when the entries are extents.</summary>
    public ushort Depth => UInt16(0x6);

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);
}
