using System.Text;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Dmg;

/// <summary>Apple's format, the Universal Disk Image Format.</summary>
internal sealed class DmgFormat : ContainerFormat
{
    internal const string FormatName = "dmg";

    private const string Clause = "UDIF: koly block";
    private const int SectorSize = 512;
    private const ulong MaxSectors = 1UL << 43;

    // It lists all chunks: 40 bytes for each MiB, mostly. It is read whole.
    private const ulong MaxXmlLength = 32 << 20;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "Apple's disk image (UDIF)";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(-512, "koly")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".dmg"];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) =>
        IsEncrypted(file.Head) || (file.Source.Length >= Trailer.Length && new Trailer(ReadTrailer(file.Source)).HasMagic);

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        if (IsEncrypted(file.Head))
        {
            throw new UnsupportedFeatureException("dmg with encryption");
        }

        long length = file.Source.Length;
        var trailer = new Trailer(length >= Trailer.Length ? ReadTrailer(file.Source) : throw new TruncatedImageException(Trailer.Length, length));
        if (!trailer.HasMagic || trailer.DataForkOffset > (ulong)length || trailer.SectorCount > MaxSectors)
        {
            throw Invalid(length, $"it has a disk of {trailer.SectorCount} sectors at 0x{trailer.DataForkOffset:X}, or no magic number");
        }

        if (trailer.Version != 4 || trailer.SegmentCount > 1 || trailer.XmlLength is 0 or > MaxXmlLength)
        {
            throw new UnsupportedFeatureException(
                $"dmg of version {trailer.Version}, in {trailer.SegmentCount} segments, with a property list of {trailer.XmlLength} bytes", Clause);
        }

        if (trailer.XmlOffset > (ulong)length || trailer.XmlLength > (ulong)length - trailer.XmlOffset)
        {
            throw Invalid(length, $"its property list of {trailer.XmlLength} bytes at 0x{trailer.XmlOffset:X} runs past the end of the file");
        }

        byte[] xml = new byte[trailer.XmlLength];
        file.Source.ReadAt((long)trailer.XmlOffset, xml);
        var chunks = new List<Chunk>();
        foreach (byte[] table in PropertyList.ReadBlockTables(Encoding.UTF8.GetString(xml), (long)trailer.XmlOffset))
        {
            BlockTable.Read(table, (long)trailer.DataForkOffset, length, chunks);
        }

        Chunk[] sorted = [.. chunks.OrderBy(chunk => chunk.Offset)];
        CheckOrder(sorted, length);
        long end = sorted.Length == 0 ? 0 : sorted[^1].End;
        return new DmgDisk(file.Source, sorted, Math.Max(end, (long)trailer.SectorCount * SectorSize), trailer.SegmentId, context.Memory.Decoded.ForOwner());
    }

    private static void CheckOrder(Chunk[] chunks, long length)
    {
        for (int i = 1; i < chunks.Length; i++)
        {
            if (chunks[i].Offset < chunks[i - 1].End)
            {
                throw Invalid(length, $"two chunks have the bytes at 0x{chunks[i].Offset:X} of the disk");
            }
        }
    }

    private static bool IsEncrypted(ReadOnlySpan<byte> head) => head.StartsWith("encrcdsa"u8);

    private static byte[] ReadTrailer(BlockSource source)
    {
        byte[] bytes = new byte[Trailer.Length];
        source.ReadAt(source.Length - bytes.Length, bytes);
        return bytes;
    }

    private static InvalidImageException Invalid(long length, string problem) => new("dmg trailer", Math.Max(0, length - Trailer.Length), problem, Clause);
}
