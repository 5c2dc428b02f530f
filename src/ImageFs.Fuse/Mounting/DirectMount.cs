using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>A mount made by mount(2): by root, or in a user namespace of one's own.</summary>
internal sealed class DirectMount : FuseMount
{
    private const string RootMode = "40000";

    /// <summary>How it is taken out of the tree, whoever uses it.</summary>
    public const UnmountFlags LazyEnd = UnmountFlags.NoFollow | UnmountFlags.Detach;
    private const UnmountFlags BusyEnd = UnmountFlags.NoFollow;
    private const UnmountFlags AbandonedEnd = UnmountFlags.NoFollow | UnmountFlags.Detach | UnmountFlags.Force;
    private const UnmountFlags IdleEnd = UnmountFlags.NoFollow | UnmountFlags.Expire;

    private readonly MountCalls _calls;

    private DirectMount(MountCalls calls, string mountPoint, FileDescriptor connection)
        : base(mountPoint, connection) => _calls = calls;

    /// <summary>The other ways in which it is unmounted.</summary>
    public static ReadOnlySpan<UnmountFlags> OtherEnds => [BusyEnd, AbandonedEnd, IdleEnd];

    /// <param name="options">How and where.</param>
    /// <param name="refusal">What is not permitted, when it returned null.</param>
    /// <returns>Null when it is not permitted, and fusermount3 may be tried.</returns>
    /// <exception cref="FuseMountException">It would not work by fusermount3 either.</exception>
    public static DirectMount? TryMake(FuseMountOptions options, out string refusal)
    {
        (FileDescriptor? connection, Errno errno, bool isOfDevice) = options.Calls.Mount(WordsOf(options));
        if (isOfDevice)
        {
            refusal = $"/dev/fuse: {LinuxException.Text(errno)}";
            return errno is Errno.EACCES or Errno.EPERM ? null : throw MountAdvice.NoDevice(errno);
        }

        refusal = $"mount: {LinuxException.Text(errno)}";
        return connection is not null ? new DirectMount(options.Calls, options.MountPoint, connection)
            : errno == Errno.EPERM ? null : throw MountAdvice.MountFailed(options.MountPoint, errno);
    }

    /// <summary>What mount(2) is called with.</summary>
    public static MountCalls.Words WordsOf(FuseMountOptions options) =>
        new(options.Source, options.MountPoint, $"fuse.{options.Subtype}", options.Flags | MountFlags.ReadOnly, Data(options));

    /// <inheritdoc/>
    public override void Unmount(bool lazy)
    {
        Errno errno = _calls.Unmount(MountPoint, lazy ? LazyEnd : BusyEnd);
        if (errno != Errno.None)
        {
            throw MountAdvice.UnmountFailed(_calls, MountPoint, errno);
        }
    }

    /// <inheritdoc/>
    public override void Abandon() => _ = _calls.Unmount(MountPoint, AbandonedEnd);

    /// <inheritdoc/>
    public override bool IsMarkedIdle => true;

    /// <inheritdoc/>
    public override Errno TryExpire() => _calls.Unmount(MountPoint, IdleEnd);

    private static string Data(FuseMountOptions options) =>
        $"rootmode={RootMode},user_id={options.UserId},group_id={options.GroupId}" +
        (options.AllowOther || options.AllowRoot ? ",allow_other" : string.Empty) +
        (options.DefaultPermissions ? ",default_permissions" : string.Empty) +
        (options.SecurityContexts.Length > 0 ? $",{options.SecurityContexts}" : string.Empty);
}
