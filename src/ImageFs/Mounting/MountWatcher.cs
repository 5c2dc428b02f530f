using ImageFs.Fuse;
using ImageFs.Linux;

namespace ImageFs.Mounting;

/// <summary>
/// <c>auto_unmount</c>: this program started once more, which waits for the end of the server, by a pipe whose other end only that one
/// has, and takes away the mount that it may have left behind. However the server ends, the kernel closes its end.
/// </summary>
internal sealed class MountWatcher : IDisposable
{
    // The word that makes a watcher of a process, before the mount point and its device number; what is behind says that the mount point goes too.
    private const string WatcherWord = "--watcher";

    private const string RemovedWord = "removed";

    private readonly FileDescriptor _end;

    private MountWatcher(FileDescriptor end) => _end = end;

    /// <summary>Starts the watcher of a mount.</summary>
    /// <param name="place">The mount point, and its device number.</param>
    /// <param name="isRemoved">Whether the mount point was made for the mount, and is taken away with it.</param>
    /// <returns>What keeps it waiting.</returns>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    internal static MountWatcher Start((string Directory, DeviceNumber? Device) place, bool isRemoved)
    {
        Processes.KeepDescriptors();
        (FileDescriptor read, FileDescriptor write) = Descriptors.MakePipe();
        using (read)
        {
            string[] removed = isRemoved ? [RemovedWord] : [];
            ChildProcess.StartServer([.. Background.Self, WatcherWord, place.Directory, $"{place.Device}", .. removed], standardError: null, standardInput: read);
            return new MountWatcher(write);
        }
    }

    /// <summary>In the watcher: its whole life.</summary>
    /// <returns>False when this process is none.</returns>
    internal static bool TryRun(string[] arguments)
    {
        if (arguments is not [WatcherWord, var directory, var device, .. var removed])
        {
            return false;
        }

        using FileDescriptor server = Files.Duplicate(0);
        Processes.Detach();
        Environment.CurrentDirectory = "/";
        Span<byte> nothing = stackalloc byte[1];
        while (Descriptors.Read(server, nothing, out Errno errno) > 0 || errno == Errno.EINTR)
        {
        }

        // Somebody may have unmounted it, or mounted something there since.
        if ($"{Mounts.DeviceAt(directory)}" == device && Mounts.Probe(directory) is Errno.ENOTCONN or Errno.ECONNABORTED)
        {
            FuseUnmount.Run(directory, lazy: true);
            _ = removed is [RemovedWord] ? FileWriting.TryRemoveFolder(directory) : Errno.None;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _end.Dispose();
}
