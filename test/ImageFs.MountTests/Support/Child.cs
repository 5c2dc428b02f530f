using System.Diagnostics;
using System.Text;

namespace ImageFs.MountTests.Support;

/// <summary>
/// Runs other programs, each with a time limit. Nobody touches a mount by himself: a hang of the file system would be one of his
/// own process, so children do it and get killed.
/// </summary>
internal static class Child
{
    private const int MostOutput = 256 << 20;

    // A child inherits which signals are ignored, and a job in the background or under nohup ignores some: not these children.
    private static readonly string[] s_asFromATerminal = ["--default-signal=HUP,INT,QUIT"];

    /// <summary>What to start: output and error are kept, there is no input, messages are in English.</summary>
    public static ProcessStartInfo Start(string file, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("env", [.. s_asFromATerminal, file, .. arguments])
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
        string command = string.Join(' ', start.ArgumentList.Skip(s_asFromATerminal.Length));
        using Process process = Process.Start(start) ?? throw new InvalidOperationException(command);
        process.StandardInput.Close();
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        Task[] copies = [Copy(process.StandardOutput.BaseStream, output), Copy(process.StandardError.BaseStream, error)];

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

        if (!Task.WaitAll(copies, TimeSpan.FromMinutes(2)))
        {
            throw new TimeoutException($"{command}: ended, but something it started keeps its output open");
        }

        return new ToolResult(command, process.ExitCode, output.ToArray(), Encoding.UTF8.GetString(error.GetBuffer(), 0, (int)error.Length));
    }

    // What is over the limit stays unread, and who writes it comes to an end by SIGPIPE.
    private static async Task Copy(Stream from, MemoryStream to)
    {
        byte[] buffer = new byte[1 << 16];
        int count;
        while ((count = await from.ReadAsync(buffer)) > 0)
        {
            to.Write(buffer, 0, count);
            if (to.Length > MostOutput)
            {
                from.Dispose();
                throw new InvalidOperationException($"an output of over {MostOutput} bytes");
            }
        }
    }
}
