using System.Buffers.Binary;
using System.Text;
using ImageFs.Storage.Containers.Optical.Sheets;

namespace ImageFs.Storage.Containers.Optical.Alcohol;

/// <summary>Lays out the disc that a media descriptor of version 1 describes.</summary>
/// <param name="file">The descriptor.</param>
/// <param name="context">What the disc is opened with: <c>encoding=</c> and <c>audio</c> are taken, and what the descriptor has wrong is told.</param>
internal sealed class AlcoholLayout(ImageFile file, OpenContext context)
{
    private const int HeaderLength = 88;
    private const int SessionLength = 24;
    private const int TrackLength = 80;
    private const int ExtraLength = 8;
    private const int FooterLength = 16;
    private const int MaxNameLength = 1024;
    private const int MaxFiles = 99;

    // Media from this type on are DVDs: they have no pregaps, and one track.
    private const int FirstDvd = 0x10;

    private readonly DiscBuilder _disc = new("mds");
    private readonly Dictionary<string, BlockSource> _files = [];
    private readonly Encoding? _encoding = TextEncoding.Take(context.Options);
    private readonly SheetFiles _beside = new(file, static name => SheetText.ReadingsOf(Encoding.Latin1.GetBytes(name)));
    private readonly SheetFiles _besideInUnicode = new(file);

    internal Disc Make()
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        file.Source.ReadAt(0, header);
        bool isDvd = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]) >= FirstDvd;
        int sessions = BinaryPrimitives.ReadUInt16LittleEndian(header[20..]);
        long address = BinaryPrimitives.ReadUInt32LittleEndian(header[80..]);
        if (sessions is 0 or > Disc.MaxTracks)
        {
            throw new InvalidImageException("media descriptor", 0, $"it has {sessions} sessions");
        }

        Span<byte> session = stackalloc byte[SessionLength];
        Span<byte> track = stackalloc byte[TrackLength];
        for (int i = 0; i < sessions; i++)
        {
            file.Source.ReadAt(address + (i * SessionLength), session);
            long place = BinaryPrimitives.ReadUInt32LittleEndian(session[20..]);
            for (int left = session[10]; left > 0; left--, place += TrackLength)
            {
                file.Source.ReadAt(place, track);
                int number = track[4];
                if (number is >= 1 and <= Disc.MaxTracks)
                {
                    AddTrack(track, place, number, i + 1, isDvd);
                }
            }
        }

        return _disc.Build(context);
    }

    private void AddTrack(ReadOnlySpan<byte> track, long place, int number, int session, bool isDvd)
    {
        // The high half of the mode means nothing.
        TrackKind kind = (track[0] & 7) switch
        {
            1 => TrackKind.Audio,
            2 => TrackKind.Mode1,
            _ => TrackKind.Mode2,
        };
        var layout = SectorLayout.Of(kind, BinaryPrimitives.ReadUInt16LittleEndian(track[16..]));
        long start = BinaryPrimitives.ReadInt32LittleEndian(track[36..]);
        long offset = BinaryPrimitives.ReadInt64LittleEndian(track[40..]);
        uint files = BinaryPrimitives.ReadUInt32LittleEndian(track[48..]);
        long footer = BinaryPrimitives.ReadUInt32LittleEndian(track[52..]);
        if (files is 0 or > MaxFiles || offset < 0)
        {
            throw new InvalidImageException("track block", place, $"track {number} lies at 0x{offset:X} of {files} files");
        }

        BlockSource data = OpenFiles(footer, (int)files);
        (kind, layout) = SectorSurvey.Settle(data, offset, 0, number, (kind, layout), context.Warn);
        long count = isDvd ? Math.Max(0, data.Length - offset) / layout.Size : ReadCount(track);
        _disc.EndTrack();
        _disc.Position = start;
        _disc.BeginTrack(number, session, kind, layout);
        _disc.Append(data, offset, count);
    }

    // The extra block: sectors in the pregap, which are in no file, and in the track.
    private long ReadCount(ReadOnlySpan<byte> track)
    {
        Span<byte> extra = stackalloc byte[ExtraLength];
        file.Source.ReadAt(BinaryPrimitives.ReadUInt32LittleEndian(track[12..]), extra);
        return BinaryPrimitives.ReadUInt32LittleEndian(extra[4..]);
    }

    private BlockSource OpenFiles(long footer, int count)
    {
        Span<byte> bytes = stackalloc byte[FooterLength];
        var parts = new BlockSource[count];
        for (int i = 0; i < count; i++)
        {
            file.Source.ReadAt(footer + (i * FooterLength), bytes);
            bool isWide = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != 0;
            parts[i] = Open(ReadName(BinaryPrimitives.ReadUInt32LittleEndian(bytes), isWide), isWide, count == 1);
        }

        return count == 1 ? parts[0] : new ConcatenatedSource(parts);
    }

    private BlockSource Open(string name, bool isWide, bool isOnly)
    {
        if (!_files.TryGetValue(name, out BlockSource? source))
        {
            if (_files.Count == MaxFiles)
            {
                throw new InvalidImageException("media descriptor", 0, $"it names more than {MaxFiles} files");
            }

            // "*.mdf" stands for the descriptor's own name.
            bool isOwn = name.StartsWith("*.", StringComparison.Ordinal);
            string path = isOwn ? Path.ChangeExtension(Path.GetFileName(file.Name), name[2..]) : name;
            SheetFiles files = isWide || isOwn || _encoding is not null ? _besideInUnicode : _beside;
            _files[name] = source = files.Open(path, isOnly).Source;
        }

        return source;
    }

    private string ReadName(long address, bool isWide)
    {
        byte[] bytes = new byte[Math.Clamp(file.Source.Length - address, 0, MaxNameLength)];
        file.Source.ReadAt(address, bytes);
        int end = 0;
        int width = isWide ? 2 : 1;
        while (end + width <= bytes.Length && bytes.AsSpan(end, width).ContainsAnyExcept((byte)0))
        {
            end += width;
        }

        return end > 0
            ? (isWide ? Encoding.Unicode : _encoding ?? Encoding.Latin1).GetString(bytes, 0, end)
            : throw new InvalidImageException("media descriptor", address, "a file's name is empty");
    }
}
