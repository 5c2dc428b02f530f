using ImageFs.MountTests.Support;

namespace ImageFs.Benchmarks;

/// <summary>Runs other programs to their ends, each with a time limit.</summary>
internal static class Command
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_longLimit = TimeSpan.FromMinutes(20);

    /// <summary>Runs a program that must end well.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="InvalidOperationException">It did not.</exception>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static string Run(string file, params IEnumerable<string> arguments) => Try(file, arguments).Succeeded().Text;

    /// <summary>Runs a program that may fail.</summary>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static ToolResult Try(string file, params IEnumerable<string> arguments) => Child.Run(Child.Start(file, arguments), s_limit);

    /// <summary>Runs a program that may take long, and must end well.</summary>
    /// <exception cref="InvalidOperationException">It did not.</exception>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static string RunLong(string file, params IEnumerable<string> arguments) =>
        Child.Run(Child.Start(file, arguments), s_longLimit).Succeeded().Text;

    /// <summary>Whether there is a program of that name.</summary>
    public static bool Exists(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Append(string.Empty).Any(folder => File.Exists(Path.Combine(folder, program)));
}
