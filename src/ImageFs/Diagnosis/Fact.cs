namespace ImageFs.Diagnosis;

/// <summary>What a fact means for mounting.</summary>
internal enum Health
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Neither good nor bad.</summary>
    Note,

    /// <summary>It works, but slower, or not for everything.</summary>
    Limited,

    /// <summary>Something does not work without it.</summary>
    Bad,
}

/// <summary>One thing that mounting depends on.</summary>
/// <param name="Subject">What it is: "/dev/fuse".</param>
/// <param name="Health">What that means.</param>
/// <param name="Text">How it is.</param>
/// <param name="Advice">What to do about it; empty when there is nothing to do.</param>
internal sealed record Fact(string Subject, Health Health, string Text, string Advice = "");
