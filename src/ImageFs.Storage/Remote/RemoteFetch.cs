using ImageFs.Linux;
using ImageFs.Storage.Caching;

namespace ImageFs.Storage.Remote;

/// <summary>
/// Brings bytes of a server into a cache file: what somebody waits for by his own thread, what will be wanted by threads of its own, side by
/// side. No byte is asked for twice at one time: who wants what is on its way waits for it.
/// </summary>
internal sealed class RemoteFetch : IDisposable
{
    private const int StackBytes = 256 << 10;
    private const int MostWorthAsking = 256 << 10;
    private const int LeastAheadRequest = 256 << 10;
    private const int AheadRequest = 1 << 20;

    // A request more costs more than to have so many bytes once again.
    private const int SmallPiece = 128 << 10;

    private readonly object _sync = new();
    private readonly RemoteTransport _transport;
    private readonly PatientTransport _patient;
    private readonly CacheFile _file;
    private readonly long _mostAhead;
    private readonly ReadStreams _streams = new();
    private readonly RangeQueue _queue = new();
    private readonly List<(long Start, long End)> _underWay = [];

    // Long runs that somebody foresaw the reading of: who reads there goes no further than was said.
    private readonly (long Start, long End)[] _foreseen = new (long, long)[4];
    private int _oldestForeseen;
    private readonly List<Thread> _threads = [];

    // Who waits for bytes that another thread brings, and threads that wait for something to do.
    private int _waiting;
    private int _idle;
    private bool _isOver;

    /// <param name="transport">Asks for bytes.</param>
    /// <param name="patient">Asks again.</param>
    /// <param name="file">Keeps them; it is disposed of with this.</param>
    /// <param name="mostAhead">Bytes to be ahead of a reader at most.</param>
    public RemoteFetch(RemoteTransport transport, PatientTransport patient, CacheFile file, long mostAhead)
    {
        _transport = transport;
        _patient = patient;
        _file = file;
        _mostAhead = mostAhead;
        Granule = Math.Max(Math.Max(transport.MinBlock, PageBuffer.PageSize), Math.Min(transport.PreferredBlock, CacheChunk.Size));
    }

    /// <summary>Bytes that requests begin at multiples of: no more than what the cache file lets go of at once.</summary>
    public int Granule { get; }

