using System.Globalization;
using ImageFs.Storage.Containers.Optical.Sheets;

namespace ImageFs.Storage.Containers.Optical.Cue;

/// <summary>A FILE line.</summary>
/// <param name="Name">The name as it is written.</param>
/// <param name="Type">"BINARY", "MOTOROLA", "WAVE", "MP3" and others.</param>
internal sealed record CueFile(string Name, string Type)
{
    /// <summary>Whether it has sectors and nothing else.</summary>
    internal bool IsRaw => Type is "BINARY" or "MOTOROLA";

    /// <summary>Whether its samples have their high byte first.</summary>
    internal bool IsSwapped => Type == "MOTOROLA";

    /// <summary>Whether a word says what a file is.</summary>
    internal static bool IsType(string word) => word is
        "BINARY" or "MOTOROLA" or "WAVE" or "MP3" or "AIFF" or "FLAC" or "OGG" or "APE" or "WV" or "TTA" or "M4A" or "OPUS";
}

/// <summary>A TRACK line and what belongs to it.</summary>
/// <param name="number">1 to 99.</param>
/// <param name="session">The session, from 1.</param>
/// <param name="kind">What its sectors hold.</param>
/// <param name="layout">How they lie.</param>
internal sealed class CueTrack(int number, int session, TrackKind kind, SectorLayout layout)
{
    internal int Number => number;

    internal int Session => session;

    /// <summary>What its sectors hold: as the sheet says, or as they say themselves.</summary>
    internal TrackKind Kind { get; private set; } = kind;

    /// <summary>How they lie: as the sheet says, or as they say themselves.</summary>
    internal SectorLayout Layout { get; private set; } = layout;

    /// <summary>Sectors in front of it that are in no file.</summary>
    internal long Pregap { get; set; }

    /// <summary>Sectors after it that are in no file.</summary>
    internal long Postgap { get; set; }

    /// <summary>Sectors between its session and the one before, where the sheet tells.</summary>
    internal long? SessionGap { get; init; }

    /// <summary>The sector that its session begins at, where that is known; null where it is not.</summary>
    internal long? SessionStart { get; init; }

    /// <summary>Where the lead-out after it begins, as the sheet counts; null when it does not tell.</summary>
    internal long? LeadOut { get; set; }

    /// <summary>Its sectors say what they are.</summary>
    internal void Settle((TrackKind Kind, SectorLayout Layout) found) => (Kind, Layout) = found;
}

/// <summary>An INDEX line.</summary>
/// <param name="File">The file that it counts from the start of.</param>
/// <param name="Track">Its track.</param>
/// <param name="Index">0 for the pregap, 1 for the track's start.</param>
/// <param name="Position">Sectors from the start of the file.</param>
internal sealed record CueMark(CueFile File, CueTrack Track, int Index, long Position);

/// <summary>A cue sheet as it is written (CDRWIN's guide, appendix A), with the REM lines that describe sessions.</summary>
internal sealed class CueSheet
{
    private const string Structure = "cue sheet";
    private const int MaxIndexes = 10_000;

    // Where the high-density area of a GD-ROM begins, for both its sheets: addresses do not count the two seconds in front.
    private const long HighDensityStart = 45_000;

    private readonly List<CueMark> _marks = [];
    private readonly HashSet<int> _numbers = [];
    private CueFile? _file;
    private CueTrack? _track;
    private int _session = 1;
    private long? _sessionGap;
    private long? _sessionStart;

    // The track's line was repeated in front of its next index; and whether there was a FILE line since the first.
    private bool _isRepeated;
    private bool _isNewFile;

    // What the numbers of a further sheet are counted on by.
    private int _shift;

    private CueSheet()
    {
    }

    /// <summary>The indexes of all tracks, in order: each begins a stretch of sectors.</summary>
    internal IReadOnlyList<CueMark> Marks => _marks;

    /// <summary>Whether a text is one, by its beginning.</summary>
    internal static bool IsRecognised(string head)
    {
        bool hasFile = false;
        foreach (string line in SheetText.Lines(head))
        {
            string text = line.Trim();
            int end = text.AsSpan().IndexOfAny(' ', '\t');
            string word = (end < 0 ? text : text[..end]).ToUpperInvariant();
            if (word.Length == 0)
            {
                continue;
            }

            if (hasFile && word == "TRACK")
            {
                return true;
            }

            hasFile |= word == "FILE" && end > 0;
            if (!IsKnown(word))
            {
                return false;
            }
        }

        // The beginning may be all remarks.
        return hasFile;
    }

    /// <exception cref="InvalidImageException">A line of it is not valid.</exception>
    internal static CueSheet Parse(string text)
    {
        var sheet = new CueSheet();
        int number = 0;
        foreach (string line in SheetText.Lines(text))
        {
            number++;
            string trimmed = line.Trim();
            List<string> words = SheetText.Split(trimmed);
            if (words.Count > 0 && !sheet.Add(words, trimmed))
            {
                throw new InvalidImageException(Structure, 0, $"line {number} is not valid: {trimmed[..Math.Min(trimmed.Length, 80)]}");
            }
        }

        return sheet._marks.Count > 0 ? sheet : throw new InvalidImageException(Structure, 0, "it has no track");
    }

