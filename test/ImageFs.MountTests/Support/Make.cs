namespace ImageFs.MountTests.Support;

/// <summary>Runs targets of the Makefile.</summary>
internal static class Make
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(30);
    private static readonly Lazy<string> s_published = new(Publish);

    // Targets build in the same folders.
    private static readonly Lock s_oneAtATime = new();

    /// <summary>
    /// The program in one file: the one under test when it is one, that of the environment variable IMAGEFS_PUBLISHED, or else what
    /// <c>make publish</c> makes.
    /// </summary>
    public static string Published => s_published.Value;

    /// <summary>Makes a target.</summary>
    /// <exception cref="InvalidOperationException">It failed: what it said.</exception>
    public static void Run(params IEnumerable<string> arguments)
    {
        lock (s_oneAtATime)
        {
            Tool.Run(Tool.Start("make", ["--no-print-directory", "-C", TestImages.Sources, .. arguments]), s_limit).Succeeded();
        }
    }

    private static string Publish()
    {
        if (!File.Exists(Path.ChangeExtension(ImageFsProgram.Path, "dll")))
        {
            return ImageFsProgram.Path;
        }

        if (Environment.GetEnvironmentVariable("IMAGEFS_PUBLISHED") is { } published)
        {
            return published;
        }

        string path = Path.Combine(TestImages.Sources, "artifacts/test/imagefs");
        Run("publish", $"DIST={path}");
        return path;
    }
}
