using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>What to tell a person whose mount did not work: what is wrong, and what to do next.</summary>
internal static class MountAdvice
{
    private const string Container = "in a container, start it with --device /dev/fuse --cap-add SYS_ADMIN";

    /// <summary>/dev/fuse cannot be opened.</summary>
    public static string NoDevice(Errno errno) => errno == Errno.ENOENT
        ? $"/dev/fuse does not exist: modprobe fuse; {Container}"
        : $"/dev/fuse: {LinuxException.Text(errno)}: modprobe fuse; {Container}";

    /// <summary>mount(2) failed, for a reason that is not permission.</summary>
    public static string MountFailed(string mountPoint, Errno errno) => errno switch
    {
        Errno.ENODEV => $"{mountPoint}: this kernel has no FUSE: modprobe fuse",
        Errno.EINVAL => $"{mountPoint}: mount: {LinuxException.Text(errno)}: is /dev/fuse of another user namespace?",
        _ => $"{mountPoint}: mount: {LinuxException.Text(errno)}",
    };

    /// <summary>umount2(2) failed.</summary>
    public static string UnmountFailed(string mountPoint, Errno errno) => errno == Errno.EBUSY
        ? $"{mountPoint}: in use: end what uses it (fuser -vm {mountPoint}), or unmount lazily"
        : $"{mountPoint}: umount: {LinuxException.Text(errno)}";

    /// <summary>mount(2) is not permitted, and there is no helper.</summary>
    /// <param name="refusal">What was not permitted.</param>
    public static string NoHelper(string refusal) =>
        Environment.GetEnvironmentVariable("FUSERMOUNT_PROG") is { Length: > 0 } chosen
            ? $"{refusal}; and {chosen}, which FUSERMOUNT_PROG names, does not exist"
            : $"{refusal}; and there is no fusermount3: apt install fuse3, or run as root; {Container}";

    /// <summary>fusermount3 failed.</summary>
    public static string HelperRefused(string program, string message)
    {
        string text = message.Length == 0 ? $"{program} failed without saying why" : message;
        if (message.Contains("user_allow_other", StringComparison.Ordinal))
        {
            return $"{text}: add the line user_allow_other to /etc/fuse.conf, or leave allow_other out";
        }

        // It opens the device as the user.
        if (message.Contains("/dev/fuse: Permission denied", StringComparison.Ordinal))
        {
            return $"{text}: chmod 666 /dev/fuse, as udev does";
        }

        return message.Contains("not permitted", StringComparison.Ordinal)
            ? $"{text}: is {program} set-user-id root? {Container}"
            : text;
    }
}
