using ImageFs.Fuse.Mounting;
using ImageFs.Linux;

namespace ImageFs.Fuse.Session;

/// <summary>
/// Unmounts when nobody has used the mount for a while: there was no request, and the kernel agrees. The kernel has the last
/// word: it knows of open files, and of uses that its caches answered.
/// </summary>
internal sealed class IdleWatch : IDisposable
{
    private const int LooksInTime = 8;
    private static readonly TimeSpan s_seldom = TimeSpan.FromSeconds(10);

    private readonly FuseMount _mount;
    private readonly TimeSpan _timeout;
    private readonly Func<long> _countRequests;
    private readonly Func<bool> _isOnTop;
    private readonly Action<string> _log;
    private readonly TimeSpan _period;
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private bool _disposed;
    private long _seen = -1;
    private long? _idleSince;

    /// <summary>Begins to watch.</summary>
    /// <param name="mount">The mount.</param>
    /// <param name="timeout">How long nobody may use it.</param>
    /// <param name="countRequests">Tells how many requests there were.</param>
    /// <param name="isOnTop">Tells whether the mount point shows this mount.</param>
    /// <param name="log">Called when it is gone.</param>
    public IdleWatch(FuseMount mount, TimeSpan timeout, Func<long> countRequests, Func<bool> isOnTop, Action<string> log)
    {
        _mount = mount;
        _timeout = timeout;
        _countRequests = countRequests;
        _isOnTop = isOnTop;
        _log = log;
        TimeSpan often = timeout / LooksInTime;
        _period = often < s_seldom ? often : s_seldom;
        _timer = new Timer(_ => Look(), null, _period, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Stops watching.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _timer.Dispose();
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            if (!_disposed && !Expired(Environment.TickCount64))
            {
                _timer.Change(_period, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private bool Expired(long now)
    {
        long requests = _countRequests();
        if (requests != _seen)
        {
            _seen = requests;
            _idleSince = null;
            return false;
        }

        bool isDue = _idleSince is { } since && now - since >= _timeout.TotalMilliseconds;
        bool isToBeMarked = _idleSince is null && _mount.IsMarkedIdle;
        if (!isDue && !isToBeMarked)
        {
            _idleSince ??= now;
            return false;
        }

        Errno errno = _isOnTop() ? _mount.TryExpire() : Errno.EBUSY;
        _idleSince = errno == Errno.EBUSY && _mount.IsMarkedIdle ? null : now;
        if (errno == Errno.None)
        {
            _log($"{_mount.MountPoint}: unmounted, since nobody used it for {_timeout.TotalSeconds} s");
        }

        return errno == Errno.None;
    }
}
