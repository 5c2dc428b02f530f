using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Containers.Optical;

/// <summary>
/// A disc whose tracks lie in files: its user data, 2048 bytes to a sector, each at its place on the disc. What lies between the
/// tracks reads as zeros; audio and sectors of form 2 cannot be read as data, here as in a drive.
/// </summary>
internal sealed class Disc : Container, IDiscTracks, IDiscFilms
{
    /// <summary>Tracks that a disc has at most (IEC 60908).</summary>
    public const int MaxTracks = 99;

    /// <summary>Sectors of 256 GiB: twice what any disc has.</summary>
    internal const long MaxSectors = 1L << 27;

    /// <summary>No sector lies farther on in a file.</summary>
    internal const long MaxOffset = 1L << 60;

    // Sound among the pictures is in every fourth to thirty-second sector, by how fast both are played.
    private const int MaxFormsApart = 32;

    private readonly SectorRun[] _runs;
    private readonly SectorForms _forms;
    private readonly string _format;

    /// <param name="format">The container's format.</param>
    /// <param name="tracks">The tracks.</param>
    /// <param name="runs">The sectors that are in files; those in front of sector 0 are left out.</param>
    /// <exception cref="InvalidImageException">They contradict each other.</exception>
    internal Disc(string format, IEnumerable<DiscTrack> tracks, IEnumerable<SectorRun> runs)
    {
        _format = format;
        Tracks = [.. tracks.OrderBy(track => track.Start).ThenBy(track => track.Number)];
        _runs =
        [
            .. from run in runs
               where run.Count > 0 && run.End > 0
               orderby run.Start
               select run.Start < 0 ? run.Skip(-run.Start) : run,
        ];
        Check();
        long end = Math.Max(Tracks.Max(track => track.End), _runs.Length == 0 ? 0 : _runs[^1].End);
        Length = end * SectorLayout.UserSize;
        _forms = new SectorForms(_runs.Any(run => run.Layout.HasSubheader) ? end : 0);
    }

    /// <inheritdoc/>
    public override string Format => _format;

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public IReadOnlyList<DiscTrack> Tracks { get; }

    /// <inheritdoc/>
    public bool ShowsAudio { get; init; }

    /// <summary>Whether a file may be a film: there are sectors of mode 2 with all that is theirs.</summary>
    public bool MayHaveFilms => _runs.Any(run => run.Layout.IsWholeMode2);

    /// <inheritdoc/>
    public override IReadOnlyList<Check> Checks =>
    [
        new Check("tracks", run =>
        {
            foreach ((long address, string problem) in FindCuts())
            {
                run.Find("track", address, problem);
            }
        }),
        .. from track in Tracks
           where track.Problem is not null
           select new Check($"sound of track {track.Number}", run => run.Block(track.Problem!)),
    ];

    /// <summary>Where the sessions begin.</summary>
    public SessionTable Sessions => SessionTable.Of(Tracks);

    /// <inheritdoc/>
    protected override bool MayJoin => false;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        (long sector, long within) = Math.DivRem(offset, SectorLayout.UserSize);
        int index = FindRun(sector);
        if (index == _runs.Length || sector < _runs[index].Start)
        {
            long end = index == _runs.Length ? Length : _runs[index].Start * SectorLayout.UserSize;
            return Piece.Hole(end - offset);
        }

        ref readonly SectorRun run = ref _runs[index];
        if (run.IsAudio)
        {
            throw new UnsupportedFeatureException($"reading sector {sector} as data (it holds sound)");
        }

        if (run.Layout.IsForm2 || (run.Layout.HasSubheader && !_forms.IsData(run, sector)))
        {
            throw new UnsupportedFeatureException($"reading sector {sector} as data (it holds sound or film, form 2)", "CD-ROM XA, subheader");
        }

