using System.Globalization;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>Mounting and unmounting, and who does it.</summary>
public static unsafe class Mounts
{
    private const int AT_STATX_FORCE_SYNC = 0x2000;
    private const int AT_STATX_DONT_SYNC = 0x4000;
    private const string TablePath = "/proc/self/mountinfo";
    private const int IdField = 0;
    private const int ParentField = 1;
    private const int DeviceField = 2;
    private const int PathField = 4;

    /// <summary>The real user id of this process.</summary>
    public static uint UserId => getuid();

    /// <summary>The real group id of this process.</summary>
    public static uint GroupId => getgid();

    /// <summary>mount(2).</summary>
    /// <param name="source">What is mounted: a word for /proc/mounts.</param>
    /// <param name="target">The directory.</param>
    /// <param name="type">The file system type.</param>
    /// <param name="flags">Flags.</param>
    /// <param name="data">The file system's own options, with commas between.</param>
    public static Errno Mount(string source, string target, string type, MountFlags flags, string data)
    {
        using var what = new NativeText(source);
        using var where = new NativeText(target);
        using var how = new NativeText(type);
        using var options = new NativeText(data);
        return LinuxException.ErrorOf(mount(what.Start, where.Start, how.Start, (uint)flags, options.Start));
    }

    /// <summary>umount2(2).</summary>
    public static Errno Unmount(string target, UnmountFlags flags)
    {
        using var where = new NativeText(target);
        return LinuxException.ErrorOf(umount2(where.Start, (int)flags));
    }

    /// <summary>Asks the server of whatever is mounted on a directory for its root's attributes, past what the kernel remembers.</summary>
    /// <returns>The answer: ENOTCONN where the server has died, ECONNREFUSED where the kernel did not accept it.</returns>
    public static Errno Probe(string directory)
    {
        using var name = new NativeText(directory);
        statx status;
        return LinuxException.ErrorOf(statx(AT_FDCWD, name.Start, AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &status));
    }

    /// <summary>The device that a path is on. Asked for nothing else, the kernel tells it without the mount's server, and of others' mounts too.</summary>
    /// <returns>Null when there is no such path.</returns>
    public static DeviceNumber? DeviceOf(string path)
    {
        using var name = new NativeText(path);
        statx status;
        return statx(AT_FDCWD, name.Start, AT_STATX_DONT_SYNC, 0, &status) == 0 ? new DeviceNumber(status.stx_dev_major, status.stx_dev_minor) : null;
    }

    /// <summary>
    /// What is mounted on a directory, on top, by its device number. Read from /proc/self/mountinfo: the mount itself is not
    /// touched, so a dead one does not hang the caller.
    /// </summary>
    /// <param name="directory">An absolute path without symbolic links.</param>
    /// <returns>Null when nothing is mounted there.</returns>
    public static DeviceNumber? DeviceAt(string directory) => FieldsAt(directory) is { } fields ? ParseDevice(fields[DeviceField]) : null;

    /// <summary>The type of what is mounted on a directory, on top: "fuse.imagefs". The mount itself is not touched.</summary>
    /// <param name="directory">An absolute path without symbolic links.</param>
    /// <returns>Null when nothing is mounted there.</returns>
    public static string? TypeAt(string directory) =>
        FieldsAt(directory) is { } fields ? fields[Array.IndexOf(fields, "-") + 1] : null;

    /// <summary>What is mounted on a directory, on top: its source as the mount table has it. The mount itself is not touched.</summary>
    /// <param name="directory">An absolute path without symbolic links.</param>
    /// <returns>Null when nothing is mounted there.</returns>
    public static string? SourceAt(string directory) =>
        FieldsAt(directory) is { } fields ? Unescape(fields[Array.IndexOf(fields, "-") + 2]) : null;

    /// <summary>All mounts of this process's namespace, in the order in which they were made; none where there is no /proc.</summary>
    public static IReadOnlyList<MountedPlace> All() => !Paths.Exists(TablePath) ? [] :
    [
        .. Table().Select(fields => (Fields: fields, Type: Array.IndexOf(fields, "-") + 1))
            .Where(mount => mount.Type > 0 && mount.Type + 1 < mount.Fields.Length)
            .Select(mount => new MountedPlace(Unescape(mount.Fields[PathField]), mount.Fields[mount.Type], Unescape(mount.Fields[mount.Type + 1]))),
    ];

    /// <summary>The mount points inside a mount, as the mount table has them.</summary>
    /// <param name="directory">Its mount point, an absolute path without symbolic links.</param>
    public static IReadOnlyList<string> Below(string directory) => FieldsAt(directory) is { } mount
        ? [.. Table().Where(fields => fields[ParentField] == mount[IdField] && fields[IdField] != mount[IdField]).Select(fields => Unescape(fields[PathField]))]
        : [];

    /// <summary>The directories on which something of a type is mounted: <c>fuse.imagefs</c>.</summary>
    public static IEnumerable<string> PointsOf(string type) =>
        Table().Where(fields => fields[Array.IndexOf(fields, "-") + 1] == type).Select(fields => Unescape(fields[PathField]));

    /// <summary>Waits until something else, or nothing, is mounted on a directory. The mount itself is not touched.</summary>
    /// <param name="directory">An absolute path without symbolic links.</param>
    /// <param name="device">The number of what is mounted there now.</param>
    /// <exception cref="LinuxException">The table of mounts cannot be read.</exception>
    public static void WaitForEnd(string directory, DeviceNumber device)
    {
        // A poll tells of what has changed since the last one, or since this was opened (proc_pid_mounts(5)).
        using FileDescriptor table = Files.Open(TablePath, OpenFlags.ReadOnly);
        var poll = new pollfd { fd = table.Number, events = POLLPRI };
        while (DeviceAt(directory) == device)
        {
            _ = MoreLibc.poll(&poll, 1, -1);
        }
    }

    // The fields of proc_pid_mountinfo(5): id, parent, device, root, mount point, options, optional ones, "-", type, source, options.
    private static string[]? FieldsAt(string directory)
    {
        string[]? top = null;
        foreach (string[] fields in Table())
        {
            if (Unescape(fields[PathField]) == directory)
            {
                top = fields;
            }
        }

        return top;
    }

    private static IEnumerable<string[]> Table() =>
        ByteText.FromBytes(File.ReadAllBytes(TablePath)).Split('\n').Select(line => line.Split(' ')).Where(fields => fields.Length > PathField);

    private static DeviceNumber ParseDevice(string field)
    {
        int colon = field.IndexOf(':', StringComparison.Ordinal);
        return new DeviceNumber(
            uint.Parse(field.AsSpan(0, colon), CultureInfo.InvariantCulture),
            uint.Parse(field.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }

    // The kernel writes space, tab, newline and backslash as three octal digits.
    private static string Unescape(string field) => field
        .Replace(@"\040", " ", StringComparison.Ordinal)
        .Replace(@"\011", "\t", StringComparison.Ordinal)
        .Replace(@"\012", "\n", StringComparison.Ordinal)
        .Replace(@"\043", "#", StringComparison.Ordinal)
        .Replace(@"\134", @"\", StringComparison.Ordinal);
}
