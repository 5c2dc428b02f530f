namespace ImageFs.Fuse.Dispatch;

/// <summary>How long the kernel may keep what it was told.</summary>
internal static class CacheLifetime
{
    // A year, in seconds: the kernel reckons in jiffies and takes seconds as signed, so it is not the largest number there is.
    private const ulong Fixed = 365 * 24 * 60 * 60;

    private const ulong Changing = 1;

    /// <summary>Seconds that what is said of a node, or of a name that a directory does not have, stays good.</summary>
    public static ulong Of(FuseFileSystem fileSystem, ulong nodeId) => fileSystem.IsFixed(nodeId) ? Fixed : Changing;
}
