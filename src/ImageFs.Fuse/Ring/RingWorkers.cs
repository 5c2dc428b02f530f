using ImageFs.Fuse.Dispatch;
using ImageFs.Linux;

namespace ImageFs.Fuse.Ring;

/// <summary>
/// The queues of a connection, one for each processor there may ever be. The kernel uses them once all are registered. It is told of
/// them only after all could be made; where one is refused all the same, the kernel gives them up and goes on over /dev/fuse.
/// </summary>
internal sealed class RingWorkers : IDisposable
{
    private const int MaxDepth = 8;

    // Entries of all queues: what their payloads may come to in memory is bounded, at half a MiB each.
    private const int MaxEntries = 128;

    private readonly List<RingWorker> _workers = [];
    private readonly FileDescriptor _connection;
    private readonly FuseService _service;
    private int _told;

    private RingWorkers(FileDescriptor connection, FuseService service)
    {
        _connection = connection;
        _service = service;
    }

    /// <summary>What they have done.</summary>
    public IEnumerable<WorkerCounters> Counters => _workers.Select(worker => worker.Counters);

    /// <summary>Makes the queues; the kernel's FUSE does not know of them yet.</summary>
    /// <param name="connection">The descriptor of /dev/fuse; it stays the caller's.</param>
    /// <param name="service">What all workers share.</param>
    /// <param name="onBroken">Ends the connection; called when a queue has failed while it was in use.</param>
    /// <param name="refusal">Why there are none.</param>
    /// <returns>Null when they cannot be made.</returns>
    public static RingWorkers? TryMake(FileDescriptor connection, FuseService service, Action onBroken, out string refusal)
    {
        refusal = string.Empty;
        if (Processors.CountPossible() is not { } count)
        {
            refusal = "the kernel does not say how many processors there are";
            return null;
        }

        var workers = new RingWorkers(connection, service);
        for (int number = 0; number < count; number++)
        {
            var worker = new RingWorker(number, Math.Clamp(MaxEntries / count, 1, MaxDepth), connection, service, onBroken);
            bool isToFail = service.Options.RingFault == RingFault.Setup && number == count - 1;
            Errno errno = isToFail ? Errno.EPERM : worker.Start();
            if (errno != Errno.None)
            {
                refusal = $"io_uring: {LinuxException.Text(errno)}";
                worker.Dispose();
                workers.Dismiss();
                return null;
            }

            workers._workers.Add(worker);
        }

        return workers;
    }

    /// <summary>A ring for a queue: one that was made before, where there are such.</summary>
    /// <exception cref="LinuxException">There is none.</exception>
    public static IoUring TakeRing(FuseService service) => service.Options.Rings is { } made ? made.Take() : RingQueue.MakeRing();

    /// <summary>Registers the queues, once INIT has promised them, and serves them.</summary>
    /// <param name="refusal">Why they are not served.</param>
    /// <returns>False when the kernel refused one: requests come over /dev/fuse then, all of them.</returns>
    /// <exception cref="FuseMountException">It can neither have them nor be told so: requests would wait for ever.</exception>
    public bool TryServe(out string refusal)
    {
        refusal = string.Empty;
        while (_told < _workers.Count)
        {
            bool isToFail = _service.Options.RingFault == RingFault.Registration && _told == _workers.Count - 1;
            Errno errno = isToFail ? Errno.EPERM : _workers[_told++].Register();
            if (errno != Errno.None)
            {
                refusal = $"io_uring, queue {_told} of {_workers.Count}: {LinuxException.Text(errno)}";
                Dismiss();
                Withdraw(refusal);
                return false;
            }
        }

        return true;
    }

    /// <summary>Ends the threads that were not told to serve.</summary>
    public void Dismiss()
    {
        while (_told < _workers.Count)
        {
            _workers[_told++].Dismiss();
        }
    }

    /// <summary>Waits until all threads have ended.</summary>
    /// <param name="timeout">How long at most, each.</param>
    /// <returns>Whether they have.</returns>
    public bool Join(TimeSpan timeout) => _workers.TrueForAll(worker => worker.Join(timeout));

    /// <summary>Releases what they hold, after the threads have ended.</summary>
    public void Dispose() => _workers.ForEach(worker => worker.Dispose());

    // The kernel may not have heard of the failure. From a ring of its own, since those of the workers are not to be relied on.
    private void Withdraw(string refusal)
    {
        try
        {
            using var queue = new RingQueue(0, TakeRing(_service), _connection, depth: 1, mayRead: false);
            if (queue.TryWithdraw())
            {
                return;
            }
        }
        catch (LinuxException)
        {
        }

        throw new FuseMountException($"{refusal}, and it cannot be undone: mount with -o transport=dev");
    }
}
