using System.Globalization;
using System.Runtime.ExceptionServices;
using ImageFs.Linux;
using ImageFs.Storage.Containers.Optical.Sheets;

namespace ImageFs.Storage.Containers.Optical.Cdrdao;

/// <summary>Lays out the disc that a TOC file describes (cdrdao(1), "Toc-Files").</summary>
/// <param name="sheetFiles">The files that it names.</param>
/// <param name="words">Its words.</param>
/// <param name="context">What the disc is opened with: <c>audio</c> is taken, and sound that cannot be read is told.</param>
internal sealed class TocLayout(SheetFiles sheetFiles, TocWords words, OpenContext context)
{
    private const int BytesPerSample = 4;
    private const int SamplesPerSector = SectorLayout.RawSize / BytesPerSample;

    // A track may be put together of pieces.
    private const int MaxPieces = 10_000;

    private readonly DiscBuilder _disc = new("toc");
    private readonly Dictionary<string, ImageFile> _files = [];
    private readonly List<Piece> _pieces = [];
    private TrackKind _kind;
    private SectorLayout _layout;
    private int _number;
    private int _count;

    // Why the track's sound cannot be read; and the first such error of all, which is that of a disc of nothing else.
    private string? _unread;
    private Exception? _problem;

    // Sectors of the track's pieces that are its pregap; -1 for the START that means all of those so far.
    private long _pregap;

    /// <summary>What a track's mode word says; null when it is none.</summary>
    /// <param name="mode">The word.</param>
    /// <param name="subchannel">Bytes of subchannel after each sector.</param>
    internal static (TrackKind Kind, SectorLayout Layout)? FindLayout(string mode, int subchannel)
    {
        (TrackKind Kind, int Size)? found = mode.ToUpperInvariant() switch
        {
            "AUDIO" => (TrackKind.Audio, 2352),
            "MODE1" => (TrackKind.Mode1, 2048),
            "MODE1_RAW" => (TrackKind.Mode1, 2352),
            "MODE2" => (TrackKind.Mode2, 2336),
            "MODE2_FORM1" => (TrackKind.Mode2, 2048),
            "MODE2_FORM2" => (TrackKind.Mode2, 2324),
            "MODE2_FORM_MIX" => (TrackKind.Mode2, 2336),
            "MODE2_RAW" => (TrackKind.Mode2, 2352),
            _ => null,
        };
        return found is { } known ? (known.Kind, SectorLayout.Of(known.Kind, known.Size + subchannel)) : null;
    }

    internal Disc Make()
    {
        words.MoveNext();
        while (words.Next is not null)
        {
            string word = words.Next;
            if (words.IsString || !ReadStatement(word.ToUpperInvariant()))
            {
                throw Invalid($"\"{word}\" is not expected");
            }
        }

        EndTrack();
        if (_problem is not null && _files.Count == 0)
        {
            ExceptionDispatchInfo.Throw(_problem);
        }

        return _disc.Build(context);
    }

    private InvalidImageException Invalid(string problem) => new("TOC file", 0, $"line {words.Line}: {problem}");

    private bool ReadStatement(string word)
    {
        if (_number == 0 && (word is "SILENCE" or "ZERO" or "FILE" or "AUDIOFILE" or "DATAFILE" or "START" or "PREGAP"))
        {
            return false;
        }

        words.MoveNext();
        switch (word)
        {
            case "CD_DA" or "CD_ROM" or "CD_ROM_XA" or "CD_I" or "NO" or "COPY" or "PRE_EMPHASIS" or "TWO_CHANNEL_AUDIO" or "FOUR_CHANNEL_AUDIO":
                return true;
            case "CATALOG" or "ISRC":
                return TakeString() is not null;
            case "CD_TEXT":
                SkipBlock();
                return true;
            case "TRACK":
                BeginTrack();
                return true;
            case "SILENCE" or "ZERO":
                while (words.Next is not null && (FindLayout(words.Next, 0) is not null || words.Next.StartsWith("RW", StringComparison.OrdinalIgnoreCase)))
                {
                    words.MoveNext();
                }

                AddPiece(new Piece(null, 0, TakeLength() ?? throw Invalid("a length is missing"), false));
                return true;
            case "FILE" or "AUDIOFILE" or "DATAFILE":
                AddFile(word == "DATAFILE" || _kind != TrackKind.Audio);
                return true;
            case "START":
                _pregap = TakeTime() ?? -1;
                _pregap = _pregap < 0 ? _pieces.Sum(piece => piece.Count) : _pregap;
                return true;
            case "PREGAP":
                _pregap = TakeTime() ?? throw Invalid("a length is missing");
                _pieces.Insert(0, new Piece(null, 0, _pregap, false));
                return true;
            case "INDEX" or "END":
                return TakeTime() is not null || word == "END";
            default:
                return false;
        }
    }

    private void BeginTrack()
    {
        EndTrack();
        string mode = words.Next ?? throw Invalid("a track's mode is missing");
        words.MoveNext();
        bool hasSubchannel = words.Next?.ToUpperInvariant() is "RW" or "RW_RAW";
        if (hasSubchannel)
        {
            words.MoveNext();
        }

        (_kind, _layout) = FindLayout(mode, hasSubchannel ? SectorLayout.SubchannelSize : 0) ?? throw Invalid($"{mode} is not a mode");
        _number++;
    }

