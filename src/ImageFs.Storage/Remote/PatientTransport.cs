using System.Diagnostics;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote;

/// <summary>
/// Asks a server again while it does not answer, for a time. That counts from when it last answered anybody, so who comes later does not wait
/// anew: a request of a dead server is tried once, and fails. One that succeeds ends the failure for all.
/// </summary>
/// <param name="transport">Asks once; it stays the caller's.</param>
/// <param name="retryTime">How long.</param>
/// <param name="warn">Told when the server stops to answer, and when it does again.</param>
internal sealed class PatientTransport(RemoteTransport transport, TimeSpan retryTime, Action<string> warn)
{
    private static readonly TimeSpan s_leastPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);

    private long _failingSince;
    private int _underWay;

    /// <summary>What answers were found to take.</summary>
    public LinkSpeed Speed { get; } = new();

    /// <summary>Reads bytes, of any place and number.</summary>
    /// <exception cref="LinuxException">The server refuses, or did not answer in time: EIO.</exception>
    /// <exception cref="ImageException">The server breaks the protocol, or the image is another one by now.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        int block = transport.MinBlock;
        while (destination.Length > 0)
        {
            int before = (int)(offset % block);
            int length = (int)Math.Min(destination.Length, (long)transport.MaxRequest - before);
            long end = Math.Min((offset + length + block - 1) / block * block, transport.Length);
            if (before == 0 && end == offset + length)
            {
                ReadBlocks(offset, destination[..length]);
            }
            else
            {
                using var buffer = new PooledBuffer((int)(end - (offset - before)));
                ReadBlocks(offset - before, buffer.Span);
                buffer.Span.Slice(before, length).CopyTo(destination);
            }

            destination = destination[length..];
            offset += length;
        }
    }

    /// <summary>Reads whole blocks, and asks again where that may help.</summary>
    /// <inheritdoc cref="Read"/>
    public void ReadBlocks(long offset, Span<byte> destination)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                ReadOnce(offset, destination);
                return;
            }
            catch (LostLinkException e)
            {
                Pause(attempt, offset, e);
            }
        }
    }

    /// <summary>Reads whole blocks; asks once.</summary>
    /// <exception cref="LostLinkException">It may be had when it is tried again.</exception>
    /// <inheritdoc cref="Read"/>
    public void ReadOnce(long offset, Span<byte> destination)
    {
        long start = Stopwatch.GetTimestamp();
        int beside = Interlocked.Increment(ref _underWay) - 1;
        try
        {
            transport.Read(offset, destination, Patience());
            Speed.Note(destination.Length, Stopwatch.GetTimestamp() - start, beside);
            NoteAnswer();
        }
        catch (LostLinkException)
        {
            NoteFailure();
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    /// <summary>As <see cref="RemoteTransport.TryFill"/>, once. False too where the server does not answer: to read the bytes tells why.</summary>
    public bool TryFill(Pipe pipe, long offset, int length)
    {
        try
        {
            if (!transport.TryFill(pipe, offset, length, Patience()))
            {
                return false;
            }

            NoteAnswer();
            return true;
        }
        catch (Exception e) when (e is LostLinkException or LinuxException or ImageException)
        {
            return false;
        }
    }

    /// <summary>As <see cref="RemoteTransport.TryFindZeros"/>, once. False too where the server does not answer.</summary>
    public bool TryFindZeros(long offset, long length, ICollection<(long Length, bool IsZero)> runs)
    {
        try
        {
            return transport.TryFindZeros(offset, length, runs, Patience());
        }
        catch (Exception e) when (e is LostLinkException or LinuxException or ImageException)
        {
            return false;
        }
    }

    private TimeSpan Patience()
    {
        TimeSpan left = retryTime - Failing();
        return left > s_leastPatience ? left : s_leastPatience;
    }

    private TimeSpan Failing() => Volatile.Read(ref _failingSince) is not 0 and var since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    private void NoteAnswer()
    {
        if (Volatile.Read(ref _failingSince) != 0 && Interlocked.Exchange(ref _failingSince, 0) is not 0 and var since
            && Stopwatch.GetElapsedTime(since) > s_leastPatience)
        {
            warn($"{transport.Name}: the server answers again");
        }
    }

    private void NoteFailure() => Interlocked.CompareExchange(ref _failingSince, Stopwatch.GetTimestamp(), 0);

    private void Pause(int attempt, long offset, LostLinkException e)
    {
        TimeSpan left = retryTime - Failing();
        if (left <= TimeSpan.Zero)
        {
            throw new LinuxException("read", Errno.EIO, $"{transport.Name} at 0x{offset:x}: {e.Message}");
        }

        // What an idle server has hung up on is connected again at once.
        if (attempt == 0)
        {
            return;
        }

        if (attempt == 1)
        {
            warn($"{transport.Name}: {e.Message}; trying again for {retryTime.TotalSeconds:0} s");
        }

        TimeSpan pause = s_firstPause * (1 << Math.Min(attempt, 6));
        pause = pause < s_longestPause ? pause : s_longestPause;
        Thread.Sleep(pause < left ? pause : left);
    }
}
