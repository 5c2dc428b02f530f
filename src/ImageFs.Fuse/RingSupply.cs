using System.Collections.Concurrent;
using ImageFs.Fuse.Ring;
using ImageFs.Linux;

namespace ImageFs.Fuse;

/// <summary>
/// Rings for a mount with <see cref="FuseTransport.Ring"/>, made before: by a process that may make none any more when it mounts, because it has given up
/// its rights.
/// </summary>
public sealed class RingSupply : IDisposable
{
    private readonly ConcurrentQueue<IoUring> _rings = new();
    private readonly LinuxException? _refusal;

    /// <summary>Makes as many as a mount may need. Where they cannot be made, it is the mount that says so.</summary>
    public RingSupply()
    {
        // One to each processor, and one to take them back with.
        int count = (Processors.CountPossible() ?? 0) + 1;
        try
        {
            while (_rings.Count < count)
            {
                _rings.Enqueue(RingQueue.MakeRing());
            }
        }
        catch (LinuxException e)
        {
            _refusal = e;
            Dispose();
        }
    }

    /// <summary>Closes those that nobody took.</summary>
    public void Dispose()
    {
        while (_rings.TryDequeue(out IoUring? ring))
        {
            ring.Dispose();
        }
    }

    /// <summary>Takes one.</summary>
    /// <exception cref="LinuxException">There is none.</exception>
    internal IoUring Take() => _rings.TryDequeue(out IoUring? ring) ? ring : throw _refusal ?? new LinuxException("io_uring_setup", Errno.ENOSPC);
}
