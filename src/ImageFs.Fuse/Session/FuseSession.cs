using ImageFs.Fuse.Dispatch;
using ImageFs.Fuse.Mounting;
using ImageFs.Fuse.Replies;
using ImageFs.Fuse.Ring;
using ImageFs.Fuse.Session;
using ImageFs.Linux;

namespace ImageFs.Fuse;

/// <summary>A mount and the workers that answer for it, from mounting to unmounting.</summary>
public sealed class FuseSession : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly FuseMount _mount;
    private readonly List<FileDescriptor> _clones = [];
    private readonly List<FuseWorker> _workers = [];
    private readonly Lock _endLock = new();
    private FuseService? _service;
    private RingWorkers? _ring;
    private string _ringRefusal = "the kernel does not offer it; root can: echo Y > /sys/module/fuse/parameters/enable_uring (Linux 6.14)";
    private IdleWatch? _idleWatch;
    private DeviceNumber? _device;
    private bool _ended;

    private FuseSession(FuseMount mount) => _mount = mount;

    /// <summary>What INIT negotiated.</summary>
    public FuseConnection Connection { get; private set; } = null!;

    /// <summary>What the session has done so far.</summary>
    public FuseCounters Counters => WorkerCounters.Sum(AllCounters) with
    {
        FilesStored = _service?.Store?.Stored ?? 0,
        BytesStored = _service?.Store?.StoredBytes ?? 0,
    };

    /// <summary>How requests come.</summary>
    public FuseTransport Transport { get; private set; }

    /// <summary>Where it is mounted, as the mount table has it; and the device number that it has there, where it made the mount.</summary>
    public (string Directory, DeviceNumber? Device) Place => (_mount.MountPoint, _device);

    /// <summary>Whether the session made its mount, and can take it away; else <see cref="Unmount"/> fails.</summary>
    public bool OwnsMount => _mount is not InheritedMount;

    private IEnumerable<WorkerCounters> AllCounters => _workers.Select(worker => worker.Counters).Concat(_ring?.Counters ?? []);

    // Whether the mount point shows this session's mount.
    private bool IsOnTop => _device is not null && Mounts.DeviceAt(_mount.MountPoint) == _device;

    /// <summary>
    /// Mounts a file system and serves it. Returns when the kernel has accepted the session and files can be read; on any failure
    /// nothing stays mounted.
    /// </summary>
    /// <exception cref="FuseMountException">It cannot be mounted; the message says why and what to do next.</exception>
    /// <exception cref="LinuxException">The system is out of memory or descriptors.</exception>
    public static FuseSession Mount(FuseFileSystem fileSystem, FuseMountOptions options)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(options);
        var session = new FuseSession(FuseMount.Create(options));
        try
        {
            session.Start(fileSystem, options);
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

    /// <summary>Takes the mount away; <see cref="Wait"/> then returns.</summary>
    /// <param name="lazy">
    /// Whether out of the tree at once, and ended when nobody uses it any more. Else it fails while somebody does.
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

    /// <summary>Asks the tree for each file anew when it is next read from, so that what it has closed meanwhile can go.</summary>
    public void ForgetFiles() => _service?.Files.Clear();

    /// <summary>Waits until the connection has ended (unmount, abort) and all workers are done. Nothing stays mounted then.</summary>
    public void Wait()
    {
        foreach (FuseWorker worker in _workers)
        {
            worker.Join(Timeout.InfiniteTimeSpan);
        }

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
        if (_workers.TrueForAll(worker => worker.Join(s_patience)) && _ring?.Join(s_patience) != false)
        {
            End();
        }
    }

    private static FuseChannel MakeChannel(FileDescriptor connection, FuseMountOptions options) =>
        new(connection, new ReplyPolicy(options.ForceReply, options.CachesOnce), options.CopiesHeaders);

    private static int ChooseWorkers(int wanted) => wanted > 0 ? wanted : Math.Clamp(2 * Environment.ProcessorCount, 4, 16);

    private void Start(FuseFileSystem fileSystem, FuseMountOptions options)
    {
        _device = Mounts.DeviceAt(_mount.MountPoint);
        var first = MakeChannel(_mount.Connection, options);
        var service = new FuseService(fileSystem, options);
        _service = service;
        if (options.StoresAhead && !fileSystem.MayChange)
        {
            service.StoreAhead(_mount.Connection);
        }

        _workers.Add(new FuseWorker(0, first, service));
        Connection = FuseHandshake.Run(
            first,
            mayBeIdmapped: OwnsMount && options is { DefaultPermissions: true, AllowRoot: false },
            fileSystem.MayChange,
            options.Transport == FuseTransport.Ring ? () => PrepareRing(service) : null,
            FuseTrace.For(options));

        // What the ring does not bring (FORGET, INTERRUPT) is for one worker.
        int workers = ServeRing(options) ? 1 : ChooseWorkers(options.Workers);
        for (int number = 1; number < workers; number++)
        {
            var channel = MakeChannel(CloneConnection(), options);
            _workers.Add(new FuseWorker(number, channel, service));
        }

        _workers.ForEach(worker => worker.Start());
        CheckAccepted();
        if (_device is DeviceNumber device)
        {
            ReadAhead.Raise(device, isDirect: options.CachesOnce || options.ForceReply == ReplyWay.Direct);
        }

        if (options.IdleTimeout is { } timeout)
        {
            _idleWatch = new IdleWatch(_mount, timeout, CountUses, () => IsOnTop, options.Log);
        }
    }

    private long CountUses() => AllCounters.Sum(counters => counters.CountUses());

    private bool PrepareRing(FuseService service)
    {
        _ring = RingWorkers.TryMake(_mount.Connection, service, RemoveMount, out _ringRefusal);
        return _ring is not null;
    }

    private bool ServeRing(FuseMountOptions options)
    {
        if (_ring?.TryServe(out _ringRefusal) == true)
        {
            Transport = FuseTransport.Ring;
        }
        else if (options.Transport == FuseTransport.Ring)
        {
            options.Log($"without io_uring, over /dev/fuse: {_ringRefusal}");
        }

        return Transport == FuseTransport.Ring;
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
        bool isGone = _workers.Exists(worker => worker.EndedBy == Errno.ENODEV);
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
            _idleWatch?.Dispose();
            _service?.Store?.Dispose();
            RemoveMount();
            _workers.ForEach(worker => worker.Dispose());
            _ring?.Dispose();
            _clones.ForEach(clone => clone.Dispose());
            _mount.Connection.Dispose();
        }
    }
}
