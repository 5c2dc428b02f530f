using System.Diagnostics;

namespace ImageFs.MountTests.Support;

/// <summary>
/// Runs other programs, each with a time limit. Nobody touches a mount by himself: a hang of the file system would be one of his
/// own process, so children do it and get killed.
/// </summary>
internal static class Child
{
    /// <summary>What to start: output and error are kept, there is no input, messages are in English.</summary>
    public static ProcessStartInfo Start(string file, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["TZ"] = "UTC";
        return start;
    }

    /// <summary>Runs a program to its end, or to the limit.</summary>
    /// <exception cref="TimeoutException">It did not end within the limit.</exception>
    public static ToolResult Run(ProcessStartInfo start, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        string command = $"{start.FileName} {string.Join(' ', start.ArgumentList)}";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException(command);
        process.StandardInput.Close();
        using var output = new MemoryStream();
        Task copy = process.StandardOutput.BaseStream.CopyToAsync(output, CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);

        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        cancellation.CancelAfter(limit);
        try
        {
            process.WaitForExitAsync(cancellation.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command}: no end within {limit.TotalSeconds} s, or within the test's own limit");
        }

        if (!Task.WaitAll([copy, error], TimeSpan.FromSeconds(10)))
        {
            throw new TimeoutException($"{command}: ended, but something it started keeps its output open");
        }

        return new ToolResult(command, process.ExitCode, output.ToArray(), error.Result);
    }
}
