using System.Diagnostics;
using System.Globalization;
using ImageFs.MountTests.Support;

namespace ImageFs.Benchmarks.Measuring;

/// <summary>Counts the system calls of a process by strace(1).</summary>
internal static class SystemCalls
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    /// <summary>System calls of all threads of a process while something is done.</summary>
    /// <exception cref="InvalidOperationException">It cannot be traced.</exception>
    public static long Count(int process, string folder, Action action)
    {
        string output = Path.Combine(folder, "strace.txt");
        File.Delete(output);
        using Process strace = Process.Start(Child.Start("strace", "-c", "-f", "-p", $"{process}", "-o", output))!;
        try
        {
            if (!SpinWait.SpinUntil(() => strace.HasExited || IsTraced(process), s_limit) || strace.HasExited)
            {
                throw new InvalidOperationException($"strace does not trace {process}: {(strace.HasExited ? strace.StandardError.ReadToEnd() : string.Empty)}");
            }

            action();
        }
        finally
        {
            Command.Try("kill", "-INT", $"{strace.Id}");
            if (!strace.WaitForExit(s_limit))
            {
                strace.Kill();
            }
        }

        // "100.00 0.1 2 300 1 total": of the columns, errors may be missing.
        string total = File.ReadLines(output).Last(line => line.EndsWith(" total", StringComparison.Ordinal));
        return long.Parse(total.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture);
    }

    private static bool IsTraced(int process) => Directory.GetDirectories($"/proc/{process}/task").All(thread =>
        File.ReadLines(Path.Combine(thread, "status")).Any(line => line.StartsWith("TracerPid:", StringComparison.Ordinal) && line[10..].Trim() != "0"));
}
