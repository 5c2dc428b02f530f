using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>A mount that was made, and how it is unmounted.</summary>
/// <param name="mountPoint">Where it is.</param>
/// <param name="connection">The device's descriptor that it is tied to.</param>
internal abstract class FuseMount(string mountPoint, FileDescriptor connection)
{
    private const int MaxDead = 16;

    /// <summary>Where it is.</summary>
    public string MountPoint => mountPoint;

    /// <summary>The device's descriptor that it is tied to.</summary>
    public FileDescriptor Connection => connection;

    /// <summary>Whether the kernel marks it when it is found idle, and takes the mark away when it is used.</summary>
    public virtual bool IsMarkedIdle => false;

    /// <summary>Takes a descriptor that is mounted; else mounts: by mount(2) where that is permitted, else by fusermount3.</summary>
    /// <exception cref="FuseMountException">Neither works; the message says what is missing.</exception>
    public static FuseMount Create(FuseMountOptions options)
    {
        if (InheritedMount.TryTake(options.MountPoint) is { } inherited)
        {
            return inherited;
        }

        options = options.Keeper is null ? options with { MountPoint = ResolveMountPoint(options.MountPoint, options.Log) } : options;
        return (FuseMount?)DirectMount.TryMake(options, out string refusal) ?? DelegatedMount.Make(options, refusal);
    }

    /// <summary>Unmounts.</summary>
    /// <param name="lazy">True to take it out of the tree now and end it when it is no longer in use; false to fail while it is in
    /// use.</param>
    /// <exception cref="FuseMountException">It cannot be unmounted: it is in use.</exception>
    public abstract void Unmount(bool lazy);

    /// <summary>Unmounts whatever is in the way, as far as is permitted; errors are passed over.</summary>
    public abstract void Abandon();

    /// <summary>Unmounts if nobody uses it: EBUSY when somebody does, EAGAIN when it is marked as idle from now on.</summary>
    public abstract Errno TryExpire();

    /// <summary>Takes away what is dead in a directory's way.</summary>
    /// <returns>Its path as /proc/self/mountinfo will have it.</returns>
    /// <exception cref="FuseMountException">There is no such directory, or what is in the way stays.</exception>
    public static string ResolveMountPoint(string directory, Action<string> log)
    {
        for (int mended = 0; mended < MaxDead && Mounts.Probe(directory) is Errno.ENOTCONN or Errno.ECONNABORTED; mended++)
        {
            Mend(directory, log);
        }

        using FileDescriptor? descriptor = Files.TryOpen(directory, OpenFlags.Path, out Errno errno);
        if (descriptor is null)
        {
            throw new FuseMountException(
                errno == Errno.ENOENT ? $"{directory}: No such file or directory: make it first" : $"{directory}: {LinuxException.Text(errno)}");
        }

        return Files.Status(descriptor).IsDirectory
            ? Paths.ReadLink($"/proc/self/fd/{descriptor.Number}") ?? directory
            : throw new FuseMountException($"{directory}: not a directory: mount on an empty directory");
    }

    // A mount whose server has died is of no use to anybody, and whoever mounts here wants another.
    private static void Mend(string directory, Action<string> log)
    {
        string path = PathOf(directory) ?? directory;
        try
        {
            FuseUnmount.Run(path, lazy: true);
        }
        catch (FuseMountException e)
        {
            throw new FuseMountException($"{directory}: a mount whose server has died is in the way: {e.Message}", e.IsPermission);
        }

        log($"{directory}: a mount whose server had died was in the way: unmounted");
    }

    private static string? PathOf(string directory)
    {
        using FileDescriptor? descriptor = Files.TryOpen(directory, OpenFlags.Path, out _);
        return descriptor is null ? null : Paths.ReadLink($"/proc/self/fd/{descriptor.Number}");
    }
}
