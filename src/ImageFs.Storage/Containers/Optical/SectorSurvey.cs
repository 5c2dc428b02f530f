namespace ImageFs.Storage.Containers.Optical;

/// <summary>
/// What the sectors of a data track are by themselves: their sync pattern, size and mode; without these, by the mark of a volume where it
/// would be. Sheets are often wrong about it, and the sectors are not.
/// </summary>
internal static class SectorSurvey
{
    private static readonly int[] s_rawSizes = [SectorLayout.RawSize, SectorLayout.RawSize + SectorLayout.SubchannelSize, SectorLayout.RawSize + 16];
    private static readonly (TrackKind? Kind, int Size)[] s_bare = [(null, SectorLayout.UserSize), (TrackKind.Mode2, 2336), (TrackKind.Mode2, 2056)];

    /// <summary>The kind and layout of a track's sectors: what they say, or else what the sheet says.</summary>
    /// <param name="file">The file that they lie in.</param>
    /// <param name="offset">Where the track begins in it.</param>
    /// <param name="skipped">Sectors from there to the first that is after the pregap.</param>
    /// <param name="number">The track's number, for messages.</param>
    /// <param name="said">What the sheet says: of sound it is taken as it is.</param>
    /// <param name="warn">Called when the sheet is wrong.</param>
    internal static (TrackKind Kind, SectorLayout Layout) Settle(
        BlockSource file, long offset, long skipped, int number, (TrackKind Kind, SectorLayout Layout) said, Action<string> warn)
    {
        if (said.Kind == TrackKind.Audio || offset is < 0 or > Disc.MaxOffset || skipped is < 0 or > Disc.MaxSectors
            || Find(file, offset, skipped, said) is not { } found || found == said)
        {
            return said;
        }

        // What says mode 1 and has 2048 bytes is no other thing than mode 2 with as many.
        if (found.Layout != said.Layout || found.Layout.Size != SectorLayout.UserSize)
        {
            warn($"track {number}: its sectors are {DiscTrack.NameOf(found.Kind, found.Layout)}, not {DiscTrack.NameOf(said.Kind, said.Layout)} as the sheet says");
        }

        return found;
    }

    private static (TrackKind Kind, SectorLayout Layout)? Find(BlockSource file, long offset, long skipped, (TrackKind Kind, SectorLayout Layout) said)
    {
        foreach (int size in s_rawSizes.Contains(said.Layout.Size) ? s_rawSizes.Prepend(said.Layout.Size) : s_rawSizes)
        {
            long first = offset + (skipped * size);
            if (FindKind(file, first, size) is { } kind)
            {
                return (kind, SectorLayout.Of(kind, size));
            }
        }

        if (VolumeMark.IsAt(file, offset + (skipped * said.Layout.Size), said.Layout))
        {
            return null;
        }

        foreach ((TrackKind? kind, int size) in s_bare)
        {
            var layout = SectorLayout.Of(kind ?? said.Kind, size);
            if (VolumeMark.IsAt(file, offset + (skipped * size), layout))
            {
                return (kind ?? said.Kind, layout);
            }
        }

        return null;
    }

    // Two sectors with a header tell the size; one alone does where nothing follows it.
    private static TrackKind? FindKind(BlockSource file, long first, int size)
    {
        Span<byte> buffer = stackalloc byte[SectorHeader.Length];
        if (!SectorHeader.TryRead(file, first, buffer, out SectorHeader header) || header.Mode == 0)
        {
            return null;
        }

        TrackKind kind = header.Kind;
        return first + size > file.Length - SectorHeader.Length || SectorHeader.TryRead(file, first + size, buffer, out _) ? kind : null;
    }
}