        long left = run.Layout.Size == SectorLayout.UserSize ? (run.End * SectorLayout.UserSize) - offset : SectorLayout.UserSize - within;
        return Piece.Mapped(run.File, run.AddressOf(sector, (int)within), left);
    }

    /// <inheritdoc/>
    public BlockSource OpenTrack(int number)
    {
        DiscTrack track = Tracks.First(track => track.Number == number);
        return track.IsData ? new DiscTrackSource(this, track) : OpenSamples(track);
    }

    /// <inheritdoc/>
    public BlockSource OpenSamples(DiscTrack track) => new SampleSource(track, _runs);

    /// <inheritdoc/>
    public override ICapability? Find(Type capability) =>
        capability == typeof(SessionTable) ? Sessions
        : capability == typeof(IDiscFilms) && !MayHaveFilms ? null
        : base.Find(capability);

    /// <inheritdoc/>
    ICapability? ICapability.OfPart(long start, long length) => start == 0 && length >= Length ? this : new FilmsOfPart(this, start);

    /// <inheritdoc/>
    public FilmSource? FindFilm(long address, long length)
    {
        (long sector, long within) = Math.DivRem(address, SectorLayout.UserSize);
        int index = FindRun(sector);
        long count = (length / SectorLayout.UserSize) + (length % SectorLayout.UserSize > 0 ? 1 : 0);
        if (within != 0 || count == 0 || index == _runs.Length)
        {
            return null;
        }

        ref readonly SectorRun run = ref _runs[index];
        if (sector < run.Start || count > run.End - sector || run.IsAudio || !run.Layout.IsWholeMode2)
        {
            return null;
        }

        Subheader first = ReadSubheader(run, sector, stackalloc byte[Subheader.Length]);
        bool isFilm = first.IsForm2;
        Span<byte> buffer = stackalloc byte[Subheader.Length];
        for (int i = 1; !isFilm && first.IsRealTime && i < Math.Min(count, MaxFormsApart); i++)
        {
            isFilm = ReadSubheader(run, sector + i, buffer).IsForm2;
        }

        return isFilm ? new FilmSource(run, sector, count, first) : null;
    }

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe()
        .With("tracks", (long)Tracks.Count)
        .With("sessions", (long)Tracks.Max(track => track.Session))
        .With("track-mode", Tracks is [{ } only] ? only.TypeName : null);

    /// <inheritdoc/>
    public IEnumerable<(BlockSource Source, long Start, long End)> FindReadable()
    {
        foreach (IGrouping<BlockSource, SectorRun> file in _runs.GroupBy(run => run.File))
        {
            long covered = 0;
            foreach (SectorRun run in file.OrderBy(run => run.Offset))
            {
                long skipped = Math.Max(0, covered - run.Offset + run.Layout.Size - 1) / run.Layout.Size;
                long available = run.Available;
                covered = Math.Max(covered, run.Offset + (available * run.Layout.Size));
                foreach ((BlockSource, long, long) part in FindReadable(run.Start + skipped, run.Start + available))
                {
                    yield return part;
                }
            }
        }
    }

    /// <summary>The tracks that their files are too short for: the first byte that is missing, as data are counted, and the problem.</summary>
    internal IEnumerable<(long Address, string Problem)> FindCuts()
    {
        foreach (DiscTrack track in Tracks)
        {
            SectorRun? cut = null;
            long missing = 0;
            for (int i = FindRun(track.Start); i < _runs.Length && _runs[i].Start < track.End; i++)
            {
                long lost = Math.Min(_runs[i].End, track.End) - Math.Max(track.Start, _runs[i].Start + _runs[i].Available);
                cut ??= lost > 0 ? _runs[i] : null;
                missing += Math.Max(0, lost);
            }

            if (cut is { } run)
            {
                yield return (
                    Math.Max(track.Start, run.Start + run.Available) * SectorLayout.UserSize,
                    $"track {track.Number} has {track.Count} sectors, and its file ends before {missing} of them: it is cut short, and what lies beyond cannot be read");
            }
        }
    }

    /// <summary>The index of the run that a sector is in, or of the one after it.</summary>
    internal static int FindRun(ReadOnlySpan<SectorRun> runs, long sector)
    {
        int low = 0;
        int high = runs.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (runs[middle].End <= sector)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private IEnumerable<(BlockSource Source, long Start, long End)> FindReadable(long start, long end)
    {
        foreach (DiscTrack track in Tracks)
        {
            long first = Math.Max(start, track.Start);
            long last = Math.Min(end, track.End);
            if (first < last && track.Problem is null)
            {
                yield return track.IsData
                    ? (this, first * SectorLayout.UserSize, last * SectorLayout.UserSize)
                    : (OpenSamples(track), (first - track.Start) * SectorLayout.RawSize, (last - track.Start) * SectorLayout.RawSize);
            }
        }
    }

    private static Subheader ReadSubheader(in SectorRun run, long sector, Span<byte> buffer)
    {
        run.File.ReadAt(run.AddressOf(sector, -Subheader.Length), buffer);
        return new Subheader(buffer);
    }

    private int FindRun(long sector) => FindRun(_runs, sector);

    private void Check()
    {
        if (Tracks.Count is 0 or > MaxTracks)
        {
            throw Invalid($"it has {Tracks.Count} tracks, and a disc has 1 to {MaxTracks}");
        }

        var numbers = new HashSet<int>();
        foreach (DiscTrack track in Tracks)
        {
            if (track.Start < 0 || track.Count < 0 || track.Start > MaxSectors || track.Count > MaxSectors)
            {
                throw Invalid($"track {track.Number} has {track.Count} sectors at {track.Start}");
            }

            if (!numbers.Add(track.Number))
            {
                throw Invalid($"there are two tracks {track.Number}");
            }
        }

        for (int i = 1; i < Tracks.Count; i++)
        {
            if (Tracks[i].Start < Tracks[i - 1].End)
            {
                throw Invalid($"track {Tracks[i].Number} begins inside of track {Tracks[i - 1].Number}");
            }
        }

        for (int i = 0; i < _runs.Length; i++)
        {
            if (i > 0 && _runs[i].Start < _runs[i - 1].End)
            {
                throw Invalid($"sector {_runs[i].Start} lies in two places");
            }
        }
    }

    private InvalidImageException Invalid(string problem) => new($"{_format} layout", 0, problem);
}
