using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>What to tell a person whose mount did not work: what is wrong, and what to do next.</summary>
internal static class MountAdvice
{
    private const int MaxUsers = 8;

    private const string Container =
        "in a container, start it with docker run (or podman run) --device /dev/fuse --cap-add SYS_ADMIN --security-opt apparmor=unconfined;"
        + " imagefs ls, cat and extract work without a mount";

    /// <summary>/dev/fuse cannot be opened.</summary>
    public static FuseMountException NoDevice(Errno errno) => new(errno == Errno.ENOENT
        ? $"/dev/fuse does not exist: modprobe fuse; {Container}"
        : $"/dev/fuse: {LinuxException.Text(errno)}: modprobe fuse; {Container}");

    /// <summary>mount(2) failed, for a reason that is not permission.</summary>
    public static FuseMountException MountFailed(string mountPoint, Errno errno) => new(errno switch
    {
        Errno.ENODEV => $"{mountPoint}: this kernel has no FUSE: modprobe fuse",
        Errno.EINVAL => $"{mountPoint}: mount: {LinuxException.Text(errno)}: is /dev/fuse of another user namespace?",
        Errno.EACCES => $"{mountPoint}: mount: {LinuxException.Text(errno)}: does AppArmor or SELinux forbid it? {Container}",
        _ => $"{mountPoint}: mount: {LinuxException.Text(errno)}",
    });

    /// <summary>umount2(2) failed.</summary>
    public static FuseMountException UnmountFailed(MountCalls calls, string mountPoint, Errno errno) => errno == Errno.EBUSY
        ? InUse(mountPoint, calls.FindUsers(mountPoint))
        : new FuseMountException($"{mountPoint}: umount: {LinuxException.Text(errno)}", isPermission: errno is Errno.EPERM or Errno.EACCES);

    /// <summary>A mount cannot be taken away because of others.</summary>
    /// <param name="mountPoint">The mount point.</param>
    /// <param name="users">Who uses it, as <see cref="MountUsers"/> says.</param>
    public static FuseMountException InUse(string mountPoint, IReadOnlyList<string> users) =>
        new($"{mountPoint}: in use by {Join(users)}: end that, or unmount lazily: imagefs umount -z {mountPoint}");

    /// <summary>mount(2) is not permitted, and there is no helper.</summary>
    /// <param name="refusal">What was not permitted.</param>
    public static FuseMountException NoHelper(string refusal) => new(
        Environment.GetEnvironmentVariable("FUSERMOUNT_PROG") is { Length: > 0 } chosen
            ? $"{refusal}; and {chosen}, which FUSERMOUNT_PROG names, is no program that this user may run"
            : $"{refusal}; and there is no fusermount3 that this user may run: apt install fuse3, or run as root; {Container}",
        isPermission: true);

    /// <summary>fusermount3 failed: for want of permission, mostly. What it says of options and of the directory is as good as an errno.</summary>
    public static FuseMountException HelperRefused(string program, string message)
    {
        string text = message.Length == 0
            ? $"{program} failed without saying why"
            : string.Join("; ", message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        if (message.Contains("user_allow_other", StringComparison.Ordinal))
        {
            return Permission($"{text}: add the line user_allow_other to /etc/fuse.conf, or leave allow_other out (allow_root asks for it too)");
        }

        // It opens the device as the user.
        if (message.Contains("/dev/fuse: Permission denied", StringComparison.Ordinal))
        {
            return Permission($"{text}: chmod 666 /dev/fuse, as udev does");
        }

        if (message.Contains("open /etc/mtab", StringComparison.Ordinal))
        {
            return new FuseMountException($"{text}: as root, ln -s /proc/self/mounts /etc/mtab");
        }

        if (message.Contains("too many FUSE filesystems", StringComparison.Ordinal))
        {
            return new FuseMountException($"{text}: unmount some, or raise mount_max in /etc/fuse.conf");
        }

        if (message.Contains("not permitted", StringComparison.Ordinal))
        {
            return Permission($"{text}: is {program} set-user-id root? {Container}");
        }

        if (message.Contains("no write access", StringComparison.Ordinal) || message.Contains("not owned", StringComparison.Ordinal) ||
            message.Contains("is forbidden", StringComparison.Ordinal))
        {
            return Permission($"{text}: mount on a directory of your own");
        }

        return message.Contains("entry for", StringComparison.Ordinal)
            ? Permission($"{text}: it is another user's mount, or none")
            : new FuseMountException(text, isPermission: message.Contains("ermission", StringComparison.Ordinal));
    }

    private static FuseMountException Permission(string text) => new(text, isPermission: true);

    private static string Join(IReadOnlyList<string> users) => users.Count switch
    {
        0 => "processes that do not show to this user",
        > MaxUsers => $"{string.Join(", ", users.Take(MaxUsers))} and {users.Count - MaxUsers} more",
        _ => string.Join(", ", users),
    };
}
