using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.AndroidSparse;

/// <summary>What a chunk is (libsparse: CHUNK_TYPE_*).</summary>
internal enum ChunkType : ushort
{
    /// <summary>Blocks as they are.</summary>
    Raw = 0xCAC1,

    /// <summary>Four bytes that all of its blocks are full of.</summary>
    Fill = 0xCAC2,

    /// <summary>Blocks that nothing is said of: they read as zeros.</summary>
    DontCare = 0xCAC3,

    /// <summary>The CRC-32 of all blocks before; it has none itself.</summary>
    Checksum = 0xCAC4,
}

/// <summary>A chunk of a sparse image.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Start">Where its blocks begin in the disk, in bytes.</param>
/// <param name="Length">Bytes of its blocks.</param>
/// <param name="Address">Where what is stored of it begins in the file.</param>
/// <param name="Value">What its blocks are full of, or the checksum.</param>
internal readonly record struct SparseChunk(ChunkType Type, long Start, long Length, long Address, uint Value = 0)
{
    /// <summary>Bytes of a chunk's header in version 1.0.</summary>
    public const int HeaderLength = 12;

    /// <summary>Whether the file says what its blocks are.</summary>
    public bool HasData => Length > 0 && Type is ChunkType.Raw or ChunkType.Fill;
}

/// <summary>The header of a chunk; all numbers are little-endian (libsparse: chunk_header).</summary>
internal readonly ref struct ChunkHeader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public ChunkType Type => (ChunkType)BinaryPrimitives.ReadUInt16LittleEndian(_bytes);

    /// <summary>Blocks of the disk that it is about.</summary>
    public uint Blocks => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]);

    /// <summary>Bytes of the file that it takes, this header among them.</summary>
    public uint StoredLength => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]);
}
