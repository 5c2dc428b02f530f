using ImageFs.Linux;

namespace ImageFs.Storage.Caching;

/// <summary>
/// Bytes of a source that is dear to read, kept in a sparse file without a name, at the same offsets as in the source. Threads share it.
/// </summary>
/// <remarks>
/// All files of a mount have one bound (<see cref="CacheFolder"/>). What has to make room is punched out of its file, but not while somebody
/// holds a lease on it, or is writing there: so what a lease leads to is never the zeros of a hole.
/// </remarks>
public sealed class CacheFile : IDisposable
{
    // A call of many bytes costs little more than the bytes.
    private const int MaxWrite = 1 << 20;

    private readonly CacheFolder _folder;

    // Writers of one file would wait for each other in the kernel, and use the processor meanwhile.
    private readonly object _writing = new();

    internal CacheFile(CacheFolder folder, FileDevice device)
    {
        _folder = folder;
        Device = device;
    }

    /// <summary>Length of the source in bytes, or what it has at most.</summary>
    public long Length => Device.Length;

    /// <summary>The file. Only what is leased is sure to be there.</summary>
    internal FileDevice Device { get; }

    /// <summary>The parts that have bytes; whoever uses it holds the folder's lock.</summary>
    internal Dictionary<long, CacheChunk> Chunks { get; } = [];

    /// <summary>Keeps bytes of the source, as long as there is room.</summary>
    /// <param name="offset">Where they begin in the source; at least 0.</param>
    /// <param name="bytes">The bytes; they end inside <see cref="Length"/>.</param>
    /// <returns>
    /// False when not all of them are kept: everything else is in use, they are more than there is room for at all, or the file system is full.
    /// </returns>
    public bool Store(long offset, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - bytes.Length);
        bool isKept = true;
        while (bytes.Length > 0)
        {
            int length = (int)LengthFrom(offset, bytes.Length);
            if (length == 0)
            {
                length = _folder.Reserve(this, offset, Math.Min(bytes.Length, MaxWrite));
                isKept &= length > 0 && Write(offset, bytes[..length]);
                length = length > 0 ? length : (int)Math.Min(CacheChunk.Size - (offset % CacheChunk.Size), bytes.Length);
            }

            bytes = bytes[length..];
            offset += length;
        }

        return isKept;
    }

    /// <summary>Takes hold of bytes that are there.</summary>
    /// <param name="offset">In the source; at least 0.</param>
    /// <param name="maxLength">Bytes wanted at most; at least 1.</param>
    /// <param name="lease">The bytes from there on, at least 1, where they lie; dispose of it soon.</param>
    /// <returns>False when they are not there.</returns>
    public bool TryLease(long offset, long maxLength, out FileLease lease)
    {
        long length = _folder.Hold(this, offset, maxLength);
        lease = length > 0 ? new FileLease(Device, offset, length, this) : default;
        return length > 0;
    }

    /// <summary>How many bytes are there from an offset on; what is there now may be gone at once, unless it is leased.</summary>
    /// <param name="offset">In the source; at least 0.</param>
    /// <param name="maxLength">Bytes wanted at most.</param>
    public long LengthFrom(long offset, long maxLength) => _folder.LengthFrom(this, offset, maxLength);

    /// <summary>How many bytes are missing from an offset on.</summary>
    /// <param name="offset">In the source; at least 0.</param>
    /// <param name="maxLength">Bytes wanted at most.</param>
    /// <returns>0 when the first is there.</returns>
    public long MissingFrom(long offset, long maxLength) => _folder.MissingFrom(this, offset, maxLength);

    /// <summary>Whether bytes are there, all of them.</summary>
    /// <param name="offset">In the source; at least 0.</param>
    /// <param name="length">How many.</param>
    public bool Contains(long offset, long length) => LengthFrom(offset, length) == length;

    /// <summary>Copies bytes that are there.</summary>
    /// <param name="offset">In the source; at least 0.</param>
    /// <param name="destination">Takes them.</param>
    /// <returns>How many were copied, from the first on; 0 when the first is not there.</returns>
    /// <exception cref="LinuxException">The file cannot be read.</exception>
    public int Read(long offset, Span<byte> destination)
    {
        if (destination.Length == 0 || !TryLease(offset, destination.Length, out FileLease lease))
        {
            return 0;
        }

        using (lease)
        {
            lease.Read(destination[..(int)lease.Length]);
            return (int)lease.Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _folder.Forget(this);
        Device.Dispose();
    }

    /// <summary>Lets go of what a lease held.</summary>
    internal void Release(long offset, long length) => _folder.Release(this, offset, length);

    // The bytes are in the file before anybody is told so, and the chunks are held meanwhile: they are not punched under the writer's hands.
    private bool Write(long offset, ReadOnlySpan<byte> bytes)
    {
        bool isWritten = false;
        try
        {
            lock (_writing)
            {
                FileWriting.Write(Device.Descriptor, bytes, offset);
            }

            isWritten = true;
        }
        catch (LinuxException)
        {
            // The file system is full, or failed: the source is read again.
        }
        finally
        {
            _folder.Settle(this, offset, bytes.Length, isWritten);
        }

        return isWritten;
    }
}
