namespace ImageFs.Fuse.Dispatch;

/// <summary>How long the kernel may keep what it was told.</summary>
internal static class CacheLifetime
{
    /// <summary>
    /// Seconds that names, their absence and attributes stay good: the tree never changes. A year; the kernel reckons in jiffies
    /// and takes seconds as signed, so it is not the largest number there is.
    /// </summary>
    public const ulong Seconds = 365 * 24 * 60 * 60;
}
