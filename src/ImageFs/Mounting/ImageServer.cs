using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Mounting;

/// <summary>Serves one mounted image, from the mount to its end.</summary>
internal sealed class ImageServer : IDisposable
{
    private const long SameSignalInMilliseconds = 200;
    private const PosixSignal UserSignal1 = (PosixSignal)10;

    private readonly MountSource _source;
    private readonly Action<string> _log;
    private readonly MountStatus _status;
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Lock _endLock = new();
    private readonly bool _isService;
    private FuseSession? _session;
    private ImageKeeper? _keeper;
    private MountWatcher? _watcher;
    private int _stopping;
    private long _firstEnd;
    private int _ends;

    private ImageServer(MountSource source, Action<string> log, MountStatus status, bool isService)
    {
        _isService = isService;
        _source = source;
        _log = log;
        _status = status;

        // Before the mount is there: a signal that ended the process right after mount(2) would leave it behind.
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, End));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, End));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, End));
        _signals.Add(PosixSignalRegistration.Create(UserSignal1, Report));
    }

    /// <summary>Mounts what is opened, which is closed with this; the mount answers when this returns.</summary>
    /// <param name="source">What is mounted.</param>
    /// <param name="request">How it was asked for.</param>
    /// <param name="log">Takes warnings and errors, a line each.</param>
    /// <exception cref="LinuxException">A system call failed.</exception>
    /// <exception cref="FuseMountException">It cannot be mounted.</exception>
    /// <exception cref="OptionException">Options contradict each other.</exception>
    internal static ImageServer Start(MountSource source, MountRequest request, Action<string> log)
    {
        FuseMountOptions options = source.Options;
        var status = new MountStatus(options.Source, options.MountPoint, source.FileSystem.Format, source.Context);
        var server = new ImageServer(source, log, status, !request.IsFromMount);
        try
        {

            // What the kernel reads by itself it does not look for in this mount's cache.
            options = source.Passthrough is { } passed ? options with { BackingFiles = passed.Open(source.FileSystem), StoresAhead = false } : options;
            server.Mount(source.FileSystem, options with { Status = status.ToJson });
            bool hasWatcher = source.IsWatched && options.Keeper is null && server._session!.OwnsMount;
            server._watcher = hasWatcher ? MountWatcher.Start(server._session!.Place, request.MadeDirectory is not null) : null;
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Whether a signal came before the mount was there: it is being unmounted.</summary>
    internal bool IsInterrupted { get; private set; }

    /// <summary>Serves until the mount is gone.</summary>
    internal void Run()
    {
        _session!.Wait();
        SayStopping();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watcher?.Dispose();
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }

        _keeper?.Dispose();
        _session?.Dispose();
        _source.Dispose();
    }

    private void Mount(FileSystem fileSystem, FuseMountOptions options)
    {
        var session = FuseSession.Mount(fileSystem, options);
        _status.Session = session;
        _status.Images = fileSystem as IImageKeeper;
        _keeper = _status.Images is { } images ? new ImageKeeper(images, session) : null;
        lock (_endLock)
        {
            _session = session;
            if (Volatile.Read(ref _ends) > 0)
            {
                IsInterrupted = true;
                Unmount(session);
            }
        }
    }

    // The first signal unmounts; while files are open the mount leaves the tree and goes on for them. The second ends the process.
    private void End(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_session is not null)
        {
            SayStopping();
        }

        // timeout(1), and a shell that passes a signal on, send one to the process and to its group at once.
        long first = Interlocked.CompareExchange(ref _firstEnd, Environment.TickCount64, 0);
        if (Interlocked.Increment(ref _ends) > 1 && _session is not null)
        {
            if (Environment.TickCount64 - first < SameSignalInMilliseconds)
            {
                return;
            }

            _log("ended by a second signal");
            Environment.Exit(128 + SignalNumber(context.Signal));
        }

        lock (_endLock)
        {
            if (_session is { OwnsMount: false })
            {
                // The connection ends with its last descriptor.
                Environment.Exit(ExitStatus.Success);
            }
            else if (_session is { } session)
            {
                Unmount(session);
            }
        }
    }

    private void Unmount(FuseSession session)
    {
        try
        {
            session.Unmount(lazy: false);
        }
        catch (FuseMountException e)
        {
            _log($"{e.Message}; it ends when the last file is closed");
            UnmountLazily(session);
        }
    }

    private void UnmountLazily(FuseSession session)
    {
        try
        {
            session.Unmount(lazy: true);
        }
        catch (FuseMountException e)
        {
            _log(e.Message);
        }
    }

    private void SayStopping()
    {
        if (_isService && Interlocked.Exchange(ref _stopping, 1) == 0)
        {
            ServiceManager.SayStopping();
        }
    }

    private void Report(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_session is not null)
        {
            _log(_status.ToLine());
        }
    }

    private static int SignalNumber(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        _ => 15,
    };
}
