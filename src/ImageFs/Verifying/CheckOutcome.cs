using ImageFs.Storage.Checking;

namespace ImageFs.Verifying;

/// <summary>A check that was done, or could not be.</summary>
/// <param name="Part">What of the image it was about: a volume's name; empty for the image.</param>
/// <param name="Name">The check's name.</param>
/// <param name="Extent">How much there was to look at.</param>
/// <param name="Obstacle">Why it was not done; null when it was, empty when there is no such check.</param>
/// <param name="Findings">What is wrong.</param>
internal sealed record CheckOutcome(string Part, string Name, string Extent, string? Obstacle, IReadOnlyList<Finding> Findings)
{
    /// <summary>Whether it was not done, or not to its end.</summary>
    public bool IsOpen => Obstacle is not null;
}
