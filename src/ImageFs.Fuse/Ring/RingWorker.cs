using ImageFs.Fuse.Dispatch;
using ImageFs.Linux;

namespace ImageFs.Fuse.Ring;

/// <summary>
/// One thread, kept on the processor whose requests it answers. It makes its queue, says so, and waits to be told to register it
/// or to go.
/// </summary>
internal sealed class RingWorker : IDisposable
{
    private readonly FuseService _service;
    private readonly int _number;
    private readonly int _depth;
    private readonly FileDescriptor _connection;
    private readonly Action _onBroken;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _orders = new(0);
    private readonly SemaphoreSlim _reports = new(0);
    private bool _isWanted;
    private Errno _report;

    /// <param name="number">The processor, and its queue.</param>
    /// <param name="depth">How many requests may be under way.</param>
    /// <param name="connection">The descriptor of /dev/fuse; it stays the caller's.</param>
    /// <param name="service">What the workers share.</param>
    /// <param name="onBroken">Ends the connection; called when the queue has failed while it was in use.</param>
    public RingWorker(int number, int depth, FileDescriptor connection, FuseService service, Action onBroken)
    {
        _number = number;
        _depth = depth;
        _connection = connection;
        _service = service;
        _onBroken = onBroken;
        _thread = new Thread(Run) { IsBackground = true, Name = $"{service.Options.Subtype} ring {number}" };
    }

    /// <summary>What it has done.</summary>
    public WorkerCounters Counters { get; } = new();

    /// <summary>Starts the thread, and waits until it has its queue.</summary>
    /// <returns>None; or why it has none, and the thread ends.</returns>
    public Errno Start()
    {
        _thread.Start();
        _reports.Wait();
        return _report;
    }

    /// <summary>Has the queue registered, and served if that works.</summary>
    /// <returns>None; or why not, and the thread ends.</returns>
    public Errno Register()
    {
        _isWanted = true;
        _orders.Release();
        _reports.Wait();
        return _report;
    }

    /// <summary>Tells a thread that waits for its orders to end.</summary>
    public void Dismiss() => _orders.Release();

    /// <summary>Waits until the thread has ended.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <returns>Whether it has, or was never started.</returns>
    public bool Join(TimeSpan timeout) => _thread.ThreadState.HasFlag(ThreadState.Unstarted) || _thread.Join(timeout);

    /// <summary>Releases what it holds, after the thread has ended.</summary>
    public void Dispose()
    {
        _orders.Dispose();
        _reports.Dispose();
    }

    private void Report(Errno errno)
    {
        _report = errno;
        _reports.Release();
    }

    private void Run()
    {
        // Where it cannot be kept there it works as well, from further away.
        _ = new Affinity().Pin(_number);
        RingQueue queue;
        try
        {
            queue = new RingQueue(_number, RingWorkers.TakeRing(_service), _connection, _depth, _service.Options.ForceReply != ReplyWay.Copy);
        }
        catch (LinuxException e)
        {
            Report(e.Errno);
            return;
        }

        using (queue)
        {
            Report(Errno.None);
            _orders.Wait();
            if (!_isWanted)
            {
                return;
            }

            Errno errno = queue.Register();
            Report(errno);
            if (errno == Errno.None)
            {
                Serve(queue);
            }
        }
    }

    private void Serve(RingQueue queue)
    {
        var dispatcher = new FuseDispatcher(_service, queue, Counters);
        while (queue.TryReceive(out ReadOnlySpan<byte> request))
        {
            dispatcher.Serve(request);
        }

        if (queue.EndedBy != Errno.ENOTCONN)
        {
            _service.Options.Log($"requests of processor {_number} by io_uring: {LinuxException.Text(queue.EndedBy)}: the mount ends");
            _onBroken();
        }
    }
}
