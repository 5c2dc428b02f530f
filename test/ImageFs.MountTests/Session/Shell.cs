using System.Diagnostics;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Session;

/// <summary>
/// Runs commands that touch a mount: always in another process, always with a time limit, so that a hang of the mount is never
/// one of the tests.
/// </summary>
internal static class Shell
{

    /// <summary>Runs a bash script; each %s of a path must be quoted by the caller.</summary>
    /// <returns>Exit code (124 and 137 after the time limit), standard output and standard error.</returns>
    public static (int ExitCode, string Output, string Error) Run(string script)
    {
        var start = new ProcessStartInfo("timeout", ["-k", "2", Limits.Script, "bash", "-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.TrimEnd('\n'), error.Result.TrimEnd('\n'));
    }

    /// <summary>Runs a script that must succeed.</summary>
    /// <returns>Its standard output.</returns>
    public static string Output(string script)
    {
        (int exitCode, string output, string error) = Run(script);
        Assert.That(exitCode, Is.Zero, $"{script}\n{output}\n{error}");
        return output;
    }
}
