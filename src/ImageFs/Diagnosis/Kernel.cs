using System.Globalization;
using ImageFs.Linux;

namespace ImageFs.Diagnosis;

/// <summary>Reads what the kernel says in /proc and /sys; what does not exist, or is not for this user, is null.</summary>
internal static class Kernel
{
    private const int SysAdmin = 21; // CAP_SYS_ADMIN

    /// <summary>The kernel's release.</summary>
    public static string Release => Read("/proc/sys/kernel/osrelease") ?? "unknown";

    /// <summary>Whether this process may call mount(2) in its namespace.</summary>
    public static bool MayMount => Has(1UL << SysAdmin);

    /// <summary>Whether this process has capabilities in effect, in its namespace.</summary>
    /// <param name="wanted">Which, by their bits: all of them are asked for.</param>
    public static bool Has(ulong wanted) => Status("CapEff") is { } mask
        && ulong.TryParse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong capabilities)
        && (capabilities & wanted) == wanted;

    /// <summary>Whether set-user-id programs run as anybody else: not after PR_SET_NO_NEW_PRIVS.</summary>
    public static bool AllowsSetUserId => Status("NoNewPrivs") != "1";

    /// <summary>The AppArmor profile; null when there is none.</summary>
    public static string? AppArmorProfile => Read("/proc/self/attr/apparmor/current") ?? Read("/proc/self/attr/current");

    /// <summary>A file's text without the line's end; null when it cannot be read.</summary>
    public static string? Read(string path)
    {
        try
        {
            string text = File.ReadAllText(path).TrimEnd('\n', '\0');
            return text.Length == 0 ? null : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A number in a file; null when there is none.</summary>
    public static long? ReadNumber(string path) =>
        long.TryParse(Read(path), NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>What a file is; null when it is not there.</summary>
    public static FileStatus? FindFile(string path)
    {
        try
        {
            return Files.Status(path);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    private static string? Status(string key) => Read("/proc/self/status")?.Split('\n')
        .FirstOrDefault(line => line.StartsWith($"{key}:", StringComparison.Ordinal))?[(key.Length + 1)..].Trim();
}
