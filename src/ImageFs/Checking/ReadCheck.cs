using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Storage.Decoding;

namespace ImageFs.Checking;

/// <summary>Reads all of a disk, through its container, and tells the ranges that cannot be read; it goes on after them.</summary>
internal sealed class ReadCheck
{
    private const int PieceLength = 1 << 20;

    // What a device loses is a sector, what the kernel reads of it is a page.
    private const int SmallLength = 4096;

    // 256 MiB in small pieces.
    private const int MaxBadPieces = 1 << 16;

    private readonly CheckRun _run;
    private readonly bool _isDisc;
    private readonly byte[] _buffer = new byte[PieceLength];
    private readonly ReadAccount _account = new();
    private readonly DecodedBlockCache _decoded;
    private readonly List<(Device Device, long Length)> _taken = [];
    private int _badPieces;
    private long _badStart;
    private long _badEnd;
    private Exception? _error;

    private ReadCheck(CheckRun run, DecodedBlockCache decoded, bool isDisc) => (_run, _decoded, _isDisc) = (run, decoded, isDisc);

    /// <summary>The check.</summary>
    /// <param name="disk">What is read.</param>
    /// <param name="container">What it is kept in; null when its bytes are the image's own.</param>
    /// <param name="decoded">Where its layers keep what they decode.</param>
    public static Check Of(BlockSource disk, Container? container, DecodedBlockCache decoded) => disk.Find<IDiscTracks>() is { } disc
        ? Of([.. disc.FindReadable()], container, decoded, isDisc: true)
        : Of([(disk, 0, disk.Length)], container, decoded, isDisc: false);

    // The sound of a disc is read as sound, and what is in no file is not read. The disc says what its files are too short for.
    private static Check Of(IReadOnlyList<(BlockSource Source, long Start, long End)> parts, Container? container, DecodedBlockCache decoded, bool isDisc)
    {
        long length = parts.Sum(part => part.End - part.Start);
        return new Check("reading", run =>
        {
            if (container?.FindSharedTable() is { } shared)
            {
                run.Find(shared);
                run.Block("its tables are longer than the image");
                return;
            }

            var reading = new ReadCheck(run, decoded, isDisc);
            foreach ((BlockSource source, long start, long end) in parts)
            {
                reading.Read(source, start, end);
            }

            run.Extent = ByteSize.Text(length);
        })
        {
            Length = length,
        };
    }

    private void Read(BlockSource source, long start, long end)
    {
        _error = null;
        _decoded.Account = _isDisc ? null : _account;
        try
        {
            ReadPieces(source, start, end);
        }
        finally
        {
            _decoded.Account = null;
        }

        Tell();
    }

    private void ReadPieces(BlockSource source, long start, long end)
    {
        for (long offset = start; offset < end;)
        {
            if (_account.Excess is { } excess)
            {
                _run.Find(new Finding("bytes", offset, excess));
                _run.Block("the rest claims bytes that were read before");
                return;
            }

            if (_badPieces > MaxBadPieces)
            {
                _run.Block($"too much cannot be read: the rest from 0x{offset:X} on is left out");
                return;
            }

            long length = Math.Min(PieceLength - (offset % PieceLength), end - offset);
            _account.BeginPiece();
            if (!TryRead(source, offset, end - offset, ref length, isLast: false))
            {
                _account.BeginRetry();
                ReadSmall(source, offset, offset + length);
            }

            _run.Advance(length);
            offset += length;
        }
    }

    private void ReadSmall(BlockSource source, long start, long end)
    {
        for (long offset = start; offset < end;)
        {
            long length = Math.Min(SmallLength - (offset % SmallLength), end - offset);
            _ = TryRead(source, offset, length, ref length, isLast: true);
            offset += length;
        }
    }

    // Holes are not read, of the disk and of its file: there is nothing of them in the image.
    private bool TryRead(BlockSource source, long offset, long limit, ref long length, bool isLast)
    {
        try
        {
            LocatedExtent extent = source.Locate(offset, limit);
            if (extent.IsZero)
            {
                length = extent.Length;
                return true;
            }

            if (extent.Device is { } device && device.HoleLength(extent.Address) is > 0 and var hole)
            {
                length = Math.Min(hole, extent.Length);
                Count(device, length);
                return true;
            }

            ReadExtents(source, offset, _buffer.AsSpan(0, (int)length), extent);
            return true;
        }
        catch (UnsupportedFeatureException e)
        {
            // What is encoded in a way that is not read is not damaged, and not sound. Sectors of films have no data to read.
            if (isLast && !_isDisc)
            {
                _run.Block(e.Message);
            }

            return isLast;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            if (isLast)
            {
                Add(offset, length, e);
            }

            return false;
        }
    }

    // Counted when all of them are read: what fails is read once more, in small pieces.
    private void ReadExtents(BlockSource source, long offset, Span<byte> piece, LocatedExtent extent)
    {
        _taken.Clear();
        int read = 0;
        while (true)
        {
            int count = (int)Math.Min(extent.Length, piece.Length - read);
            (extent with { Length = count }).Read(piece.Slice(read, count));
            if (extent.Device is { } device)
            {
                _taken.Add((device, count));
            }

            read += count;
            if (read == piece.Length)
            {
                break;
            }

            extent = source.Locate(offset + read, piece.Length - read);
        }

        _taken.ForEach(part => Count(part.Device, part.Length));
    }

    private void Count(Device device, long length)
    {
        if (!_isDisc)
        {
            _account.Add(device, length);
        }
    }

    private void Add(long offset, long length, Exception error)
    {
        _badPieces++;
        if (_error is null || offset != _badEnd || (error.GetType() != _error.GetType()))
        {
            Tell();
            _badStart = offset;
            _error = error;
        }

        _badEnd = offset + length;
    }

    private void Tell()
    {
        if (_error is { } error)
        {
            _run.Find(new Finding("bytes", _badStart, $"{_badEnd - _badStart} cannot be read: {error.Message}"));
            _error = null;
        }
    }
}
