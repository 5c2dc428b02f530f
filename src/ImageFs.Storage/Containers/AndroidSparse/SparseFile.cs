using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.AndroidSparse;

/// <summary>One file of a sparse image: its header, and the chunks that follow each other.</summary>
internal sealed class SparseFile
{
    /// <summary>What the format is called in errors.</summary>
    public const string Clause = "libsparse: sparse_format.h";

    private const uint MaxBlockSize = 1 << 30;

    private readonly int _headerLength;
    private readonly int _chunkHeaderLength;

    /// <summary>Reads the header.</summary>
    /// <param name="source">The file.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="TruncatedImageException">The file ends in it.</exception>
    /// <exception cref="UnsupportedFeatureException">It is of another version.</exception>
    public SparseFile(BlockSource source, string name)
    {
        Source = source;
        Name = name;
        Span<byte> bytes = stackalloc byte[SparseHeader.Length];
        source.ReadAt(0, bytes);
        var header = new SparseHeader(bytes);
        if (!header.HasMagic)
        {
            throw Invalid(0, "it has no magic number");
        }

        if (header.MajorVersion != 1)
        {
            throw new UnsupportedFeatureException($"android-sparse version {header.MajorVersion}.{header.MinorVersion}", Clause);
        }

        if (header.HeaderLength < SparseHeader.Length || header.ChunkHeaderLength < SparseChunk.HeaderLength)
        {
            throw Invalid(8, $"its own length is {header.HeaderLength} and that of a chunk's header {header.ChunkHeaderLength}: they have {SparseHeader.Length} and {SparseChunk.HeaderLength} bytes at least");
        }

        if (header.BlockSize is 0 or > MaxBlockSize || header.BlockSize % sizeof(uint) != 0)
        {
            throw Invalid(12, $"it has blocks of {header.BlockSize} bytes: a multiple of 4 is allowed, up to {MaxBlockSize}");
        }

        _headerLength = header.HeaderLength;
        _chunkHeaderLength = header.ChunkHeaderLength;
        BlockSize = header.BlockSize;
        Length = header.Blocks * BlockSize;
        Chunks = header.Chunks;
        Checksum = header.Checksum;
    }

    /// <summary>The file.</summary>
    public BlockSource Source { get; }

    /// <summary>Its name, for messages.</summary>
    public string Name { get; }

    /// <summary>Bytes of a block.</summary>
    public long BlockSize { get; }

    /// <summary>Bytes of the disk.</summary>
    public long Length { get; }

    /// <summary>How many chunks it says that it has.</summary>
    public long Chunks { get; }

    /// <summary>The CRC-32 of the disk that the header has; 0 for none.</summary>
    public uint Checksum { get; }

    /// <summary>The chunks, one after the other, each read when it is asked for.</summary>
    /// <exception cref="InvalidImageException">One is damaged.</exception>
    /// <exception cref="TruncatedImageException">The file ends before the next one, or before what the last has.</exception>
    /// <exception cref="UnsupportedFeatureException">One is of a type that is not known.</exception>
    public IEnumerable<SparseChunk> ReadChunks()
    {
        long address = _headerLength;
        long start = 0;
        for (long i = 0; i < Chunks; i++)
        {
            SparseChunk chunk = ReadChunk(address, start, out uint stored);
            yield return chunk;
            start += chunk.Length;
            address += stored;
        }

        if (address > Source.Length)
        {
            throw new TruncatedImageException(Source.Length, Source.Length);
        }
    }

    private SparseChunk ReadChunk(long address, long start, out uint stored)
    {
        Span<byte> bytes = stackalloc byte[SparseChunk.HeaderLength];
        Source.ReadAt(address, bytes);
        var header = new ChunkHeader(bytes);
        stored = header.StoredLength;
        long length = header.Blocks * BlockSize;
        long expected = _chunkHeaderLength + header.Type switch
        {
            ChunkType.Raw => length,
            ChunkType.Fill or ChunkType.Checksum => sizeof(uint),
            ChunkType.DontCare => 0,
            _ => throw new UnsupportedFeatureException($"android-sparse chunk of type 0x{(ushort)header.Type:X}, at 0x{address:X} of {Name}", Clause),
        };
        if (stored != expected)
        {
            throw InvalidChunk(address, $"it says that it takes {stored} bytes of the file, and with {header.Blocks} blocks of {BlockSize} it takes {expected}");
        }

        if (header.Type == ChunkType.Checksum)
        {
            length = 0;
        }

        if (length > Length - start)
        {
            throw InvalidChunk(address, $"its {header.Blocks} blocks end behind the disk's {Length / BlockSize}");
        }

        uint value = header.Type is ChunkType.Fill or ChunkType.Checksum ? ReadValue(address + _chunkHeaderLength) : 0;
        return new SparseChunk(header.Type, start, length, address + _chunkHeaderLength, value);
    }

    private uint ReadValue(long address)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Source.ReadAt(address, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private static InvalidImageException Invalid(long address, string problem) => new("android-sparse header", address, problem, Clause);

    private static InvalidImageException InvalidChunk(long address, string problem) => new("android-sparse chunk", address, problem, Clause);
}
