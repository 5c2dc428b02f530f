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

/// <summary>The result of all checks of an image.</summary>
/// <param name="outcomes">All of them.</param>
internal sealed class Verdict(IReadOnlyList<CheckOutcome> outcomes)
{
    private readonly bool _hasCheckedFileSystem = outcomes.Any(outcome => outcome is { IsFileSystem: true, State: CheckState.Done });

    /// <summary>How many findings there are.</summary>
    public int Findings { get; } = outcomes.Sum(outcome => outcome.Findings.Count);

    /// <summary>Whether there is something that could not be checked: that is not sound.</summary>
    public bool IsOpen { get; } = outcomes.Any(outcome => outcome.State == CheckState.Blocked);

    /// <summary>Whether everything was checked, and nothing is wrong.</summary>
    public bool IsSound => Findings == 0 && !IsOpen;

    /// <summary>The verdict in one word, for programs.</summary>
    public string Word => Findings > 0 ? "damaged" : IsOpen ? "undecided" : "sound";

    /// <summary>The exit status of <c>verify</c>.</summary>
    public int Status => Findings > 0 ? ExitStatus.Damaged : IsOpen ? ExitStatus.Undecided : ExitStatus.Success;

    /// <summary>The verdict for people.</summary>
    public override string ToString() => Findings > 0
        ? $"damaged, {Findings} {(Findings == 1 ? "finding" : "findings")}"
        : !IsOpen ? "sound"
        : _hasCheckedFileSystem ? "not all could be checked" : "no file system could be checked";
}
