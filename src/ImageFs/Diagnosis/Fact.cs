namespace ImageFs.Diagnosis;

/// <summary>One thing that mounting depends on.</summary>
/// <param name="Subject">What it is: "/dev/fuse".</param>
/// <param name="Health">What that means.</param>
/// <param name="Text">How it is.</param>
/// <param name="Advice">What to do about it; empty when there is nothing to do.</param>
internal sealed record Fact(string Subject, Health Health, string Text, string Advice = "");
