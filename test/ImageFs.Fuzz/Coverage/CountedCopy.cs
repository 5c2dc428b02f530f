using System.Diagnostics;

namespace ImageFs.Fuzz.Coverage;

/// <summary>A copy of this program whose parsers count the blocks that run.</summary>
internal static class CountedCopy
{
    private const string FolderName = "counted";

    private static readonly string[] s_parsers = ["ImageFs.FileSystems.dll", "ImageFs.Images.dll", "ImageFs.Storage.dll"];

    /// <summary>Whether this program is such a copy.</summary>
    public static bool IsThis => Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)) == FolderName;

    /// <summary>Makes the copy and runs it.</summary>
    /// <returns>What it exits with.</returns>
    public static int Run(IReadOnlyList<string> arguments)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, FolderName);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(AppContext.BaseDirectory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var instrumentation = new Instrumentation();
        foreach (string parser in s_parsers)
        {
            instrumentation.Write(Path.Combine(folder, parser));
        }

        Console.WriteLine($"{instrumentation.Blocks} blocks of code are counted");
        using Process process = Process.Start(Path.Combine(folder, "fuzz"), arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
