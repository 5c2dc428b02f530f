namespace ImageFs.Storage.Containers.Optical;

/// <summary>
/// Where the sessions of a disc begin: what a drive, or the sheet of an image, tells beside the data. An image of the data alone has
/// no such table.
/// </summary>
/// <param name="Starts">First byte of the first data track of each session; null for a session without one.</param>
public sealed record SessionTable(IReadOnlyList<long?> Starts) : ICapability
{
    /// <summary>First byte of the session that is shown unless another is asked for: the last one with data, as Linux has it.</summary>
    public long Default => Starts.LastOrDefault(start => start is not null) ?? 0;

    /// <inheritdoc/>
    public ICapability? OfPart(long start, long length)
    {
        long?[] starts = [.. Starts.Select(first => first >= start && first - start < length ? first - start : null)];
        return starts.Any(first => first is not null) ? new SessionTable(starts) : null;
    }

    /// <summary>The table of a disc's tracks.</summary>
    internal static SessionTable Of(IEnumerable<DiscTrack> tracks) => new(
    [
        .. from track in tracks
           group track by track.Session into session
           orderby session.Key
           select session.FirstOrDefault(track => track.IsData)?.Start * SectorLayout.UserSize,
    ]);
}

/// <summary>The mark of a volume descriptor: what is in sector 16 of a track with a file system, and says how its sectors lie.</summary>
public static class VolumeMark
{
    /// <summary>The sector that it is in, from the start of the track or session (ECMA-119 6.2.1).</summary>
    internal const int Sector = 16;

    private const int Length = 16;

    // ISO 9660 and UDF have it after the type (ECMA-119 8.1.2, ECMA-167 2/9.1.2), High Sierra after a number and the type.
    private const int Place = 1;
    private const int PlaceOfHighSierra = 9;

    /// <summary>Whether there is one in a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="address">Where the descriptor would begin.</param>
    public static bool IsAt(BlockSource file, long address)
    {
        if (address < 0 || address > file.Length - Length)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Length];
        file.ReadAt(address, bytes);
        ReadOnlySpan<byte> mark = bytes.Slice(Place, 5);
        return mark.SequenceEqual("CD001"u8) || mark.SequenceEqual("BEA01"u8) || bytes.Slice(PlaceOfHighSierra, 5).SequenceEqual("CDROM"u8);
    }

    /// <summary>Whether there is one in sector 16 of a file's sectors.</summary>
    /// <param name="file">The file.</param>
    /// <param name="start">Where the sectors begin.</param>
    /// <param name="layout">How they lie.</param>
    internal static bool IsAt(BlockSource file, long start, SectorLayout layout) =>
        IsAt(file, checked(start + (Sector * (long)layout.Size) + layout.DataStart));
}
