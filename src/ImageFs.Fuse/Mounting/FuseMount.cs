using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>A mount that was made, and how it is taken away again.</summary>
/// <param name="mountPoint">Where it is.</param>
/// <param name="connection">The device's descriptor that it is tied to.</param>
internal abstract class FuseMount(string mountPoint, FileDescriptor connection)
{
    /// <summary>Where it is.</summary>
    public string MountPoint => mountPoint;

    /// <summary>The device's descriptor that it is tied to.</summary>
    public FileDescriptor Connection => connection;

    /// <summary>Mounts: by mount(2) where that is permitted, else by fusermount3.</summary>
    /// <exception cref="FuseMountException">Neither works; the message says what is missing.</exception>
    public static FuseMount Create(FuseMountOptions options)
    {
        options = options with { MountPoint = ResolveMountPoint(options.MountPoint) };
        return (FuseMount?)DirectMount.TryMake(options, out string refusal) ?? HelperMount.Make(options, refusal);
    }

    /// <summary>Unmounts.</summary>
    /// <param name="lazy">Whether out of the tree now, and gone when it is no longer in use; else being in use is an error.</param>
    /// <exception cref="FuseMountException">It cannot be unmounted: it is in use.</exception>
    public abstract void Unmount(bool lazy);

    /// <summary>Unmounts whatever is in the way, as far as is permitted; errors are passed over.</summary>
    public abstract void Abandon();

    // The path as /proc/self/mountinfo will have it.
    private static string ResolveMountPoint(string directory)
    {
        if (Mounts.Probe(directory) is Errno.ENOTCONN or Errno.ECONNABORTED)
        {
            throw new FuseMountException($"{directory}: a mount whose program has died is in the way: fusermount3 -u {directory}");
        }

        using FileDescriptor? descriptor = Files.TryOpen(directory, OpenFlags.Path, out Errno errno);
        if (descriptor is null)
        {
            throw new FuseMountException(
                errno == Errno.ENOENT ? $"{directory}: No such file or directory: make it first" : $"{directory}: {LinuxException.Text(errno)}");
        }

        return Files.Status(descriptor).IsDirectory
            ? new FileInfo($"/proc/self/fd/{descriptor.Number}").LinkTarget ?? directory
            : throw new FuseMountException($"{directory}: not a directory: mount on an empty directory");
    }
}
