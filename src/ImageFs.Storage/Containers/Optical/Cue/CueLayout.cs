using System.Runtime.ExceptionServices;
using ImageFs.Linux;
using ImageFs.Storage.Containers.Optical.Sheets;

namespace ImageFs.Storage.Containers.Optical.Cue;

/// <summary>Lays out the disc that a cue sheet describes.</summary>
/// <param name="files">The files that it names.</param>
/// <param name="sheet">What it says.</param>
/// <param name="context">What the disc is opened with: <c>audio</c> is taken, and sound that cannot be read is told.</param>
internal sealed class CueLayout(SheetFiles files, CueSheet sheet, OpenContext context)
{
    private readonly Dictionary<CueFile, Samples> _files = [];
    private readonly bool _hasOneFile = sheet.Marks.DistinctBy(mark => mark.File).Count() == 1;
    private readonly DiscBuilder _disc = new("cue");

    // Where in its file the stretch begins that a mark begins.
    private long _offset;

    // The first file with sound that cannot be read: of a disc of nothing else, that is the error.
    private Exception? _problem;

    internal Disc Make()
    {
        _disc.Position = FindOrigin();
        CueMark? previous = null;
        for (int i = 0; i < sheet.Marks.Count; i++)
        {
            CueMark mark = sheet.Marks[i];
            CueMark? next = i + 1 < sheet.Marks.Count ? sheet.Marks[i + 1] : null;
            if (mark.Track != previous?.Track)
            {
                Begin(mark, previous);
            }

            Add(mark, previous, next?.File == mark.File ? next : null);
            previous = mark;
        }

        if (_problem is not null && _files.Values.All(samples => samples.Source is null))
        {
            ExceptionDispatchInfo.Throw(_problem);
        }

        return _disc.Build(context);
    }

    // Sector 0 is where a data track begins, though its pregap may be in the file; sound in front of the first track counts.
    private long FindOrigin()
    {
        CueMark first = sheet.Marks[0];
        CueMark start = FindStart(first);
        return first.Track.Kind == TrackKind.Audio || start.File != first.File ? first.Position : first.Position - start.Position;
    }

    // Index 1 of the track that a mark is the first of; the mark itself in a sheet that has none.
    private CueMark FindStart(CueMark first) =>
        sheet.Marks.FirstOrDefault(mark => mark.Track == first.Track && mark.Index == 1) ?? first;

    private void Begin(CueMark mark, CueMark? previous)
    {
        CueTrack track = mark.Track;
        _disc.EndTrack();
        _disc.Skip(previous?.Track.Postgap ?? 0);

        // The first sector that is after the pregap says what all are, and where they belong on the disc.
        CueMark start = FindStart(mark);
        Samples samples = Open(start);
        bool isTogether = start.File == mark.File;
        long offset = isTogether && mark.File == previous?.File ? FindOffset(mark, previous) : samples.Offset;
        long skipped = start.Position - (isTogether && mark.File == previous?.File ? mark.Position : 0);
        long? address = null;
        if (samples.Source is { } source && track.Kind != TrackKind.Audio)
        {
            track.Settle(SectorSurvey.Settle(source, offset, skipped, track.Number, (track.Kind, track.Layout), context.Warn));
            address = FindAddress(source, checked(offset + (skipped * track.Layout.Size)), track);
        }

        // A gap that is in the file as well is counted once: there it is sectors, which say where they are.
        long held = isTogether ? start.Position - mark.Position : 0;
        long gap = FindGap(mark, previous, held);
        if (address - held - _disc.Position is long distance && distance >= 0 && distance < gap)
        {
            gap = distance;
        }

        _disc.Skip(gap);
        _disc.BeginTrack(track.Number, track.Session, track.Kind, track.Layout);
        if (samples.Source is null)
        {
            _disc.MarkUnread(samples.Problem);
        }
    }

