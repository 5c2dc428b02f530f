using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Mounting;

/// <summary>
/// A mount that the caller has made: its mount point is given as <c>/dev/fd/N</c>, the descriptor of /dev/fuse that goes with it, as
/// mount.fuse3 does for a program that is to have no privileges (libfuse 3.3). Whoever made it takes it away.
/// </summary>
internal sealed class InheritedMount : FuseMount
{
    private static readonly DeviceNumber s_fuse = new(10, 229); // Documentation/admin-guide/devices.txt

    private InheritedMount(string mountPoint, FileDescriptor connection)
        : base(mountPoint, connection)
    {
    }

    /// <summary>Takes the descriptor.</summary>
    /// <returns>Null when the mount point is no descriptor.</returns>
    /// <exception cref="FuseMountException">It is not open, or not of /dev/fuse.</exception>
    public static InheritedMount? TryTake(string mountPoint)
    {
        if (FileDevice.FindDescriptor(mountPoint) is not { } number)
        {
            return null;
        }

        FileDescriptor connection;
        try
        {
            connection = Files.Duplicate(number);
        }
        catch (LinuxException e)
        {
            throw new FuseMountException($"{mountPoint}: {LinuxException.Text(e.Errno)}: it must be a descriptor of /dev/fuse that is mounted");
        }

        FileStatus status = Files.Status(connection);
        bool isFuse = status.IsCharacterDevice && status.Device == s_fuse;
        if (isFuse && !IsUnused(connection))
        {
            return new InheritedMount(mountPoint, connection);
        }

        connection.Dispose();
        throw new FuseMountException(
            isFuse ? $"{mountPoint}: not mounted: it must be a descriptor of /dev/fuse that is" : $"{mountPoint}: not a descriptor of /dev/fuse");
    }

    // Asked for nothing, the device takes no request out, and tells all the same whether there is a mount that any might come from.
    private static bool IsUnused(FileDescriptor connection) => Descriptors.Read(connection, [], out Errno errno) < 0 && errno == Errno.EPERM;

    /// <inheritdoc/>
    public override void Unmount(bool lazy) => throw new FuseMountException($"{MountPoint}: unmount it where it was mounted");

    /// <inheritdoc/>
    public override void Abandon()
    {
    }

    /// <inheritdoc/>
    public override Errno TryExpire() => Errno.EBUSY;
}
