using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// A folder with nothing in it that one process has for itself, to mount on: it is locked (flock(2)) for as long as this is there, and who else asks
/// for it in this way does not get it.
/// </summary>
public sealed unsafe class ClaimedFolder : IDisposable
{
    private const ushort UsualPermissions = 0x1FF; // rwxrwxrwx, less the umask

    // What a folder has from when it is made until it is locked, by which others know that it is no folder to be found. mkdir(2) takes this bit.
    private const ushort UnlockedMark = 0x200; // S_ISVTX
    private const ushort AllPermissions = 0xDFF; // rwxrwxrwx, and the set-id bits
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;

    // Null where a folder cannot be locked: on NFS, or without the right to read it.
    private readonly FileDescriptor? _lock;

    private ClaimedFolder(string path, bool isMade, FileDescriptor? held)
    {
        Path = path;
        IsMade = isMade;
        _lock = held;
    }

    /// <summary>Its path, as given.</summary>
    public string Path { get; }

    /// <summary>Whether it was made, with the permissions that the umask leaves; else it was there.</summary>
    public bool IsMade { get; }

    /// <summary>Makes a folder, or takes the one that is there.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="errno">EEXIST where something is in it or mounted on it, or another process has it; what else it cannot be made for.</param>
    /// <returns>Null where it cannot be had.</returns>
    public static ClaimedFolder? TryTake(string path, out Errno errno)
    {
        using var name = new NativeText(path);
        errno = LinuxException.ErrorOf(mkdir(name.Start, UsualPermissions | UnlockedMark));
        bool isMade = errno == Errno.None;
        if (!isMade && (errno != Errno.EEXIST || IsMountPoint(path) || !Paths.IsFolder(path)))
        {
            return null;
        }

        FileDescriptor? folder = Files.TryOpen(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking, out _);
        if (isMade ? TryLockMade(path, folder) : folder is not null && TryLockFound(folder) && IsFree(path))
        {
            errno = Errno.None;
            return new ClaimedFolder(path, isMade, folder);
        }

        folder?.Dispose();
        errno = Errno.EEXIST;
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _lock?.Dispose();

    // Others have the lock for no longer than it takes to see the mark. Some file systems keep no mark: there another may have been faster.
    private static bool TryLockMade(string path, FileDescriptor? folder)
    {
        if (folder is null)
        {
            return true;
        }

        _ = Lock(folder, waits: true);
        _ = fchmod(folder.Number, (ushort)(Files.Status(folder).Mode & AllPermissions));
        return IsFree(path);
    }

    private static bool TryLockFound(FileDescriptor folder) =>
        Lock(folder, waits: false) != Errno.EAGAIN && (Files.Status(folder).Mode & UnlockedMark) == 0;

    private static Errno Lock(FileDescriptor folder, bool waits)
    {
        Errno errno;
        do
        {
            errno = LinuxException.ErrorOf(MoreLibc.flock(folder.Number, waits ? LOCK_EX : LOCK_EX | LOCK_NB));
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    private static bool IsFree(string path)
    {
        try
        {
            return !IsMountPoint(path) && Paths.List(path).Count == 0;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    // The mount is not looked into: its server may hang. Where there is no /proc, none is known.
    private static bool IsMountPoint(string path)
    {
        string folder = System.IO.Path.GetDirectoryName(path) ?? "/";
        string real = System.IO.Path.Combine(Paths.Resolve(folder) ?? folder, System.IO.Path.GetFileName(path));
        return Mounts.All().Any(place => place.Directory == real);
    }
}
