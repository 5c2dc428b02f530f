using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Optical.Nero;

/// <summary>Lays out the disc that the chunks of a Nero image describe.</summary>
/// <remarks>
/// A session written at once has CUES or CUEX, where the tracks are on the disc, and DAOI or DAOX, where they are in the file; one
/// written track by track has both in ETNF or ETN2. SINF ends a session.
/// </remarks>
internal sealed class NeroLayout
{
    private const int MaxChunks = 1000;
    private const int ChunkHeader = 8;
    private const int MaxChunkLength = 64 * 1024;
    private const int CueEntry = 8;
    private const int DaoHeader = 22;
    private const int FirstTrackField = 20;

    private readonly BlockSource _file;
    private readonly Action<string> _warn;
    private readonly DiscBuilder _disc = new("nrg");

    // First sectors of the tracks of the session, by their number and index.
    private readonly Dictionary<(int Track, int Index), long> _starts = [];
    private int _session = 1;
    private int _tracks;
    private long? _bias;

    private NeroLayout(BlockSource file, Action<string> warn)
    {
        _file = file;
        _warn = warn;
    }

    /// <exception cref="ImageException">They are damaged.</exception>
    internal static DiscBuilder Read(BlockSource file, long start, Action<string> warn)
    {
        var layout = new NeroLayout(file, warn);
        Span<byte> header = stackalloc byte[ChunkHeader];
        for (int count = 0; count < MaxChunks; count++)
        {
            file.ReadAt(start, header);
            long length = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
            if (header.StartsWith("END!"u8))
            {
                return layout._disc;
            }

            layout.Read(header, start, length);
            start = checked(start + ChunkHeader + length);
        }

        throw new InvalidImageException("NRG chunk", start, $"there are more than {MaxChunks}");
    }

    private void Read(ReadOnlySpan<byte> header, long address, long length)
    {
        bool isWide = header.StartsWith("CUEX"u8) || header.StartsWith("DAOX"u8) || header.StartsWith("ETN2"u8);
        if (header.StartsWith("CUES"u8) || header.StartsWith("CUEX"u8))
        {
            ReadCue(ReadChunk(address, length), isWide);
        }
        else if (header.StartsWith("DAOI"u8) || header.StartsWith("DAOX"u8))
        {
            ReadDao(ReadChunk(address, length), address, isWide);
        }
        else if (header.StartsWith("ETNF"u8) || header.StartsWith("ETN2"u8))
        {
            ReadEtn(ReadChunk(address, length), address, isWide);
        }
        else if (header.StartsWith("SINF"u8))
        {
            _disc.EndTrack();
            _starts.Clear();
            _session++;
        }
    }

    private byte[] ReadChunk(long address, long length)
    {
        if (length > MaxChunkLength)
        {
            throw new InvalidImageException("NRG chunk", address, $"it is {length} bytes long");
        }

        byte[] chunk = new byte[length];
        _file.ReadAt(address + ChunkHeader, chunk);
        return chunk;
    }

    // Control, track and index in BCD, and the sector: as 0, minute, second, frame (CUES) or as a number (CUEX).
    private void ReadCue(ReadOnlySpan<byte> chunk, bool isWide)
    {
        for (; chunk.Length >= CueEntry; chunk = chunk[CueEntry..])
        {
            long sector = isWide
                ? BinaryPrimitives.ReadInt32BigEndian(chunk[4..])
                : DiscTime.ToSectors(chunk[5], chunk[6], chunk[7]) - DiscTime.Pregap;
            _starts[(FromBcd(chunk[1]), FromBcd(chunk[2]))] = sector;
        }
    }