    private void EndTrack()
    {
        if (_number > 0)
        {
            if (_number == 1 && (_kind != TrackKind.Audio || _pieces is [{ File: null }, ..]))
            {
                // The two seconds in front of every disc are not counted, whether they are in the file or not.
                _disc.Position = -Math.Min(_pregap, DiscTime.Pregap);
            }

            _disc.BeginTrack(_number, 1, _kind, _layout);
            if (_unread is not null)
            {
                _disc.MarkUnread(_unread);
            }

            long left = _pregap;
            bool isMarked = false;
            foreach (Piece piece in _pieces)
            {
                long before = Math.Min(left, piece.Count);
                left -= before;
                Append(piece with { Count = before });
                if (left == 0 && !isMarked)
                {
                    _disc.MarkStart();
                    isMarked = true;
                }

                Append(piece with { Offset = piece.Offset + (before * _layout.Size), Count = piece.Count - before });
            }
        }

        _pieces.Clear();
        _pregap = 0;
        _unread = null;
    }

    private void Append(Piece piece)
    {
        if (piece.File is null)
        {
            _disc.Skip(piece.Count);
        }
        else
        {
            _disc.Append(piece.File, piece.Offset, piece.Count, piece.IsSwapped);
        }
    }

    private void AddPiece(Piece piece)
    {
        if (++_count > MaxPieces)
        {
            throw Invalid($"it has more than {MaxPieces} pieces");
        }

        _pieces.Add(piece);
    }

    // FILE "name" [SWAP] [#offset] [start] [length]; of a data file there is no start.
    private void AddFile(bool isData)
    {
        string name = TakeString() ?? throw Invalid("a file's name is missing");
        bool isSwapped = TakeWord("SWAP");
        long offset = TakeOffset();
        long? start = isData ? null : TakeSamples();
        long? length = isData ? null : TakeSamples() / SamplesPerSector;
        if (OpenIfThere(name, isData) is not { } data)
        {
            AddPiece(new Piece(null, 0, length ?? 0, false));
            return;
        }

        bool isWave = !isData && SoundFile.IsWave(data);
        long end = data.Source.Length;
        if (isWave)
        {
            (long samples, long count) = SoundFile.FindSamples(data);
            offset += samples;
            end = samples + count;
        }

        offset = checked(offset + ((start ?? 0) * BytesPerSample));
        if (isData)
        {
            // A length in bytes is one in the sectors that there are.
            (_kind, _layout) = SectorSurvey.Settle(data.Source, offset, 0, _number, (_kind, _layout), context.Warn);
            length = TakeLength();
        }

        long available = Math.Max(0, end - offset) / _layout.Size;

        // Sound without a header has its high byte first, unless the file says otherwise.
        AddPiece(new Piece(data.Source, offset, length is null or 0 ? available : length.Value, !isData && !isWave && !isSwapped));
    }

    // Sound that is missing, or of a kind that is not read, does not take the data along.
    private ImageFile? OpenIfThere(string name, bool isData)
    {
        try
        {
            ImageFile data = Open(name);
            if (!isData && SoundFile.NameOf(data) is { } kind)
            {
                throw new UnsupportedFeatureException($"sound as {kind} in {data.Name}");
            }

            if (!isData && SoundFile.IsWave(data))
            {
                _ = SoundFile.FindSamples(data);
            }

            return data;
        }
        catch (Exception e) when (!isData && e is UnsupportedFeatureException or LinuxException { Errno: Errno.ENOENT })
        {
            _files.Remove(name);
            _problem ??= e;
            _unread ??= e.Message;
            context.Warn($"{e.Message}: track {_number} is left out");
            return null;
        }
    }

    private ImageFile Open(string name)
    {
        if (!_files.TryGetValue(name, out ImageFile? data))
        {
            if (_files.Count == Disc.MaxTracks)
            {
                throw Invalid($"it names more than {Disc.MaxTracks} files");
            }

            _files[name] = data = sheetFiles.Open(name, isOnly: _files.Count == 0);
        }

        return data;
    }

    private void SkipBlock()
    {
        int depth = 0;
        do
        {
            depth += words.IsString ? 0 : words.Next switch
            {
                "{" => 1,
                "}" => -1,
                null => throw Invalid("a brace is missing"),
                _ => 0,
            };
            words.MoveNext();
        }
        while (depth > 0);
    }

    private string? TakeString()
    {
        string? value = words.IsString ? words.Next : null;
        words.MoveNext();
        return value;
    }

    private bool TakeWord(string word)
    {
        bool isNext = !words.IsString && string.Equals(words.Next, word, StringComparison.OrdinalIgnoreCase);
        if (isNext)
        {
            words.MoveNext();
        }

        return isNext;
    }

    private long TakeOffset()
    {
        if (words.IsString || words.Next is not ['#', .. var digits])
        {
            return 0;
        }

        words.MoveNext();
        return ToNumber(digits) ?? throw Invalid($"#{digits} is not an offset");
    }

    // A time; or null, and the word stays.
    private long? TakeTime()
    {
        long? time = words.IsString || words.Next is null ? null : DiscTime.TryParse(words.Next);
        if (time is not null)
        {
            words.MoveNext();
        }

        return time;
    }

    // A length in sectors: a time, or a number of bytes (of samples, for sound).
    private long? TakeLength() => TakeTime() ?? (TakeNumber() is long number
        ? number / (_kind == TrackKind.Audio ? SamplesPerSector : _layout.Size)
        : null);

    // A place or length in samples: a time, or a number of them.
    private long? TakeSamples() => TakeTime() is long time ? time * SamplesPerSector : TakeNumber();

    private long? TakeNumber()
    {
        long? number = words.IsString || words.Next is null ? null : ToNumber(words.Next);
        if (number is not null)
        {
            words.MoveNext();
        }

        return number;
    }

    private static long? ToNumber(string digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= 1L << 40 ? number : null;

    /// <summary>Sectors of a file; of none for silence.</summary>
    private sealed record Piece(BlockSource? File, long Offset, long Count, bool IsSwapped);
}
