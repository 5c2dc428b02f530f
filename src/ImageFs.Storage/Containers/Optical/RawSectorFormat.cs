using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Optical;

/// <summary>The sectors of one data track as they are on the disc, without a sheet that describes them: <c>.bin</c>, <c>.img</c>, <c>.mdf</c>.</summary>
public sealed class RawSectorFormat : ContainerFormat
{
    // Sizes that have the sync pattern at each sector's start, and those without it, where only a volume descriptor can tell.
    private static readonly int[] s_rawSizes = [SectorLayout.RawSize, SectorLayout.RawSize + SectorLayout.SubchannelSize, SectorLayout.RawSize + 16];
    private static readonly int[] s_bareSizes = [2336, 2056];

    /// <inheritdoc/>
    public override string Name => "bin";

    /// <inheritdoc/>
    public override string Title => "raw sectors of a disc";

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".bin"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => [DiscOptions.Audio];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) => Find(file, out _, out _) is not null;

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        SectorLayout layout = Find(file, out TrackKind kind, out long start)
            ?? throw new UnsupportedFeatureException($"a file without the sync pattern of raw sectors, {file.Name}");
        (long count, long rest) = Math.DivRem(file.Source.Length, layout.Size);
        if (rest != 0)
        {
            context.Warn($"{file.Name} ends inside of a sector of {layout.Size} bytes");
        }

        long inPregap = Math.Min(count, Math.Max(0, -start));
        var builder = new DiscBuilder(Name) { Position = start + inPregap };
        builder.BeginTrack(1, 1, kind, layout);
        builder.Append(file.Source, inPregap * layout.Size, count - inPregap);
        return builder.Build(context);
    }

    private static SectorLayout? Find(ImageFile file, out TrackKind kind, out long start)
    {
        kind = TrackKind.Mode2;
        start = 0;
        ReadOnlySpan<byte> head = file.Head;
        if (head.Length < 2 * SectorHeader.Length)
        {
            return null;
        }

        var first = new SectorHeader(head);
        if (first.IsValid && first.Mode != 0)
        {
            kind = first.Kind;
            start = first.Address ?? 0;
            foreach (int size in s_rawSizes)
            {
                if (head.Length >= size + SectorHeader.Length && new SectorHeader(head[size..]).IsValid)
                {
                    return SectorLayout.Of(kind, size);
                }
            }

            return null;
        }

        foreach (int size in s_bareSizes)
        {
            if (VolumeMark.IsAt(file.Source, 0, SectorLayout.Of(TrackKind.Mode2, size)))
            {
                return SectorLayout.Of(TrackKind.Mode2, size);
            }
        }

        return null;
    }
}
