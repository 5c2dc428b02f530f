using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Fuse.Mounting;
using ImageFs.Fuse.Replies;
using ImageFs.Fuse.Ring;
using ImageFs.Fuse.Session;
using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.Fuse;

/// <summary>A mount and the workers that answer for it, from mounting to unmounting.</summary>
public sealed class FuseSession : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    // As long as a first look at a mount takes: while there are processors for it and not for starting threads, it comes sooner.
    private static readonly TimeSpan s_firstLook = TimeSpan.FromMilliseconds(20);

    private readonly FuseMount _mount;
    private readonly FuseMountOptions _options;
    private readonly List<FileDescriptor> _clones = [];
    private readonly Lock _endLock = new();
    private volatile FuseWorker[] _workers = [];
    private FuseService? _service;
    private RingWorkers? _ring;
    private string _ringRefusal = "the kernel does not offer it; root can: echo Y > /sys/module/fuse/parameters/enable_uring (Linux 6.14)";
    private IdleWatch? _idleWatch;
    private DeviceNumber? _device;
    private bool _isComplete;
    private bool _ended;

    private FuseSession(FuseMount mount, FuseMountOptions options)
    {
        _mount = mount;
        _options = options;
    }

    /// <summary>What INIT negotiated.</summary>
    public FuseConnection Connection { get; private set; } = null!;

    /// <summary>What the session has done so far.</summary>
    public FuseCounters Counters => WorkerCounters.Sum(AllCounters) with
    {
        FilesStored = _service?.Store?.Stored ?? 0,
        BlocksStored = _service?.Store?.StoredBlocks ?? 0,
        BytesStored = _service?.Store?.StoredBytes ?? 0,
    };

    /// <summary>How requests arrive.</summary>
    public FuseTransport Transport { get; private set; }

    /// <summary>Where it is mounted, by the mount table; and its device number there, if the session made the mount.</summary>
    public (string Directory, DeviceNumber? Device) Place => (_mount.MountPoint, _device);

    /// <summary>Whether the session made its mount, and can unmount it; else <see cref="Unmount"/> fails.</summary>
    public bool OwnsMount => _mount is not InheritedMount;

    private IEnumerable<WorkerCounters> AllCounters => _workers.Select(worker => worker.Counters).Concat(_ring?.Counters ?? []);

    // Whether the mount point shows this session's mount.
    private bool IsOnTop => _device is not null && Mounts.DeviceAt(_mount.MountPoint) == _device;

    /// <summary>
    /// Mounts a file system and serves it, by one thread until <see cref="Wait"/> is called. Returns when the kernel has accepted the
    /// session and files can be read; on any failure nothing stays mounted.
    /// </summary>
    /// <exception cref="FuseMountException">It cannot be mounted; the message says why and what to do next.</exception>
    /// <exception cref="LinuxException">The system is out of memory or descriptors.</exception>
    public static FuseSession Mount(FileSystem fileSystem, FuseMountOptions options)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(options);
        var session = new FuseSession(FuseMount.Create(options), options);
        try
        {
            session.Start(fileSystem);
            return session;
        }
        catch
        {
            session._mount.Abandon();
            session._ring?.Dismiss();
            session.Dispose();
            throw;
        }
    }

    /// <summary>Unmounts; <see cref="Wait"/> then returns.</summary>
    /// <param name="lazy">
    /// True to take it out of the tree at once and end it when nobody uses it any more; false to fail while somebody does.
    /// </param>
    /// <exception cref="FuseMountException">It is in use, or was unmounted already, or something is mounted over it.</exception>
    public void Unmount(bool lazy)
    {
        if (OwnsMount && !IsOnTop)
        {
            throw new FuseMountException($"{_mount.MountPoint}: no longer mounted, or something else is mounted over it");
        }

        _mount.Unmount(lazy);
    }

    /// <summary>
    /// Asks the tree for each file again when it is next read from, so that what the tree has closed meanwhile is let go.
    /// </summary>
    public void ForgetFiles() => _service?.ForgetFiles();

    /// <summary>Serves by as many threads as there are to be, until the connection has ended (unmount, abort). Nothing stays mounted then.</summary>
    public void Wait()
    {
        if (!_workers[0].Join(s_firstLook))
        {
            StartOthers();
        }

        JoinWorkers(Timeout.InfiniteTimeSpan);
        _ring?.Join(Timeout.InfiniteTimeSpan);
        End();
    }

    /// <summary>
    /// Ends the session, whoever uses it. Where the mount was made by fusermount3 and is in use, it goes out of the tree and
    /// its workers end with the last user.
    /// </summary>
    public void Dispose()
    {
        RemoveMount();
        if (JoinWorkers(s_patience) && _ring?.Join(s_patience) != false)
        {
            End();
        }
    }

    private FuseChannel MakeChannel(FileDescriptor connection) =>
        new(connection, new ReplyPolicy(_options.ForceReply, _options.CachesOnce), _options.CopiesHeaders);

    private static int ChooseWorkers(int wanted) => wanted > 0 ? wanted : Math.Clamp(2 * Environment.ProcessorCount, 4, 16);

    private void Start(FileSystem fileSystem)
    {
        // The table takes its time; but who has become another user may not come to the directory.
        _device = (OwnsMount ? Mounts.DeviceOf(_mount.MountPoint) : null) ?? Mounts.DeviceAt(_mount.MountPoint);
        var first = MakeChannel(_mount.Connection);
        var service = new FuseService(fileSystem, _options, _mount.Connection);
        _service = service;
        if (_options.StoresAhead && !fileSystem.MayChange)
        {
            service.StoreAhead(_mount.Connection);
        }

        var worker = new FuseWorker(0, first, service);
        _workers = [worker];
        Connection = FuseHandshake.Run(
            first,
            mayBeIdmapped: OwnsMount && _options is { DefaultPermissions: true, AllowRoot: false },
            fileSystem.MayChange,
            _options.Transport == FuseTransport.Ring ? () => PrepareRing(service) : null,
            _options.BackingFiles is not null,
            FuseTrace.For(_options));
        if (_options.BackingFiles is not null && !Connection.Flags.HasFlag(FuseInitFlags.Passthrough))
        {
            throw new FuseMountException($"{_mount.MountPoint}: passthrough: this kernel's FUSE does not have it (Linux 6.9, CONFIG_FUSE_PASSTHROUGH)");
        }

        if (_device is DeviceNumber device)
        {
            _options.Calls.RaiseReadAhead(device, ReadAhead.KibFor(_options));
        }

        ServeRing();
        worker.Start();
        CheckAccepted();
        _options.Calls.Settle();
        if (_options.IdleTimeout is { } timeout)
        {
            _idleWatch = new IdleWatch(_mount, timeout, CountUses, () => IsOnTop, _options.Log);
        }
    }

    private void StartOthers()
    {
        lock (_endLock)
        {
            if (_isComplete || _ended)
            {
                return;
            }

            _isComplete = true;

            // One worker takes what the ring does not bring (FORGET, INTERRUPT).
            int count = Transport == FuseTransport.Ring ? 1 : ChooseWorkers(_options.Workers);
            try
            {
                for (int number = 1; number < count; number++)
                {
                    var worker = new FuseWorker(number, MakeChannel(CloneConnection()), _service!);
                    _workers = [.. _workers, worker];
                    worker.Start();
                }

                _service!.Store?.Start();

                // Finding out takes a thread: here, and not while a reader waits.
                _ = _options.FollowsReaders && IdlePolicy.CanLeave;
            }
            catch (Exception e) when (e is LinuxException or OutOfMemoryException)
            {
                _options.Log($"continues with {_workers.Length} of {count} workers: {e.Message}");
            }
        }
    }

    private bool JoinWorkers(TimeSpan timeout)
    {
        for (int i = 0; i < _workers.Length; i++)
        {
            if (!_workers[i].Join(timeout))
            {
                return false;
            }
        }

        return true;
    }

    private long CountUses() => AllCounters.Sum(counters => counters.CountUses());

    private bool PrepareRing(FuseService service)
    {
        _ring = RingWorkers.TryMake(_mount.Connection, service, RemoveMount, out _ringRefusal);
        return _ring is not null;
    }

    private void ServeRing()
    {
        if (_ring?.TryServe(out _ringRefusal) == true)
        {
            Transport = FuseTransport.Ring;
        }
        else if (_options.Transport == FuseTransport.Ring)
        {
            _options.Log($"without io_uring, over /dev/fuse: {_ringRefusal}");
        }
    }

    private FileDescriptor CloneConnection()
    {
        FileDescriptor? clone = FuseDevice.TryClone(_mount.Connection);
        if (clone is null)
        {
            return _mount.Connection;
        }

        _clones.Add(clone);
        return clone;
    }

    // The kernel does not say whether it accepted INIT, but refuses whoever comes after when it did not. Another error is the tree's
    // own, of a damaged root directory mostly: the mount works, and says so to whoever asks.
    private void CheckAccepted()
    {
        Errno errno = Mounts.Probe(_mount.MountPoint);
        if (errno is Errno.ECONNREFUSED or Errno.ENOTCONN or Errno.ECONNABORTED)
        {
            throw new FuseMountException($"{_mount.MountPoint}: the kernel did not accept the session: {LinuxException.Text(errno)}");
        }
    }

    // After an abort a dead mount would be left behind. What somebody mounted over it, or there since, is left alone: when ours is
    // gone, its device number may be another's.
    private void RemoveMount()
    {
        bool isGone = Array.Exists(_workers, worker => worker.EndedBy == Errno.ENODEV);
        if (IsOnTop && (!isGone || Mounts.Probe(_mount.MountPoint) is Errno.ENOTCONN or Errno.ECONNABORTED))
        {
            _mount.Abandon();
        }
    }

    private void End()
    {
        lock (_endLock)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            JoinWorkers(Timeout.InfiniteTimeSpan);
            _idleWatch?.Dispose();
            _service?.Store?.Dispose();
            _service?.ReadersAhead?.Dispose();
            RemoveMount();
            Array.ForEach(_workers, worker => worker.Dispose());
            _ring?.Dispose();
            _options.Rings?.Dispose();
            _clones.ForEach(clone => clone.Dispose());
            _mount.Connection.Dispose();
        }
    }
}
