namespace ImageFs.MountTests.Oracles;

/// <summary>What Linux said of an image.</summary>
/// <param name="Tree">What it shows; null when it does not mount it.</param>
/// <param name="Messages">What did not work, "error ERRNO WHAT", and what its log says, "kernel TEXT".</param>
internal sealed record LinuxAnswer(TreeListing? Tree, IReadOnlyList<string> Messages);
