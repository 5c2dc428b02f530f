using System.Globalization;
using ImageFs.Storage.Containers.Optical.Sheets;

namespace ImageFs.Storage.Containers.Optical.Cue;

/// <summary>A cue sheet as it is written (CDRWIN's guide, appendix A), with the REM lines that tell of sessions.</summary>
internal sealed class CueSheet
{
    private const string Structure = "cue sheet";
    private const int MaxIndexes = 10_000;

    private readonly List<CueMark> _marks = [];
    private CueFile? _file;
    private CueTrack? _track;
    private int _session = 1;
    private long? _sessionGap;

    private CueSheet()
    {
    }

    /// <summary>The indexes of all tracks, in order: each begins a stretch of sectors.</summary>
    internal IReadOnlyList<CueMark> Marks => _marks;

    /// <summary>Whether a text is one, by its beginning.</summary>
    internal static bool IsRecognised(string head)
    {
        bool hasFile = false;
        foreach (ReadOnlySpan<char> line in head.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> word = FirstWord(line);
            if (word.IsEmpty)
            {
                continue;
            }

            if (hasFile && word is "TRACK")
            {
                return true;
            }

            hasFile |= word is "FILE" && line.Trim().Length > word.Length;
            if (!IsKnown(word))
            {
                return false;
            }
        }

        // The beginning may be all remarks.
        return hasFile;
    }

    /// <summary>Reads a sheet.</summary>
    /// <exception cref="InvalidImageException">A line of it is no good.</exception>
    internal static CueSheet Parse(string text)
    {
        var sheet = new CueSheet();
        int number = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            List<string> words = SheetText.Split(line);
            if (words.Count > 0 && !sheet.Add(words))
            {
                throw new InvalidImageException(Structure, 0, $"line {number} is no good: {line.Trim()[..Math.Min(line.Trim().Length, 80)]}");
            }
        }

        return sheet._marks.Count > 0 ? sheet : throw new InvalidImageException(Structure, 0, "it has no track");
    }

    private static bool IsKnown(ReadOnlySpan<char> word) => word is
        "REM" or "CATALOG" or "CDTEXTFILE" or "FILE" or "FLAGS" or "INDEX" or "ISRC" or "PERFORMER" or "POSTGAP" or "PREGAP"
        or "SONGWRITER" or "TITLE" or "TRACK" or "ARRANGER" or "COMPOSER" or "MESSAGE" or "GENRE" or "DISC_ID";

    private static ReadOnlySpan<char> FirstWord(ReadOnlySpan<char> line)
    {
        line = line.Trim();
        int end = line.IndexOfAny(' ', '\t');
        return end < 0 ? line : line[..end];
    }

    private bool Add(List<string> words) => words[0].ToUpperInvariant() switch
    {
        "FILE" => AddFile(words),
        "TRACK" => AddTrack(words),
        "INDEX" => AddIndex(words),
        "PREGAP" => words.Count > 1 && _track is not null && SetGap(DiscTime.TryParse(words[1]), isBefore: true),
        "POSTGAP" => words.Count > 1 && _track is not null && SetGap(DiscTime.TryParse(words[1]), isBefore: false),
        "REM" => AddRemark(words),
        _ => true,
    };

    private bool AddFile(List<string> words)
    {
        if (words.Count < 3)
        {
            return false;
        }

        // A name with spaces and no quotes: the type is the last word.
        _file = new CueFile(string.Join(' ', words[1..^1]), words[^1].ToUpperInvariant());
        return true;
    }

    private bool AddTrack(List<string> words)
    {
        if (words.Count < 3 || _file is null
            || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > Disc.MaxTracks
            || FindLayout(words[2].ToUpperInvariant()) is not (TrackKind kind, SectorLayout layout))
        {
            return false;
        }

        _track = new CueTrack(number, _session, kind, layout) { SessionGap = _sessionGap };
        _sessionGap = null;
        return true;
    }

    private static (TrackKind Kind, SectorLayout Layout)? FindLayout(string mode)
    {
        if (mode is "AUDIO" or "CDG")
        {
            int length = SectorLayout.RawSize + (mode == "CDG" ? SectorLayout.SubchannelSize : 0);
            return (TrackKind.Audio, SectorLayout.Of(TrackKind.Audio, length));
        }

        string[] parts = mode.Split('/');
        TrackKind? kind = parts[0] switch
        {
            "MODE1" => TrackKind.Mode1,
            "MODE2" or "CDI" => TrackKind.Mode2,
            _ => null,
        };
        return kind is { } known && parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int size)
            ? (known, SectorLayout.Of(known, size))
            : null;
    }

    private bool AddIndex(List<string> words)
    {
        if (words.Count < 3 || _track is null || _file is null || _marks.Count == MaxIndexes
            || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            || DiscTime.TryParse(words[2]) is not long position)
        {
            return false;
        }

        _marks.Add(new CueMark(_file, _track, index, position));
        return true;
    }

    private bool SetGap(long? length, bool isBefore)
    {
        if (isBefore)
        {
            _track!.Pregap = length ?? 0;
        }
        else
        {
            _track!.Postgap = length ?? 0;
        }

        return length is not null;
    }

    // As IsoBuster and DiscImageCreator have it: SESSION nn, and what lies between two by LEAD-OUT, LEAD-IN and PREGAP.
    private bool AddRemark(List<string> words)
    {
        if (words.Count < 3)
        {
            return true;
        }

        switch (words[1].ToUpperInvariant())
        {
            case "SESSION" when int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 1 and <= Disc.MaxTracks:
                _session = number;
                break;
            case "LEAD-IN" or "PREGAP" when _session > 1 && DiscTime.TryParse(words[2]) is long gap && _track?.Session != _session:
                // The lead-out in front of it is always told by where it begins, never by its length.
                _sessionGap = (_sessionGap ?? (_session == 2 ? 6750 : 2250)) + gap;
                break;
        }

        return true;
    }
}