    // Sectors in front of a track that are in no file.
    private long FindGap(CueMark mark, CueMark? previous, long held)
    {
        CueTrack track = mark.Track;
        if (previous is null)
        {
            // The two seconds in front of every disc are not counted.
            return Math.Max(0, track.Pregap - DiscTime.Pregap);
        }

        if (track.Session == previous.Track.Session)
        {
            return track.Pregap == held ? 0 : track.Pregap;
        }

        if (track.SessionStart is long start && start > _disc.Position)
        {
            return start - _disc.Position - held;
        }

        long gap = track.SessionGap ?? (previous.Track.Session == 1 ? DiscTime.FirstSessionGap : DiscTime.SessionGap);
        bool isHeld = mark.File == previous.File && previous.Track.LeadOut is long leadOut && leadOut >= previous.Position
            && mark.Position + held - leadOut >= gap - DiscTime.Pregap;
        return isHeld ? 0 : gap;
    }

    private long FindOffset(CueMark mark, CueMark previous) =>
        checked(_offset + ((mark.Position - previous.Position) * previous.Track.Layout.Size));

    private void Add(CueMark mark, CueMark? previous, CueMark? next)
    {
        Samples samples = Open(mark);
        SectorLayout layout = mark.Track.Layout;
        _offset = previous?.File == mark.File ? FindOffset(mark, previous) : checked(samples.Offset + (mark.Position * layout.Size));
        if (next?.Position < mark.Position || mark.Position < (previous?.File == mark.File ? previous.Position : 0))
        {
            throw new InvalidImageException("cue sheet", 0, $"the indexes of track {mark.Track.Number} go backward");
        }

        if (mark.Index == 1)
        {
            // Where the sheet does not describe what lies between two sessions, a data sector does: it has its address.
            if (samples.Source is { } source && FindAddress(source, _offset, mark.Track) is long address && address > _disc.Position)
            {
                _disc.Position = address;
            }

            _disc.MarkStart();
        }

        long count = next?.Position - mark.Position ?? Math.Max(0, (samples.End - _offset) / layout.Size);
        long behind = next is not null && next.Track.Session != mark.Track.Session && mark.Track.LeadOut is long leadOut
            && leadOut > mark.Position && leadOut < next.Position ? next.Position - leadOut : 0;
        if (samples.Source is null)
        {
            _disc.Skip(count);
        }
        else
        {
            _disc.Append(samples.Source, _offset, count - behind, samples.IsSwapped);
            if (behind > 0)
            {
                // Lead-out and lead-in are in the file, and no part of a track.
                _disc.EndTrack();
                _disc.Skip(behind);
            }
        }
    }

    private static long? FindAddress(BlockSource file, long offset, CueTrack track)
    {
        Span<byte> buffer = stackalloc byte[SectorHeader.Length];
        return track.Kind != TrackKind.Audio && track.Layout.HasHeader && SectorHeader.TryRead(file, offset, buffer, out SectorHeader header)
            ? header.Address
            : null;
    }

    private Samples Open(CueMark mark)
    {
        if (_files.TryGetValue(mark.File, out Samples? samples))
        {
            return samples;
        }

        if (_files.Count == Disc.MaxTracks)
        {
            throw new InvalidImageException("cue sheet", 0, $"it names more than {Disc.MaxTracks} files");
        }

        // What follows sound may have its pregap there, too.
        bool isSound = sheet.Marks.All(other => other.File != mark.File || other.Track.Kind == TrackKind.Audio || other.Index == 0);
        try
        {
            samples = Open(mark.File, isSound);
        }
        catch (Exception e) when (isSound && e is UnsupportedFeatureException or LinuxException { Errno: Errno.ENOENT })
        {
            _problem ??= e;
            samples = new Samples(null, 0, 0, false, e.Message);
            context.Warn($"{e.Message}: the tracks in {mark.File.Name} are left out");
        }

        return _files[mark.File] = samples;
    }

    // Sound is what the file says that it is: what follows its name is often WAVE for all but MP3.
    private Samples Open(CueFile named, bool isSound)
    {
        ImageFile file = files.Open(named.Name, _hasOneFile);
        if (SoundFile.IsWave(file) || (isSound && (!named.IsRaw || SoundFile.NameOf(file) is not null)))
        {
            (long offset, long length) = SoundFile.FindSamples(file);
            return new Samples(file.Source, offset, offset + length, false, string.Empty);
        }

        return new Samples(file.Source, 0, file.Source.Length, named.IsSwapped, string.Empty);
    }

    /// <summary>A file and the part of it that has sectors; none when it cannot be read, and why.</summary>
    private sealed record Samples(BlockSource? Source, long Offset, long End, bool IsSwapped, string Problem);
}
