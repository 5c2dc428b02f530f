using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.AndroidSparse;

/// <summary>The header of a sparse image; all numbers are little-endian (libsparse: sparse_header).</summary>
internal readonly ref struct SparseHeader
{
    /// <summary>Its bytes in version 1.0.</summary>
    public const int Length = 28;

    private readonly ReadOnlySpan<byte> _bytes;

    public SparseHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>What it begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0x3A, 0xFF, 0x26, 0xED];

    public bool HasMagic => _bytes.StartsWith(Magic);

    public ushort MajorVersion => UInt16(4);

    public ushort MinorVersion => UInt16(6);

    /// <summary>Bytes of this header.</summary>
    public ushort HeaderLength => UInt16(8);

    /// <summary>Bytes of the header of each chunk.</summary>
    public ushort ChunkHeaderLength => UInt16(10);

    /// <summary>Bytes of a block of the disk.</summary>
    public uint BlockSize => UInt32(12);

    /// <summary>Blocks of the disk.</summary>
    public uint Blocks => UInt32(16);

    /// <summary>Chunks of the file.</summary>
    public uint Chunks => UInt32(20);

    /// <summary>CRC-32 of the whole disk; 0 for none.</summary>
    public uint Checksum => UInt32(24);

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);
}
