namespace ImageFs.Storage.Containers.Optical;

/// <summary>
/// Where the sessions of a disc begin: what a drive, or the sheet of an image, tells beside the data. An image of the data alone has
/// no such table.
/// </summary>
/// <param name="Starts">First byte of the first data track of each session; null for a session without one.</param>
public sealed record SessionTable(IReadOnlyList<long?> Starts)
{
    /// <summary>First byte of the session that is shown unless another is asked for: the last one with data, as Linux has it.</summary>
    public long Default => Starts.LastOrDefault(start => start is not null) ?? 0;

    /// <summary>The table of the disc that a source is; null when there is none.</summary>
    public static SessionTable? Find(BlockSource source) => source switch
    {
        Disc disc => disc.Sessions,
        DiscTrackSource track => track.Sessions,
        FileDevice { IsBlockDevice: true } device => OpticalDrive.ReadSessions(device),
        _ => null,
    };

    /// <summary>The table of a disc's tracks.</summary>
    internal static SessionTable Of(IEnumerable<DiscTrack> tracks) => new(
    [
        .. from track in tracks
           group track by track.Session into session
           orderby session.Key
           select session.FirstOrDefault(track => track.IsData)?.Start * SectorLayout.UserSize,
    ]);
}
