using System.Buffers.Binary;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Optical.Nero;

/// <summary>A disc as Nero keeps it: one file, its tables in chunks at the end. Version 1 has addresses of 32 bits, version 2 of 64.</summary>
public sealed class NeroFormat : ContainerFormat
{
    private const int FooterLength = 12;

    /// <inheritdoc/>
    public override string Name => "nrg";

    /// <inheritdoc/>
    public override string Title => "a disc of Nero";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(-12, "NER5"), new(-8, "NERO")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".nrg"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => [DiscOptions.Audio];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) => FindChunks(file.Source) is not null;

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        long chunks = FindChunks(file.Source) ?? throw new UnsupportedFeatureException($"a file without Nero's footer, {file.Name}");
        return NeroLayout.Read(file.Source, chunks, context.Warn).Build(context);
    }

    // The footer: "NER5" and 64 bits, or "NERO" and 32 bits: where the chunks begin.
    private static long? FindChunks(BlockSource file)
    {
        if (file.Length < FooterLength)
        {
            return null;
        }

        Span<byte> footer = stackalloc byte[FooterLength];
        file.ReadAt(file.Length - FooterLength, footer);
        ulong? start = footer.StartsWith("NER5"u8) ? BinaryPrimitives.ReadUInt64BigEndian(footer[4..])
            : footer[4..].StartsWith("NERO"u8) ? BinaryPrimitives.ReadUInt32BigEndian(footer[8..])
            : null;
        return start <= (ulong)(file.Length - FooterLength) ? (long)start : null;
    }
}
