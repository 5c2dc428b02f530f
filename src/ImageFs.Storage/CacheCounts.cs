namespace ImageFs.Storage;

/// <summary>How often a thread has found a block of metadata in a cache, and how often not.</summary>
/// <param name="Hits">Blocks, or parts of them, that were there.</param>
/// <param name="Misses">Those that were not, and had to be read.</param>
public readonly record struct CacheCounts(long Hits, long Misses)
{
    // Each thread has its own: threads that share a cache share no counter.
    [ThreadStatic]
    private static CacheCounts _ofThread;

    /// <summary>The counts of the calling thread, since it began.</summary>
    public static CacheCounts OfThread => _ofThread;

    /// <summary>Counts a look into a cache.</summary>
    /// <param name="isHit">Whether it was there.</param>
    public static void Count(bool isHit) =>
        _ofThread = isHit ? _ofThread with { Hits = _ofThread.Hits + 1 } : _ofThread with { Misses = _ofThread.Misses + 1 };
}
