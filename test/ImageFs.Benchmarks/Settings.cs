using System.Globalization;

namespace ImageFs.Benchmarks;

/// <summary>What the environment asks for.</summary>
internal sealed record Settings
{
    /// <summary>The repository.</summary>
    public string Root { get; } = FindRoot();

    /// <summary>Where images, mount points and helpers are kept between runs.</summary>
    public string Folder => Path.Combine(Root, "artifacts", "bench");

    /// <summary>What the figures are written into.</summary>
    public string Document => Path.Combine(Root, "docs", "performance.md");

    /// <summary>The program under test: IMAGEFS.</summary>
    public string ImageFs { get; } = Path.GetFullPath(Text("IMAGEFS", Path.Combine(FindRoot(), "dist", "imagefs")));

    /// <summary>Its ReadyToRun build: IMAGEFS_R2R.</summary>
    public string ImageFsReadyToRun { get; } =
        Path.GetFullPath(Text("IMAGEFS_R2R", Path.Combine(FindRoot(), "artifacts", "bench", "imagefs-r2r")));

    /// <summary>An earlier build that is measured beside it, if one is named: IMAGEFS_EARLIER.</summary>
    public string? ImageFsEarlier { get; } =
        Text("IMAGEFS_EARLIER", string.Empty) is { Length: > 0 } program ? Path.GetFullPath(program) : null;

    /// <summary>How often everything is measured: BENCH_ROUNDS.</summary>
    public int Rounds { get; } = int.Parse(Text("BENCH_ROUNDS", "3"), CultureInfo.InvariantCulture);

    /// <summary>Words of names of figures and peers, to measure no others: BENCH_ONLY.</summary>
    public IReadOnlyList<string> Only { get; } =
        Text("BENCH_ONLY", string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The names that are chosen: all, when no word of <see cref="Only"/> is about them.</summary>
    public IReadOnlyList<T> Choose<T>(IReadOnlyList<T> all, Func<T, string> name)
    {
        T[] chosen = [.. all.Where(item => Only.Any(word => name(item).StartsWith(word, StringComparison.OrdinalIgnoreCase)))];
        return chosen.Length > 0 ? chosen : all;
    }

    private static string Text(string variable, string otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : otherwise;

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "ImageFs.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not in a checkout of ImageFs");
    }
}