    private static bool IsKnown(string word) => word is
        "REM" or "CATALOG" or "CDTEXTFILE" or "FILE" or "FLAGS" or "INDEX" or "ISRC" or "PERFORMER" or "POSTGAP" or "PREGAP"
        or "SONGWRITER" or "TITLE" or "TRACK" or "ARRANGER" or "COMPOSER" or "MESSAGE" or "GENRE" or "DISC_ID" or "UPC_EAN" or "SIZE_INFO"
        or "TOC_INFO" or [';', ..];

    private bool Add(List<string> words, string line) => words[0].ToUpperInvariant() switch
    {
        "FILE" => AddFile(line[words[0].Length..].Trim()),
        "TRACK" => AddTrack(words),
        "INDEX" => AddIndex(words),
        "PREGAP" => words.Count > 1 && _track is not null && SetGap(DiscTime.TryParse(words[1]), isBefore: true),
        "POSTGAP" => words.Count > 1 && _track is not null && SetGap(DiscTime.TryParse(words[1]), isBefore: false),
        "REM" => AddRemark(words),
        _ => true,
    };

    // The name in quotes, or with spaces and without, and what the file is; that is missing at times, as is a quote.
    private bool AddFile(string rest)
    {
        int quote = rest.LastIndexOf('"');
        int space = rest.AsSpan().LastIndexOfAny(' ', '\t');
        bool isQuoted = quote > 0 && rest.StartsWith('"');
        bool hasType = space > 0 && CueFile.IsType(rest[(space + 1)..].ToUpperInvariant());
        string name = isQuoted ? rest[1..quote] : (hasType ? rest[..space] : rest).Trim(' ', '\t', '"');
        string type = isQuoted ? rest[(quote + 1)..].Trim() : hasType ? rest[(space + 1)..] : string.Empty;
        if (name.Length == 0)
        {
            return false;
        }

        _file = new CueFile(name, type.Length == 0 ? "BINARY" : type.ToUpperInvariant());
        _isNewFile = true;
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

        number += _shift;
        if (number == _track?.Number && kind == _track.Kind && !_isRepeated)
        {
            _isRepeated = true;
            return true;
        }

        return BeginTrack(number, kind, layout);
    }

    // Numbers that begin again after another file are those of a further sheet, with what was burned later.
    private bool BeginTrack(int number, TrackKind kind, SectorLayout layout)
    {
        if (_isNewFile && _numbers.Contains(number))
        {
            int last = _numbers.Max();
            number += last - _shift;
            _shift = last;
            _session = Math.Max(_session, _track!.Session + 1);
        }

        _track = new CueTrack(number, _session, kind, layout) { SessionGap = _sessionGap, SessionStart = _sessionStart };
        _numbers.Add(number);
        _sessionGap = null;
        _sessionStart = null;
        _isRepeated = false;
        _isNewFile = false;
        return number <= Disc.MaxTracks;
    }

    private static (TrackKind Kind, SectorLayout Layout)? FindLayout(string mode)
    {
        if (mode is "AUDIO" or "CDG")
        {
            int length = SectorLayout.RawSize + (mode == "CDG" ? SectorLayout.SubchannelSize : 0);
            return (TrackKind.Audio, SectorLayout.Of(TrackKind.Audio, length));
        }

        // Raw sectors where the sheet has no size.
        string[] parts = (mode.Contains('/', StringComparison.Ordinal) ? mode : $"{mode}/{SectorLayout.RawSize}").Split('/');
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

        // A repeated line whose indexes begin again is another track.
        if (_isRepeated && _marks.FindLast(mark => mark.Track == _track) is { } last && index <= last.Index)
        {
            BeginTrack(_track.Number, _track.Kind, _track.Layout);
        }

        _isRepeated = false;
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

    // As IsoBuster, DiscImageCreator and redump.org have it: SESSION nn, and what lies between two by LEAD-OUT, LEAD-IN and PREGAP.
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
            case "HIGH-DENSITY" when _track?.Session == _session:
                // A GD-ROM's second area is read as a session of its own.
                _session++;
                _sessionStart = HighDensityStart;
                break;
            case "LEAD-OUT" when _track is not null && DiscTime.TryParse(words[2]) is long end:
                _track.LeadOut = end;
                break;
            case "LEAD-IN" or "PREGAP" when _session > 1 && DiscTime.TryParse(words[2]) is long gap && _track?.Session != _session:
                // The lead-out in front of it is always told by where it begins, never by its length.
                _sessionGap = (_sessionGap ?? (_session == 2 ? 6750 : 2250)) + gap;
                break;
        }

        return true;
    }
}
