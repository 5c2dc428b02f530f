namespace ImageFs.MountTests.Support;

/// <summary>This process's mounts (proc_pid_mountinfo(5)).</summary>
internal static class MountTable
{
    /// <summary>The line of the mount at a directory, or null.</summary>
    public static string? Find(string directory) => Lines().LastOrDefault(line => PathOf(line) == directory);

    /// <summary>Whether anything is mounted at a directory.</summary>
    public static bool IsMounted(string directory) => Find(directory) is not null;

    /// <summary>Whether anything is mounted at or below a directory.</summary>
    public static bool IsAnythingUnder(string directory) =>
        Lines().Select(PathOf).Any(path => path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal));

    /// <summary>The minor number of a mount's device, which is its name in fusectl.</summary>
    public static int? DeviceMinor(string directory) => Find(directory) is { } line ? int.Parse(line.Split(' ')[2].Split(':')[1]) : null;

    private static string[] Lines() => File.ReadAllLines("/proc/self/mountinfo");

    private static string PathOf(string line) => line.Split(' ')[4].Replace("\\040", " ", StringComparison.Ordinal);
}
