using System.Globalization;

namespace ImageFs.MountTests.Support;

/// <summary>The program Native/inject.c, compiled once a run: it has a thread of another process call the kernel, as code would that took the thread over.</summary>
internal static class Injection
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly Lazy<string> s_program = new(Compile);

    /// <summary>Has a thread make a system call.</summary>
    /// <param name="thread">Its id.</param>
    /// <param name="call">The call's number on x86-64.</param>
    /// <param name="arguments">Numbers, or texts whose addresses are given.</param>
    /// <returns>What the call returned: less than 0 for an error number.</returns>
    public static long Call(int thread, int call, params string[] arguments) =>
        long.Parse(Tool.Run(s_program.Value, [$"{thread}", $"{call}", .. arguments]).Succeeded().Text, CultureInfo.InvariantCulture);

    private static string Compile()
    {
        string program = Path.Combine(RunFolder.Path, "inject");
        Child.Run(Child.Start("gcc", ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, Path.Combine(AppContext.BaseDirectory, "Native", "inject.c")]), s_patience).Succeeded();
        return program;
    }
}
