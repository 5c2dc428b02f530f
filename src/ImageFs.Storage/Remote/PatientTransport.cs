using System.Diagnostics;
using ImageFs.Linux;

namespace ImageFs.Storage.Remote;

/// <summary>Asks a server as often as it takes to get an answer, while there is patience, and notes how long answers take.</summary>
/// <param name="transport">Asks once; it stays the caller's.</param>
/// <param name="patience">How long it is tried again.</param>
internal sealed class PatientTransport(RemoteTransport transport, Patience patience)
{
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
                patience.Pause(attempt, $"at 0x{offset:x}", e);
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
            transport.Read(offset, destination, patience.Left);
            Speed.Note(destination.Length, Stopwatch.GetTimestamp() - start, beside);
            patience.NoteAnswer();
        }
        catch (LostLinkException)
        {
            patience.NoteFailure();
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
            if (!transport.TryFill(pipe, offset, length, patience.Left))
            {
                return false;
            }

            patience.NoteAnswer();
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
            return transport.TryFindZeros(offset, length, runs, patience.Left);
        }
        catch (Exception e) when (e is LostLinkException or LinuxException or ImageException)
        {
            return false;
        }
    }
}
