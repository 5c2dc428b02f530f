using System.Globalization;

namespace ImageFs.MountTests.Support;

/// <summary>Looks at processes that are no children of the tests.</summary>
internal static class Processes
{
    /// <summary>The process that has a mount point on its command line and is the program under test.</summary>
    public static int ServerOf(string directory)
    {
        int[] servers =
        [
            .. Directory.GetDirectories("/proc")
                .Select(Path.GetFileName)
                .Where(name => name!.All(char.IsAsciiDigit))
                .Where(name => CommandLine(name!) is [var program, ..] words && program.EndsWith("imagefs", StringComparison.Ordinal) && words.Contains(directory))
                .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)),
        ];
        Assert.That(servers, Has.Length.EqualTo(1), $"servers of {directory}");
        return servers[0];
    }

    /// <summary>Whether a process runs; a zombie does not.</summary>
    public static bool IsRunning(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException)
        {
            return false;
        }
    }

    private static string[] CommandLine(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
