using System.Globalization;
using System.Text;

namespace ImageFs.Linux;

/// <summary>What keeps a mount from being unmounted: processes, mounts on it, loop devices of its files.</summary>
public static class MountUsers
{
    private const int DeviceFieldOfMaps = 3;

    private static readonly (string Link, string Use)[] s_links = [("cwd", "working directory"), ("root", "root directory"), ("exe", "program")];

    /// <summary>
    /// Looks through /proc and /sys, as far as this user may: others' processes show to root only. The mount itself is asked for
    /// nothing, so one whose server is dead does not hang the caller.
    /// </summary>
    /// <param name="mountPoint">Where it is, as /proc/self/mountinfo has it.</param>
    /// <param name="device">Its device number.</param>
    /// <returns>A few words for each, none of them with control characters: "bash (process 812: working directory)".</returns>
    public static IReadOnlyList<string> Find(string mountPoint, DeviceNumber device)
    {
        var users = new List<string>();
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(IsOther))
        {
            string? use = Try(() => UseBy(process, device));
            if (use is not null)
            {
                string name = Try(() => Text($"{process}/comm").TrimEnd('\n')) ?? "?";
                users.Add(Printable($"{name} (process {process["/proc/".Length..]}: {use})"));
            }
        }

        string below = $"{mountPoint.TrimEnd('/')}/";
        users.AddRange(Mounts.Below(mountPoint).Select(path => Printable($"the mount on {path}")));
        foreach (string loop in Try(() => Directory.GetDirectories("/sys/block", "loop*")) ?? [])
        {
            string? file = Try(() => Text($"{loop}/loop/backing_file").TrimEnd('\n'));
            if (file?.StartsWith(below, StringComparison.Ordinal) == true)
            {
                users.Add(Printable($"/dev/{Path.GetFileName(loop)} ({file})"));
            }
        }

        return users;
    }

    // Who asks is gone as soon as it has its answer.
    private static bool IsOther(string process) =>
        int.TryParse(process.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id != Environment.ProcessId;

    private static string? UseBy(string process, DeviceNumber device)
    {
        foreach ((string link, string use) in s_links)
        {
            if (Mounts.DeviceOf($"{process}/{link}") == device)
            {
                return use;
            }
        }

        foreach (string descriptor in Try(() => Directory.GetFiles($"{process}/fd")) ?? [])
        {
            if (Mounts.DeviceOf(descriptor) == device)
            {
                return Paths.ReadLink(descriptor) ?? "an open file";
            }
        }

        // address permissions offset device inode path
        string id = string.Create(CultureInfo.InvariantCulture, $"{device.Major:x2}:{device.Minor:x2}");
        string? mapping = Text($"{process}/maps").Split('\n')
            .FirstOrDefault(line => line.Split(' ', DeviceFieldOfMaps + 2) is var fields && fields.Length > DeviceFieldOfMaps && fields[DeviceFieldOfMaps] == id);
        return mapping is null ? null : $"{mapping[(mapping.LastIndexOf(' ') + 1)..]} in memory";
    }

    // The path is one of ASCII, what is in it need not be. The length that stat(2) gives for a file in /sys is not what there is to read.
    private static string Text(string path)
    {
        using FileStream file = File.OpenRead(path);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return ByteText.FromBytes(bytes.ToArray());
    }

    // Processes come and go, and not all of them may be looked at.
    private static T? Try<T>(Func<T?> look)
        where T : class
    {
        try
        {
            return look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Printable(string text)
    {
        var printable = new StringBuilder(text);
        for (int i = 0; i < printable.Length; i++)
        {
            printable[i] = char.IsControl(printable[i]) ? '?' : printable[i];
        }

        return printable.ToString();
    }
}
