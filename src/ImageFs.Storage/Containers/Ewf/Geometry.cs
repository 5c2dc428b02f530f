using System.Buffers.Binary;
using System.Globalization;

namespace ImageFs.Storage.Containers.Ewf;

/// <summary>What a volume, disk or data section says of the disk.</summary>
/// <param name="SectorSize">Bytes of a sector.</param>
/// <param name="Sectors">Sectors of the disk; 0 where it is not told.</param>
/// <param name="Chunks">Chunks of the disk.</param>
/// <param name="ChunkSize">Bytes of a chunk.</param>
internal sealed record Geometry(int SectorSize, ulong Sectors, uint Chunks, int ChunkSize)
{
    // What EnCase writes, and what SMART does.
    private const int LongLength = 1052;
    private const int ShortLength = 94;
    private const int MaxSectorSize = 1 << 16;
    private const int MaxChunkSize = 64 << 20;
    private const ulong MaxLength = 1UL << 62;

    /// <summary>Bytes of the disk.</summary>
    public long Length { get; } = LengthOf(Sectors, SectorSize, Chunks, ChunkSize);

    /// <summary>What kind of medium it was: "fixed disk"; empty where it is not told.</summary>
    public string Medium { get; private init; } = string.Empty;

    /// <summary>Whether the whole medium was read, and not a volume on it; null where it is not told.</summary>
    public bool? IsPhysical { get; private init; }

    /// <summary>How hard the writer was told to compress; empty where it is not told.</summary>
    public string Compression { get; private init; } = string.Empty;

    /// <summary>What all segments of one image have in common; null for none.</summary>
    public Guid? SetId { get; private init; }

    /// <summary>Reads the section.</summary>
    /// <param name="segment">The segment that it is in.</param>
    /// <param name="section">The section.</param>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public static Geometry Read(Segment segment, Section section)
    {
        bool isLong = section.Length >= LongLength;
        if (!isLong && section.Length < ShortLength)
        {
            throw segment.Invalid("volume section", section.Address, $"it has {section.Length} bytes: {ShortLength} or {LongLength} are known");
        }

        Span<byte> bytes = stackalloc byte[isLong ? LongLength : ShortLength];
        segment.Source.ReadAt(section.Start, bytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]) != Adler32.Of(bytes[..^sizeof(uint)]))
        {
            throw segment.Invalid("volume section", section.Address, "its checksum is wrong");
        }

        uint chunks = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        uint perChunk = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        uint sectorSize = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        ulong sectors = isLong ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        if (sectorSize is 0 or > MaxSectorSize || perChunk == 0 || perChunk > MaxChunkSize / sectorSize || sectors > MaxLength / sectorSize)
        {
            throw segment.Invalid("volume section", section.Address, $"it has {sectors} sectors of {sectorSize} bytes, {perChunk} in a chunk");
        }

        var geometry = new Geometry((int)sectorSize, sectors, chunks, (int)(perChunk * sectorSize));
        var set = new Guid(bytes[64..80]);
        return !isLong ? geometry : geometry with
        {
            Medium = MediumOf(bytes[0]),
            IsPhysical = (bytes[36] & 0x02) != 0,
            Compression = bytes[52] switch { 0 => "none", 1 => "fast", 2 => "best", _ => string.Empty },
            SetId = set == Guid.Empty ? null : set,
        };
    }

    /// <summary>Whether a section of another segment, or a second one, is of the same image.</summary>
    public bool IsOfOneWith(Geometry other) =>
        other.SectorSize == SectorSize && other.ChunkSize == ChunkSize && (SetId is null || other.SetId is null || SetId == other.SetId);

    private static string MediumOf(byte type) => type switch
    {
        0x00 => "removable disk",
        0x01 => "fixed disk",
        0x03 => "optical disc",
        0x0E => "logical files",
        0x10 => "memory",
        _ => string.Create(CultureInfo.InvariantCulture, $"type {type}"),
    };

    private static long LengthOf(ulong sectors, int sectorSize, uint chunks, int chunkSize) =>
        sectors > 0 ? checked((long)sectors * sectorSize) : (long)chunks * chunkSize;
}
