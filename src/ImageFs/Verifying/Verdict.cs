namespace ImageFs.Verifying;

/// <summary>What the checks of an image come to.</summary>
/// <param name="outcomes">All of them.</param>
internal sealed class Verdict(IReadOnlyList<CheckOutcome> outcomes)
{
    /// <summary>How much is wrong.</summary>
    public int Findings { get; } = outcomes.Sum(outcome => outcome.Findings.Count);

    /// <summary>Whether there is a file system, or what should be one, and none could be checked: that is not sound.</summary>
    public bool IsOpen { get; } = outcomes.Any(outcome => outcome is { Name: Verification.FileSystem, IsOpen: true })
        && !outcomes.Any(outcome => outcome is { Name: FileCheck.Name, IsOpen: false });

    /// <summary>Whether nothing is wrong, as far as could be seen.</summary>
    public bool IsSound => Findings == 0 && !IsOpen;

    /// <summary>The exit status.</summary>
    public int Status => Findings > 0 ? ExitStatus.Damaged : IsOpen ? ExitStatus.MountFailure : ExitStatus.Success;

    /// <summary>For people.</summary>
    public override string ToString() => Findings > 0
        ? $"damaged, {Findings} {(Findings == 1 ? "finding" : "findings")}"
        : IsOpen ? "no file system could be checked" : "sound";
}
