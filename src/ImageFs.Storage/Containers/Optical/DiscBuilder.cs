namespace ImageFs.Storage.Containers.Optical;

/// <summary>Lays out a disc from its start on: tracks, and the sectors that they are made of.</summary>
/// <param name="format">The container's format.</param>
internal sealed class DiscBuilder(string format)
{
    private readonly List<DiscTrack> _tracks = [];
    private readonly List<SectorRun> _runs = [];
    private DiscTrack? _track;

    /// <summary>The sector that comes next.</summary>
    internal long Position { get; set; }

    /// <summary>Begins a track: what follows is its pregap, until <see cref="MarkStart"/>.</summary>
    internal void BeginTrack(int number, int session, TrackKind kind, SectorLayout layout)
    {
        EndTrack();
        _track = new DiscTrack(number, session, kind, Position, 0, layout);
    }

    /// <summary>The track's first sector comes next: index 1.</summary>
    internal void MarkStart() => _track = _track! with { Start = Position };

    /// <summary>The track cannot be read, and why.</summary>
    internal void MarkUnread(string problem) => _track = _track! with { Problem = problem };

    /// <summary>Adds sectors that are in no file.</summary>
    internal void Skip(long count) => Position = checked(Position + count);

    /// <summary>Adds sectors of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where the first begins in it.</param>
    /// <param name="count">How many.</param>
    /// <param name="isSwapped">Whether they are samples with their high byte first.</param>
    /// <exception cref="InvalidImageException">No disc and no file is so long.</exception>
    internal void Append(BlockSource file, long offset, long count, bool isSwapped = false)
    {
        if (offset is < 0 or > Disc.MaxOffset || count is < 0 or > Disc.MaxSectors || Position is < -Disc.MaxSectors or > Disc.MaxSectors)
        {
            throw new InvalidImageException($"{format} layout", 0, $"track {_track?.Number} has {count} sectors at sector {Position}, at 0x{offset:X} of its file: no disc is so long");
        }

        _runs.Add(new SectorRun(Position, count, file, offset, _track!.Layout, !_track.IsData, isSwapped));
        Skip(count);
    }

    /// <summary>Ends the track here, when something comes after it that is no part of it.</summary>
    internal void EndTrack()
    {
        if (_track is not null)
        {
            _tracks.Add(_track with { Count = Position - _track.Start });
            _track = null;
        }

        if (_tracks.Count > Disc.MaxTracks)
        {
            throw new InvalidImageException($"{format} layout", 0, $"it has more than {Disc.MaxTracks} tracks");
        }
    }

    /// <summary>The disc.</summary>
    /// <param name="context">What it is opened with: <c>audio</c> is taken, and tracks that their files are too short for are told.</param>
    /// <exception cref="InvalidImageException">Its parts contradict each other.</exception>
    internal Disc Build(OpenContext context)
    {
        EndTrack();
        var disc = new Disc(format, _tracks, _runs) { ShowsAudio = context.Options.TakeFlag("audio") };
        foreach ((_, string problem) in disc.FindCuts())
        {
            context.Warn(problem);
        }

        return disc;
    }
}
