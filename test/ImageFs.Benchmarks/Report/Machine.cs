using System.Globalization;
using System.Runtime.InteropServices;

namespace ImageFs.Benchmarks.Report;

/// <summary>Where figures come from.</summary>
internal static class Machine
{
    /// <summary>Processor, memory, kernel, .NET and commit, in one line.</summary>
    public static string Describe(string repository)
    {
        string model = Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();
        double kib = double.Parse(Field("/proc/meminfo", "MemTotal")!.Split(' ')[0], CultureInfo.InvariantCulture);
        string commit = Command.Run("git", "-C", repository, "describe", "--always", "--dirty", "--exclude=*").Trim();
        string kernel = Command.Run("uname", "-r").Trim();
        string fio = Command.Run("fio", "--version").Trim();
        return $"{Environment.ProcessorCount} x {model}, {kib / (1 << 20):0} GiB; Linux {kernel}; {RuntimeInformation.FrameworkDescription}; {fio}; commit {commit}.";
    }

    private static string? Field(string file, string name) => File.ReadLines(file)
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())
        .FirstOrDefault();
}