    // For each track: ISRC, sector size, mode, and the places of index 0, index 1 and the end.
    private void ReadDao(ReadOnlySpan<byte> chunk, long address, bool isWide)
    {
        int size = isWide ? 42 : 30;
        if (chunk.Length < DaoHeader)
        {
            throw new InvalidImageException("NRG chunk", address, "its tracks are missing");
        }

        int number = chunk[FirstTrackField];
        for (chunk = chunk[DaoHeader..]; chunk.Length >= size; chunk = chunk[size..], number++)
        {
            int sectorSize = BinaryPrimitives.ReadUInt16BigEndian(chunk[12..]);
            long[] places = [ReadPlace(chunk[18..], 0, isWide), ReadPlace(chunk[18..], 1, isWide), ReadPlace(chunk[18..], 2, isWide)];
            if (places[0] < 0 || places[1] < places[0] || places[2] < places[1] || places[2] > _file.Length)
            {
                throw new InvalidImageException("NRG chunk", address, $"track {number} lies at 0x{places[0]:X}, 0x{places[1]:X} to 0x{places[2]:X}");
            }

            (TrackKind kind, SectorLayout layout) =
                SectorSurvey.Settle(_file, places[1], 0, number, FindLayout(chunk[14] != 0 ? chunk[14] : chunk[15], sectorSize), _warn);
            long pregap = (places[1] - places[0]) / layout.Size;
            long start = _starts.TryGetValue((number, 1), out long sector) ? sector : _disc.Position + pregap;
            _disc.EndTrack();
            _disc.Position = start - pregap;
            _disc.BeginTrack(number, _session, kind, layout);
            _disc.Append(_file, places[0], pregap);
            _disc.MarkStart();
            _disc.Append(_file, places[1], (places[2] - places[1]) / layout.Size);
            _tracks = number;
        }
    }

    // For each track: place, length, mode and sector.
    private void ReadEtn(ReadOnlySpan<byte> chunk, long address, bool isWide)
    {
        int size = isWide ? 32 : 20;
        for (; chunk.Length >= size; chunk = chunk[size..])
        {
            long offset = ReadPlace(chunk, 0, isWide);
            long length = ReadPlace(chunk, 1, isWide);
            if (offset < 0 || length < 0 || offset > _file.Length || length > _file.Length - offset)
            {
                throw new InvalidImageException("NRG chunk", address, $"a track of {length} bytes lies at 0x{offset:X}");
            }

            ReadOnlySpan<byte> rest = chunk[(isWide ? 16 : 8)..];
            (TrackKind kind, SectorLayout layout) = SectorSurvey.Settle(_file, offset, 0, _tracks + 1, FindLayout(rest[3], 0), _warn);
            long start = BinaryPrimitives.ReadUInt32BigEndian(rest[4..]);

            // Some count the pregap in front of the disc.
            _bias ??= start == DiscTime.Pregap ? start : 0;
            _disc.EndTrack();
            _disc.Position = start - _bias.Value;
            _disc.BeginTrack(++_tracks, _session, kind, layout);
            _disc.Append(_file, offset, length / layout.Size);
        }
    }

    private static long ReadPlace(ReadOnlySpan<byte> fields, int index, bool isWide) => isWide
        ? BinaryPrimitives.ReadInt64BigEndian(fields[(8 * index)..])
        : BinaryPrimitives.ReadUInt32BigEndian(fields[(4 * index)..]);

    private static int FromBcd(byte digits) => ((digits >> 4) * 10) + (digits & 0xF);

    private static (TrackKind Kind, SectorLayout Layout) FindLayout(byte mode, int sectorSize)
    {
        (TrackKind kind, int size) = mode switch
        {
            0x00 => (TrackKind.Mode1, 2048),
            0x02 => (TrackKind.Mode2, 2048),
            0x03 => (TrackKind.Mode2, 2336),
            0x05 => (TrackKind.Mode1, 2352),
            0x06 => (TrackKind.Mode2, 2352),
            0x07 or 0x08 => (TrackKind.Audio, 2352),
            0x0F => (TrackKind.Mode1, 2448),
            0x10 => (TrackKind.Audio, 2448),
            0x11 => (TrackKind.Mode2, 2448),
            _ => throw new UnsupportedFeatureException($"a track of Nero's mode {mode}"),
        };
        return (kind, SectorLayout.Of(kind, sectorSize == 0 ? size : sectorSize));
    }
}
