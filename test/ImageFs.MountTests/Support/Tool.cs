using System.Diagnostics;

namespace ImageFs.MountTests.Support;

/// <summary>Runs other programs for a test: it ends with them, and they with it.</summary>
internal static class Tool
{
    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="TimeoutException">It did not end within its limit.</exception>
    public static ToolResult Run(string file, params IEnumerable<string> arguments) => Run(Start(file, arguments), Limits.Tool);

    /// <summary>Runs a program that cleans up after a test: it is not cut short by the end of the test's own limit.</summary>
    /// <exception cref="TimeoutException">It did not end within its limit.</exception>
    public static ToolResult CleanUp(string file, params IEnumerable<string> arguments) => Child.Run(Start(file, arguments), Limits.Tool);

    /// <summary>Runs a shell script with its positional parameters to its end.</summary>
    /// <exception cref="TimeoutException">It did not end within its limit.</exception>
    public static ToolResult Shell(string script, params IEnumerable<string> arguments) => Run("sh", ["-c", script, "sh", .. arguments]);

    /// <summary>What to start: output and error are kept, there is no input, messages are in English.</summary>
    public static ProcessStartInfo Start(string file, params IEnumerable<string> arguments) => Child.Start(file, arguments);

    /// <summary>Runs a program to its end, or to the limit.</summary>
    /// <exception cref="TimeoutException">It did not end within the limit.</exception>
    public static ToolResult Run(ProcessStartInfo start, TimeSpan limit) => Child.Run(start, limit, TestContext.CurrentContext.CancellationToken);
}
