using System.Diagnostics;

namespace ImageFs.MountTests.Support;

/// <summary>The program under test: that of the environment variable IMAGEFS, or the one built beside the tests.</summary>
internal static class ImageFsProgram
{
    /// <summary>The one built beside the tests, which dotnet compiles while it runs; <c>imagefs.dll</c> lies beside it.</summary>
    public static string Built { get; } = FindBuilt();

    /// <summary>Its file.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable("IMAGEFS") ?? Built;

    /// <summary>Runs it to its end; the end of a mount is that it is mounted.</summary>
    /// <remarks>Its output goes to files: a server that kept a pipe open would fail every test, and not only the one that is about it.</remarks>
    public static ToolResult Run(params IEnumerable<string> arguments)
    {
        using var folder = new TestFolder();
        const string Script = "out=$1 err=$2; shift 2; exec \"$@\" >\"$out\" 2>\"$err\"";
        ToolResult result = Tool.Run("sh", ["-c", Script, "sh", folder["out"], folder["err"], Path, .. arguments]);
        return new ToolResult(
            $"imagefs {string.Join(' ', arguments)}", result.ExitCode, File.ReadAllBytes(folder["out"]), File.ReadAllText(folder["err"]));
    }

    /// <summary>Starts it and leaves it running, as with -f.</summary>
    public static Process Start(params IEnumerable<string> arguments) =>
        Process.Start(Tool.Start(Path, arguments)) ?? throw new InvalidOperationException(Path);

    // The tests are in artifacts/bin/ImageFs.MountTests/CONFIGURATION/.
    private static string FindBuilt()
    {
        string here = AppContext.BaseDirectory.TrimEnd('/');
        return System.IO.Path.GetFullPath(System.IO.Path.Combine(here, "..", "..", "ImageFs", System.IO.Path.GetFileName(here), "imagefs"));
    }
}
