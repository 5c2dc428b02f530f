namespace ImageFs.Benchmarks.Comparison;

/// <summary>Which of two values of a figure is the better one.</summary>
internal enum Better
{
    /// <summary>The larger.</summary>
    More,

    /// <summary>The smaller.</summary>
    Less,
}
