using System.Buffers.Binary;

namespace ImageFs.FileSystems.Ext;

/// <summary>An entry of an inner node of an extent tree (ext4: Extent Tree).</summary>
internal readonly ref struct ExtentIndex
{
    /// <summary>Bytes that it takes.</summary>
    public const int Size = ExtentHeader.Size;

    private readonly ReadOnlySpan<byte> _bytes;

    public ExtentIndex(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>ei_block: the first block of the file below it.</summary>
    public uint Block => BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>ei_leaf: the block of the node below it.</summary>
    public ulong Leaf =>
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]) | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[8..]) << 32);
}