    /// <summary>Takes hold of bytes, which are asked for if they are not there.</summary>
    /// <returns>False when they cannot be kept.</returns>
    /// <exception cref="LinuxException">The server refuses, or did not answer in time.</exception>
    /// <exception cref="ImageException">The server breaks the protocol.</exception>
    public bool TryLease(long offset, long maxLength, out FileLease lease)
    {
        Follow(offset, maxLength);
        while (!_file.TryLease(offset, maxLength, out lease))
        {
            if (TryClaim(offset, maxLength, out long start, out int length) && !Bring(start, length, offset, []))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads bytes, which are asked for if they are not there.</summary>
    /// <inheritdoc cref="TryLease"/>
    public void Read(long offset, Span<byte> destination)
    {
        Follow(offset, destination.Length);
        while (destination.Length > 0)
        {
            int count = _file.Read(offset, destination);
            if (count == 0 && TryClaim(offset, destination.Length, out long start, out int length))
            {
                count = (int)Math.Min(destination.Length, start + length - offset);
                _ = Bring(start, length, offset, destination[..count]);
            }

            destination = destination[count..];
            offset += count;
        }
    }

    /// <summary>Has bytes asked for by and by.</summary>
    public void Prefetch(long offset, long length)
    {
        (long start, long end) = Round(offset, length);
        if (!_file.Contains(start, end - start))
        {
            lock (_sync)
            {
                if (length >= LeastAheadRequest)
                {
                    _foreseen[_oldestForeseen++ % _foreseen.Length] = (start, end);
                }

                int part = Math.Min(AheadRequest, _transport.MaxRequest);
                for (; start < end; start += part)
                {
                    Enqueue(start, Math.Min(start + part, end), part);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_sync)
        {
            _isOver = true;
            Monitor.PulseAll(_sync);
        }

        _transport.Dispose();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _file.Dispose();
    }

    // What is asked for where little is wanted: as much as costs hardly more.
    private (long Start, long End) Round(long offset, long length)
    {
        int unit = _patient.Speed.WorthAsking(Granule, MostWorthAsking);
        return (offset / unit * unit, Math.Min((offset + length + unit - 1) / unit * unit, _transport.Length));
    }

    private void Follow(long offset, long length)
    {
        lock (_sync)
        {
            foreach ((long Start, long End) range in _foreseen)
            {
                if (offset >= range.Start && offset < range.End)
                {
                    return;
                }
            }

            long ahead = _streams.Note(offset, length, Math.Min(_patient.Speed.Ahead, _mostAhead), out long start);
            long end = Math.Min(start + ahead, _transport.Length) / Granule * Granule;
            end = start + ahead >= _transport.Length ? _transport.Length : end;
            start = start / Granule * Granule;
            long least = Math.Min(LeastAheadRequest, _transport.MaxRequest);
            long most = _patient.Speed.Part(Math.Min(AheadRequest, _transport.MaxRequest), _transport.MaxRequest);
            long part = Math.Clamp(ahead / _transport.Width / Granule * Granule, least, Math.Max(least, most / Granule * Granule));
            for (; start < end; start += part)
            {
                Enqueue(start, Math.Min(start + part, end), part);
            }
        }
    }

    private void Enqueue(long start, long end, long most)
    {
        if (!_isOver && _queue.TryAdd(start, end, most))
        {
            if (_idle > 0)
            {
                Monitor.PulseAll(_sync);
            }
            else if (_threads.Count < _patient.Speed.Beside(_transport.Width) && HelperThread.TryStart(Work, "ahead", StackBytes) is { } thread)
            {
                _threads.Add(thread);
            }
        }
    }

    // Where nobody else is bringing the byte: what to ask for. Else it has waited for that, and there is another look to be had.
    private bool TryClaim(long offset, long maxLength, out long start, out int length)
    {
        lock (_sync)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            if (_underWay.Exists(range => offset >= range.Start && offset < range.End))
            {
                _waiting++;
                Monitor.Wait(_sync);
                _waiting--;
                (start, length) = (offset, 0);
                return false;
            }

            (start, long end) = Round(offset, Math.Min(maxLength, _transport.MaxRequest / 2));
            if (!IsFree(start, offset))
            {
                start = offset / Granule * Granule;
            }

            length = Claim(start, end);
            return length > 0;
        }
    }

    private bool IsFree(long start, long end) =>
        !_underWay.Exists(range => start < range.End && end > range.Start) && _file.MissingFrom(start, end - start) == end - start;

    // Takes what is missing from the start on, as far as nobody else is bringing it. 0 when it is there by now.
    private int Claim(long start, long end)
    {
        end = EndOfMissing(start, Math.Min(end, start + _transport.MaxRequest));
        foreach ((long Start, long End) range in _underWay)
        {
            if (range.End > start && range.Start < end)
            {
                end = Math.Max(start, range.Start);
            }
        }

        if (end > start)
        {
            _underWay.Add((start, end));
        }

        return (int)(end - start);
    }

    // Small pieces that are there do not part what is missing around them.
    private long EndOfMissing(long start, long end)
    {
        long missing = _file.MissingFrom(start, end - start);
        long at = start;
        while (missing > 0)
        {
            at += missing;
            long there = at < end ? _file.LengthFrom(at, end - at) : 0;
            missing = there is > 0 and <= SmallPiece ? _file.MissingFrom(at + there, end - at - there) : 0;
            at += missing > 0 ? there : 0;
        }

        return at;
    }

    // Asks for what was claimed, until it is there or cannot be had. Gives the caller's part, and whether the rest is kept.
    private bool Bring(long start, int length, long offset, Span<byte> part)
    {
        try
        {
            using var buffer = new PooledBuffer(length);
            _patient.ReadBlocks(start, buffer.Span);
            buffer.Span.Slice((int)(offset - start), part.Length).CopyTo(part);
            return _file.Store(start, buffer.Span);
        }
        finally
        {
            Release(start, length);
        }
    }

    private void Release(long start, int length)
    {
        lock (_sync)
        {
            _underWay.Remove((start, start + length));
            if (_waiting > 0)
            {
                Monitor.PulseAll(_sync);
            }
        }
    }

    private void Work()
    {
        while (TryTake(out long start, out long end))
        {
            while (start < end && TryBringAhead(ref start, end))
            {
            }
        }
    }

    private bool TryTake(out long start, out long end)
    {
        lock (_sync)
        {
            while (!_isOver && _queue.Count == 0)
            {
                // Too many of them wait for each other more than for the server.
                if (_threads.Count > _patient.Speed.Beside(_transport.Width))
                {
                    _threads.Remove(Thread.CurrentThread);
                    (start, end) = (0, 0);
                    return false;
                }

                _idle++;
                Monitor.Wait(_sync);
                _idle--;
            }

            (start, end) = (0, 0);
            return !_isOver && _queue.TryTake(out start, out end);
        }
    }

    // The error of what cannot be had is for its reader, who asks again.
    private bool TryBringAhead(ref long start, long end)
    {
        int length;
        lock (_sync)
        {
            long there = _file.LengthFrom(start, end - start) / Granule * Granule;
            start += there;
            length = _isOver || start >= end ? 0 : Claim(start, end);
        }

        if (length == 0)
        {
            // Somebody else is at it.
            start += Granule;
            return true;
        }

        long claimed = start;
        start += length;
        try
        {
            using var buffer = new PooledBuffer(length);
            _patient.ReadOnce(claimed, buffer.Span);
            _ = _file.Store(claimed, buffer.Span);
            return true;
        }
        catch (Exception e) when (e is LostLinkException or LinuxException or ImageException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            Release(claimed, length);
        }
    }
}
