using ImageFs.Benchmarks.Images;

namespace ImageFs.Benchmarks.Comparison;

/// <summary>Something to do with a mount, and the figures that it gives.</summary>
/// <param name="Tree">What has to be mounted.</param>
/// <param name="Figures">What it measures.</param>
/// <param name="Run">Does it.</param>
internal sealed record Workload(TreeKind Tree, IReadOnlyList<Figure> Figures, Action<Session> Run)
{
    /// <summary>Whether nothing may have been asked of the mount before.</summary>
    public bool NeedsFreshMount { get; init; }
}
