using ImageFs.Storage.Checking;

namespace ImageFs.Checking;

/// <summary>A check and its result.</summary>
/// <param name="Part">What of the image it was about: a volume's name; empty for the image.</param>
/// <param name="Name">The check's name.</param>
/// <param name="Extent">How much there was to look at.</param>
/// <param name="State">How far it got.</param>
/// <param name="Obstacle">Why it did not finish; empty when it did, or when there is no such check.</param>
/// <param name="Findings">What is wrong.</param>
internal sealed record CheckOutcome(string Part, string Name, string Extent, CheckState State, string Obstacle, IReadOnlyList<Finding> Findings)
{
    /// <summary>Whether it did not run, or did not finish.</summary>
    public bool IsOpen => State != CheckState.Done;

    /// <summary>Whether it stands for a file system.</summary>
    public bool IsFileSystem { get; init; }
}
