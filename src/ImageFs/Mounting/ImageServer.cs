using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Images;
using ImageFs.Images.Library;
using ImageFs.Images.Nested;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Storage.Keys;
using ImageFs.Tree;

namespace ImageFs.Mounting;

/// <summary>Serves one mounted image, from the mount to its end.</summary>
internal sealed class ImageServer : IDisposable
{
    private const long SameSignalInMilliseconds = 200;
    private const PosixSignal UserSignal1 = (PosixSignal)10;

    private readonly ImageStack? _stack;
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

    private ImageServer(ImageStack? stack, Action<string> log, MountStatus status, bool isService)
    {
        _isService = isService;
        _stack = stack;
        _log = log;
        _status = status;

        // Before the mount is there: a signal that ended the process right after mount(2) would leave it behind.
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, End));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, End));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, End));
        _signals.Add(PosixSignalRegistration.Create(UserSignal1, Report));
    }

    /// <summary>Opens the image and mounts it; the mount answers when this returns.</summary>
    /// <param name="request">What to mount.</param>
    /// <param name="log">Takes warnings and errors, a line each.</param>
    /// <exception cref="Storage.ImageException">The image cannot be read.</exception>
    /// <exception cref="LinuxException">A system call failed.</exception>
    /// <exception cref="FuseMountException">It cannot be mounted.</exception>
    /// <exception cref="OptionException">An option is unknown or not valid.</exception>
    internal static ImageServer Start(MountRequest request, Action<string> log)
    {
        (ImageStack? stack, FileSystem fileSystem, FuseMountOptions options, MemoryBudget memory, bool isWatched) = Open(request, log);
        ImageServer? server = null;
        try
        {
            server = new ImageServer(stack, log, new MountStatus(options.Source, options.MountPoint, fileSystem.Format, memory.Decoded), !request.IsFromMount);
            server.Mount(fileSystem, options with { Status = server._status.ToJson });
            server._watcher = isWatched && server._session!.OwnsMount ? MountWatcher.Start(server._session.Place) : null;
            return server;
        }
        catch
        {
            server?.Dispose();
            stack?.Dispose();
            throw;
        }
    }

    /// <summary>Does all that <see cref="Start"/> does but for mounting.</summary>
    /// <returns>The file system's format.</returns>
    internal static string Check(MountRequest request, Action<string> log)
    {
        (ImageStack? stack, FileSystem fileSystem, _, _, _) = Open(request, log);
        using (stack)
        {
            return fileSystem.Format;
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
        _stack?.Dispose();
    }

    private static (ImageStack? Stack, FileSystem FileSystem, FuseMountOptions Options, MemoryBudget Memory, bool IsWatched) Open(
        MountRequest request, Action<string> log)
    {
        string mountPoint = Paths.Full(request.Directory);
        var options = OptionList.Parse(request.Options);
        bool isWatched = options.TakeFlag("auto_unmount");
        bool isTree = options.TakeFlag("tree");
        NestedOptions? nested = NestedOptions.Take(options);

        // The images of a folder are opened later, when the terminal is somebody else's.
        var keys = new OptionKeys(options, isTree ? null : new KeyPrompt());
        var context = new OpenContext(options, log) { Keys = keys, ShowTransfer = total => TransferBar.Show(total, request.HasTerminal) };
        var location = ImageLocation.Parse(request.Image);
        if (!isTree && location.IsPath && Paths.IsFolder(location.Outer))
        {
            throw new FuseMountException($"{request.Image}: is a folder; mount --tree shows every image in it");
        }

        if (isTree && request.Further.Count > 0)
        {
            throw new FuseMountException($"{request.Further[0]}: mount --tree takes one folder");
        }

        if (request.Further.Count > 0 && FileDevice.FindDescriptor(request.Directory) is null && Paths.IsFile(mountPoint))
        {
            throw new FuseMountException($"{request.Directory}: not a directory: the last word is the directory to mount on");
        }

        ImageStack? stack = isTree ? null : ImageStack.Open([request.Image, .. request.Further], context);
        try
        {
            FuseMountOptions mountOptions = SessionOptions.Take(options, ResolveSource(location), mountPoint, request.IsFromMount ? Ignore : log);
            FileSystem fileSystem = stack?.OpenFileSystem() ?? OpenLibrary(location.Join(location.Outer), context, mountPoint, nested is not null);
            fileSystem = nested is null ? fileSystem : new NestedTree(fileSystem, request.PublicImage, context, nested);
            if (!request.IsSloppy)
            {
                KnownFormats.RefuseRest(options);
            }

            if (!isTree)
            {
                keys.Dispose();
            }

            mountOptions = mountOptions with { Decoded = context.Memory.Decoded, Log = log, Trace = request.Debug ? Log.WriteTrace : null };
            return (stack, fileSystem, mountOptions, context.Memory, isWatched);
        }
        catch
        {
            stack?.Dispose();
            throw;
        }
    }

    // The mount point may be in the folder.
    private static ImageLibrary OpenLibrary(string folder, OpenContext context, string mountPoint, bool hasNested) => hasNested
        ? new ImageLibrary(folder, context, mountPoint) { MaxCount = NestedTree.MaxCountOfOuter }
        : new ImageLibrary(folder, context, mountPoint);

    private static void Ignore(string line)
    {
    }

    // What /proc/mounts and df show: the file behind a descriptor, not the descriptor.
    private static string ResolveSource(ImageLocation location)
    {
        if (!location.IsPath)
        {
            return location.PublicName;
        }

        string path = Paths.Full(location.Outer);
        string? target = Paths.ReadLink(path) is null ? null : Paths.Resolve(path);
        return location.Join(target ?? path);
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
