using ImageFs.Output;
using ImageFs.Reading;

namespace ImageFs.Confinement;

/// <summary>What a command does besides reading its images: known before they are looked at.</summary>
internal sealed record ReadingPlan
{
    /// <summary>Nothing.</summary>
    internal static ReadingPlan Nothing { get; } = new();

    /// <summary>Writing a file.</summary>
    /// <param name="path">Its path; <c>-</c> for standard output, which is open already.</param>
    internal static ReadingPlan WriteTo(string path) => path == "-" ? Nothing : new() { Output = new NewFile(path) };

    /// <summary>Images that it opens besides.</summary>
    internal IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>Further files that it reads.</summary>
    internal IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The file that it writes; null for none.</summary>
    internal NewFile? Output { get; init; }

    /// <summary>The folder that it copies files to; null for none.</summary>
    internal string? Target { get; init; }

    /// <summary>What it keeps of files that it copies there.</summary>
    internal Preserved Keeps { get; init; }
}
