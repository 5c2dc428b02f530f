using ImageFs.Fuse.Dispatch;
using ImageFs.Linux;

namespace ImageFs.Fuse.Session;

/// <summary>One thread that answers the requests of one channel until the connection ends.</summary>
internal sealed class FuseWorker : IDisposable
{
    private readonly FuseChannel _channel;
    private readonly FuseDispatcher _dispatcher;
    private readonly Action<string> _log;
    private readonly bool _followsReaders;
    private readonly Thread _thread;

    /// <summary>Makes the worker; it takes over the channel.</summary>
    public FuseWorker(int number, FuseChannel channel, FuseService service)
    {
        _channel = channel;
        _dispatcher = new FuseDispatcher(service, channel, Counters);
        _log = service.Options.Log;
        _followsReaders = service.Options.FollowsReaders;
        _thread = new Thread(Run) { IsBackground = true, Name = $"{service.Options.Subtype} worker {number}" };
    }

    /// <summary>What it has done.</summary>
    public WorkerCounters Counters { get; } = new();

    /// <summary>What ended the connection, as far as it knows: None while it goes on.</summary>
    public Errno EndedBy => _channel.EndedBy;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Waits until the connection has ended.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <returns>Whether it has, or the thread was never started.</returns>
    public bool Join(TimeSpan timeout) => _thread.ThreadState.HasFlag(ThreadState.Unstarted) || _thread.Join(timeout);

    /// <summary>Releases what the channel holds, after the thread has ended.</summary>
    public void Dispose() => _channel.Dispose();

    private void Run()
    {
        var affinity = _followsReaders ? new ReaderAffinity() : null;
        while (_channel.TryReceive(out ReadOnlySpan<byte> request))
        {
            affinity?.Note(request);
            _dispatcher.Serve(request);
        }

        if (_channel.EndedBy is not (Errno.ENODEV or Errno.ECONNABORTED))
        {
            _log($"reading requests from /dev/fuse: {LinuxException.Text(_channel.EndedBy)}");
        }
    }
}
