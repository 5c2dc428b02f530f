using ImageFs.Storage.Containers.Optical.Sheets;

namespace ImageFs.Storage.Containers.Optical.Cue;

/// <summary>Lays out the disc that a cue sheet tells of.</summary>
/// <param name="file">The sheet's file.</param>
/// <param name="sheet">What it says.</param>
/// <param name="warn">Hears of files that cannot be read.</param>
internal sealed class CueLayout(ImageFile file, CueSheet sheet, Action<string> warn)
{
    private readonly Dictionary<CueFile, Samples?> _files = [];
    private readonly bool _hasOneFile = sheet.Marks.DistinctBy(mark => mark.File).Count() == 1;
    private readonly DiscBuilder _disc = new("cue");

    // Where in its file the stretch begins that a mark begins.
    private long _offset;

    internal Disc Make(MountOptions options)
    {
        _disc.Position = FindOrigin();
        CueMark? previous = null;
        for (int i = 0; i < sheet.Marks.Count; i++)
        {
            CueMark mark = sheet.Marks[i];
            CueMark? next = i + 1 < sheet.Marks.Count ? sheet.Marks[i + 1] : null;
            if (mark.Track != previous?.Track)
            {
                Begin(mark.Track, previous?.Track);
            }

            Add(mark, previous, next?.File == mark.File ? next : null);
            previous = mark;
        }

        return _disc.Build(options);
    }

    // Sector 0 is where a data track begins, though its pregap may be in the file; sound in front of the first track counts.
    private long FindOrigin()
    {
        CueMark first = sheet.Marks[0];
        CueMark? start = sheet.Marks.FirstOrDefault(mark => mark.Track == first.Track && mark.Index == 1 && mark.File == first.File);
        return first.Track.Kind == TrackKind.Audio || start is null ? first.Position : first.Position - start.Position;
    }

    private void Begin(CueTrack track, CueTrack? previous)
    {
        _disc.EndTrack();
        _disc.Skip(previous?.Postgap ?? 0);
        if (previous is null)
        {
            // The two seconds in front of every disc are not counted.
            _disc.Skip(Math.Max(0, track.Pregap - DiscTime.Pregap));
        }
        else if (track.Session != previous.Session)
        {
            _disc.Skip(track.SessionGap ?? (previous.Session == 1 ? DiscTime.FirstSessionGap : DiscTime.SessionGap));
        }
        else
        {
            _disc.Skip(track.Pregap);
        }

        _disc.BeginTrack(track.Number, track.Session, track.Kind, track.Layout);
    }

    private void Add(CueMark mark, CueMark? previous, CueMark? next)
    {
        Samples? samples = Open(mark);
        SectorLayout layout = mark.Track.Layout;
        _offset = previous?.File == mark.File
            ? checked(_offset + ((mark.Position - previous.Position) * previous.Track.Layout.Size))
            : checked((samples?.Offset ?? 0) + (mark.Position * layout.Size));
        if (next?.Position < mark.Position || mark.Position < (previous?.File == mark.File ? previous.Position : 0))
        {
            throw new InvalidImageException("cue sheet", 0, $"the indexes of track {mark.Track.Number} go backward");
        }

        if (mark.Index == 1)
        {
            if (samples is not null && FindAddress(samples, mark.Track) is long address && address > _disc.Position)
            {
                _disc.Position = address;
            }

            _disc.MarkStart();
        }

        long count = next?.Position - mark.Position ?? Math.Max(0, ((samples?.End ?? 0) - _offset) / layout.Size);
        if (samples is null)
        {
            _disc.Skip(count);
        }
        else
        {
            _disc.Append(samples.Source, _offset, count, samples.IsSwapped);
        }
    }

    // A raw data sector has its own address: where the sheet does not tell of what lies between two sessions, that does.
    private long? FindAddress(Samples samples, CueTrack track)
    {
        Span<byte> buffer = stackalloc byte[SectorHeader.Length];
        return track.Kind != TrackKind.Audio
            && track.Layout.HasHeader
            && SectorHeader.TryRead(samples.Source, _offset, buffer, out SectorHeader header)
            ? header.Address
            : null;
    }

    private Samples? Open(CueMark mark)
    {
        if (_files.TryGetValue(mark.File, out Samples? samples))
        {
            return samples;
        }

        if (_files.Count == Disc.MaxTracks)
        {
            throw new InvalidImageException("cue sheet", 0, $"it names more than {Disc.MaxTracks} files");
        }

        switch (mark.File.Type)
        {
            case "BINARY" or "MOTOROLA":
                BlockSource source = SheetFiles.Open(file, mark.File.Name, _hasOneFile).Source;
                samples = new Samples(source, 0, source.Length, mark.File.Type == "MOTOROLA");
                break;
            case "WAVE":
                ImageFile wave = SheetFiles.Open(file, mark.File.Name, _hasOneFile);
                (long offset, long length) = WaveHeader.Find(wave);
                samples = new Samples(wave.Source, offset, offset + length, false);
                break;
            default:
                warn($"{mark.File.Name}: sound as {mark.File.Type} is not supported; its tracks are silent");
                break;
        }

        return _files[mark.File] = samples;
    }

    /// <summary>A file and the part of it that has sectors.</summary>
    private sealed record Samples(BlockSource Source, long Offset, long End, bool IsSwapped);
}
