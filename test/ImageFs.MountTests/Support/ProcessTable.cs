using System.Globalization;

namespace ImageFs.MountTests.Support;

/// <summary>The processes of this machine (proc(5)).</summary>
internal static class ProcessTable
{
    /// <summary>The processes of a program that have a word on their command line.</summary>
    /// <param name="program">How the program's path ends.</param>
    /// <param name="argument">The word.</param>
    public static int[] Find(string program, string argument) => Find(program, words => words.Contains(argument));

    /// <summary>The processes of a program by the words on their command line.</summary>
    /// <param name="program">How the program's path ends.</param>
    /// <param name="isMeant">Whether the words behind the program's path are those of a process that is looked for.</param>
    /// <remarks>Processes of other tests come and go meanwhile: to ask about one that was found is to ask for one that may be gone.</remarks>
    public static int[] Find(string program, Func<string[], bool> isMeant) =>
    [
        .. Directory.GetDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => name!.All(char.IsAsciiDigit))
            .Where(name => CommandLine(name!) is [var file, .. var words] && file.EndsWith(program, StringComparison.Ordinal) && isMeant(words))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)),
    ];

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
