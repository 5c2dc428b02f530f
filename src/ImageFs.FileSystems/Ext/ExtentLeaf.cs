using System.Buffers.Binary;

namespace ImageFs.FileSystems.Ext;

/// <summary>An extent: an entry of a leaf of an extent tree (ext4: Extent Tree).</summary>
internal readonly ref struct ExtentLeaf
{
    /// <summary>Bytes that it takes.</summary>
    public const int Size = ExtentHeader.Size;

    private const ushort MaxWrittenLength = 0x8000;

    private readonly ReadOnlySpan<byte> _bytes;

    public ExtentLeaf(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>ee_block: its first block in the file.</summary>
    public uint Block => BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>Its length in blocks, from ee_len.</summary>
    public uint Length => IsUnwritten ? (uint)RawLength - MaxWrittenLength : RawLength;

    /// <summary>Whether its blocks were never written: ee_len is above 2¹⁵.</summary>
    public bool IsUnwritten => RawLength > MaxWrittenLength;

    /// <summary>ee_start: its first block in the volume.</summary>
    public ulong Start =>
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]) | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[6..]) << 32);

    /// <summary>The block of the file behind it.</summary>
    public long End => (long)Block + Length;

    private ushort RawLength => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[4..]);
}
