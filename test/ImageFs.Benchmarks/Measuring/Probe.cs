using System.Globalization;

namespace ImageFs.Benchmarks.Measuring;

/// <summary>The program Native/probe.c: what touches a mount is timed in a process of its own.</summary>
/// <param name="program">Its file.</param>
internal sealed class Probe(string program)
{
    /// <summary>Wall-clock seconds of a command, and seconds that all CPUs of the machine were busy meanwhile.</summary>
    public readonly record struct Time(double Seconds, double CpuSeconds);

    /// <summary>Files read, their bytes, and the time that it took.</summary>
    public readonly record struct Reading(double Seconds, double Files, double Bytes);

    /// <summary>Compiles it.</summary>
    public static Probe Compile(string folder)
    {
        string program = Path.Combine(Directory.CreateDirectory(folder).FullName, "probe");
        string source = Path.Combine(AppContext.BaseDirectory, "Native", "probe.c");
        Command.Run("gcc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source);
        return new Probe(program);
    }

    /// <summary>Runs a command, without its output, which must end well.</summary>
    public Time Measure(params IEnumerable<string> command)
    {
        double[] numbers = Run(["measure", .. command]);
        return new Time(numbers[0], numbers[1]);
    }

    /// <summary>Seconds from the start of a mounting command to the first answer of what it mounts.</summary>
    public double Mount(string directory, params IEnumerable<string> command) => Run(["mount", directory, .. command])[0];

    /// <summary>Reads all files below a directory that are not larger than a size in bytes.</summary>
    public Reading ReadSmallFiles(string directory, long size)
    {
        double[] numbers = Run(["small", directory, $"{size}"]);
        return new Reading(numbers[0], numbers[1], numbers[2]);
    }

    /// <summary>Seconds of a lookup of one of many different names.</summary>
    /// <param name="directory">A directory of <see cref="Images.SourceTree.NameOf"/>.</param>
    /// <param name="names">Names that it has.</param>
    /// <param name="count">Names to look up.</param>
    public double LookUp(string directory, int names, int count) => Run(["lookup", directory, $"{names}", $"{count}"])[0];

    /// <summary>Bytes of a file that are in the page cache.</summary>
    public double CachedBytes(string path) => Run(["cached", path])[0];

    /// <summary>Reads a file to its end.</summary>
    /// <returns>Bytes of it that are in the page cache then.</returns>
    public double ReadAndHold(string path) => Run(["hold", path])[0];

    /// <summary>How much of a file is in the page cache: 0 to 1.</summary>
    public double CachedShare(string path) => Run(["cached", path]) is [var there, var all] ? there / all : 0;

    /// <summary>Takes a file out of the page cache.</summary>
    public void Drop(string path) => Run(["drop", path]);

    /// <summary>Reads a file to its end, so that it is in the page cache.</summary>
    public void Read(string path) => Run(["read", path]);

    private double[] Run(IEnumerable<string> arguments) =>
        [.. Command.Run(program, arguments).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
}
