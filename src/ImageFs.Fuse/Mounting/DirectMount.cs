using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>A mount made by mount(2): by root, or in a user namespace of one's own.</summary>
internal sealed class DirectMount : FuseMount
{
    private const string RootMode = "40000";

    private DirectMount(string mountPoint, FileDescriptor connection)
        : base(mountPoint, connection)
    {
    }

    /// <param name="options">How and where.</param>
    /// <param name="refusal">What is not permitted, when it returned null.</param>
    /// <returns>Null when it is not permitted, and fusermount3 may be tried.</returns>
    /// <exception cref="FuseMountException">It would not work by fusermount3 either.</exception>
    public static DirectMount? TryMake(FuseMountOptions options, out string refusal)
    {
        FileDescriptor? connection = FuseDevice.TryOpen(out Errno errno);
        if (connection is null)
        {
            refusal = $"/dev/fuse: {LinuxException.Text(errno)}";
            return errno is Errno.EACCES or Errno.EPERM ? null : throw MountAdvice.NoDevice(errno);
        }

        errno = Mounts.Mount(
            options.Source, options.MountPoint, $"fuse.{options.Subtype}", options.Flags | MountFlags.ReadOnly, Data(options, connection));
        refusal = $"mount: {LinuxException.Text(errno)}";
        if (errno == Errno.None)
        {
            return new DirectMount(options.MountPoint, connection);
        }

        connection.Dispose();
        return errno == Errno.EPERM ? null : throw MountAdvice.MountFailed(options.MountPoint, errno);
    }

    /// <inheritdoc/>
    public override void Unmount(bool lazy)
    {
        Errno errno = Mounts.Unmount(MountPoint, UnmountFlags.NoFollow | (lazy ? UnmountFlags.Detach : UnmountFlags.None));
        if (errno != Errno.None)
        {
            throw MountAdvice.UnmountFailed(MountPoint, errno);
        }
    }

    /// <inheritdoc/>
    public override void Abandon() =>
        _ = Mounts.Unmount(MountPoint, UnmountFlags.NoFollow | UnmountFlags.Detach | UnmountFlags.Force);

    /// <inheritdoc/>
    public override bool IsMarkedIdle => true;

    /// <inheritdoc/>
    public override Errno TryExpire() => Mounts.Unmount(MountPoint, UnmountFlags.NoFollow | UnmountFlags.Expire);

    private static string Data(FuseMountOptions options, FileDescriptor connection) =>
        $"fd={connection.Number},rootmode={RootMode},user_id={Mounts.UserId},group_id={Mounts.GroupId}" +
        (options.AllowOther || options.AllowRoot ? ",allow_other" : string.Empty) +
        (options.DefaultPermissions ? ",default_permissions" : string.Empty) +
        (options.SecurityContexts.Length > 0 ? $",{options.SecurityContexts}" : string.Empty);
}
