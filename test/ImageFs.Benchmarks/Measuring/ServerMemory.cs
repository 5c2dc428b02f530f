using System.Globalization;

namespace ImageFs.Benchmarks.Measuring;

/// <summary>Memory of a process (proc_pid_status(5)).</summary>
internal static class ServerMemory
{
    private const string Field = "RssAnon:";

    /// <summary>Bytes of anonymous memory that are resident.</summary>
    public static double Anonymous(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(Field, StringComparison.Ordinal));
        return 1024.0 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
