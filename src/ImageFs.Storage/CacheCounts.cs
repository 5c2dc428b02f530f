namespace ImageFs.Storage;

/// <summary>How often a thread has found a block of metadata in a cache, and how often not.</summary>
/// <param name="Hits">Blocks, or parts of them, that were there.</param>
/// <param name="Misses">Those that were not, and had to be read.</param>
public readonly record struct CacheCounts(long Hits, long Misses)
{
    // Of each thread its own: threads that share a cache share no counter.
    [ThreadStatic]
    private static CacheCounts s_ofThread;

    /// <summary>Of the thread that asks, since it began.</summary>
    public static CacheCounts OfThread => s_ofThread;

    /// <summary>Counts a look into a cache.</summary>
    internal static void Count(bool isHit) =>
        s_ofThread = isHit ? s_ofThread with { Hits = s_ofThread.Hits + 1 } : s_ofThread with { Misses = s_ofThread.Misses + 1 };
}
