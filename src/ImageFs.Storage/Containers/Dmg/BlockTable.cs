using System.Buffers.Binary;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Dmg;

/// <summary>What a chunk is (UDIF: mish block).</summary>
internal enum ChunkType : uint
{
    Zero = 0,
    Raw = 1,
    Ignore = 2,
    Adc = 0x80000004,
    Zlib = 0x80000005,
    Bzip2 = 0x80000006,
    Lzfse = 0x80000007,
    Xz = 0x80000008,
    Comment = 0x7FFFFFFE,
    Terminator = 0xFFFFFFFF,
}

/// <summary>A run of the disk that is kept in one way. All values are bytes.</summary>
/// <param name="Type">How its bytes are kept.</param>
/// <param name="Offset">Where it begins on the disk.</param>
/// <param name="Length">Its bytes on the disk.</param>
/// <param name="Address">Where it begins in the file.</param>
/// <param name="StoredLength">Its bytes in the file.</param>
internal readonly record struct Chunk(ChunkType Type, long Offset, long Length, long Address, long StoredLength)
{
    /// <summary>First byte after it, on the disk.</summary>
    public long End => Offset + Length;

    /// <summary>How its bytes are encoded; null when they are not.</summary>
    public Codec? Codec { get; init; }
}

/// <summary>A block table: the chunks of one partition; all numbers are big-endian (UDIF: mish block).</summary>
internal static class BlockTable
{
    private const string Structure = "dmg block table";
    private const string Clause = "UDIF: mish block";
    private const int HeaderLength = 204;
    private const int EntryLength = 40;
    private const int SectorSize = 512;
    private const ulong MaxSectors = 1UL << 43;

    private static readonly Dictionary<ChunkType, Codec> s_codecs = new()
    {
        [ChunkType.Zlib] = Codecs.Zlib,
        [ChunkType.Bzip2] = Codecs.Bzip2,
        [ChunkType.Xz] = Codecs.Xz,
    };

    // Decoded as a whole; hdiutil makes them of 1 MiB at the most.
    private const long MaxEncodedLength = 16 << 20;

    /// <summary>Adds the chunks of a table.</summary>
    /// <param name="bytes">The table.</param>
    /// <param name="dataFork">Where the bytes of all blocks begin in the file.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    /// <param name="chunks">Takes them.</param>
    /// <exception cref="InvalidImageException">It contradicts the specification.</exception>
    /// <exception cref="UnsupportedFeatureException">A chunk is compressed in a way that is not read.</exception>
    public static void Read(ReadOnlySpan<byte> bytes, long dataFork, long fileLength, List<Chunk> chunks)
    {
        if (bytes.Length < HeaderLength || !bytes.StartsWith("mish"u8))
        {
            throw Invalid($"its {bytes.Length} bytes are too few, or it has no magic number");
        }

        ulong firstSector = UInt64(bytes, 8);
        ulong dataOffset = UInt64(bytes, 24);
        uint count = BinaryPrimitives.ReadUInt32BigEndian(bytes[200..]);
        if (count > (bytes.Length - HeaderLength) / EntryLength || firstSector > MaxSectors || dataOffset > (ulong)(fileLength - dataFork))
        {
            throw Invalid($"it has {count} entries from sector {firstSector} on, in {bytes.Length} bytes");
        }

        long start = dataFork + (long)dataOffset;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = bytes.Slice(HeaderLength + (i * EntryLength), EntryLength);
            var type = (ChunkType)BinaryPrimitives.ReadUInt32BigEndian(entry);
            if (type == ChunkType.Terminator)
            {
                break;
            }

            if (type != ChunkType.Comment && UInt64(entry, 16) > 0)
            {
                chunks.Add(Check(type, firstSector, entry, start, fileLength));
            }
        }
    }

    private static Chunk Check(ChunkType type, ulong firstSector, ReadOnlySpan<byte> entry, long start, long fileLength)
    {
        ulong sector = UInt64(entry, 8);
        ulong sectors = UInt64(entry, 16);
        ulong offset = UInt64(entry, 24);
        ulong length = UInt64(entry, 32);
        if (type is not (ChunkType.Zero or ChunkType.Ignore or ChunkType.Raw) && !s_codecs.ContainsKey(type))
        {
            string name = type is ChunkType.Adc or ChunkType.Lzfse ? $"{type}".ToUpperInvariant() : $"type 0x{(uint)type:X8}";
            throw new UnsupportedFeatureException($"dmg with chunks of {name}", Clause);
        }

        bool isStored = type is not (ChunkType.Zero or ChunkType.Ignore);
        if (sector > MaxSectors || sectors > MaxSectors
            || (isStored && (offset > (ulong)(fileLength - start) || length > (ulong)(fileLength - start) - offset)))
        {
            throw Invalid($"a chunk has {sectors} sectors from {sector} on, in {length} bytes at 0x{offset:X}");
        }

        var chunk = new Chunk(
            type,
            (long)(firstSector + sector) * SectorSize,
            (long)sectors * SectorSize,
            isStored ? start + (long)offset : 0,
            isStored ? (long)length : 0)
        {
            Codec = s_codecs.GetValueOrDefault(type),
        };
        if (chunk.Codec is not null && (chunk.Length > MaxEncodedLength || chunk.StoredLength > 2 * MaxEncodedLength))
        {
            throw new UnsupportedFeatureException($"dmg with a compressed chunk of {chunk.Length} bytes", Clause);
        }

        return type == ChunkType.Raw && chunk.StoredLength < chunk.Length ? throw Invalid($"a chunk has {chunk.StoredLength} raw bytes for {chunk.Length}") : chunk;
    }

    private static ulong UInt64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64BigEndian(bytes[offset..]);

    private static InvalidImageException Invalid(string problem) => new(Structure, 0, problem, Clause);
}
