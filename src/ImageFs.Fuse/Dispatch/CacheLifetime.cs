using ImageFs.Tree;

namespace ImageFs.Fuse.Dispatch;

/// <summary>How long the kernel may keep what it was told, in seconds.</summary>
/// <param name="fileSystem">The tree: says which of its nodes stay as they are.</param>
/// <param name="longest">Of those.</param>
internal sealed class CacheLifetime(FileSystem fileSystem, ulong longest)
{
    /// <summary>A year: the kernel reckons in jiffies and takes seconds as signed, so it is not the largest number there is.</summary>
    public const ulong Longest = 365 * 24 * 60 * 60;

    private const ulong Changing = 1;

    /// <summary>The lifetime of what is said of a node, or of a name that a directory does not have.</summary>
    public ulong Of(NodeId node) => fileSystem.IsFixed(node) ? longest : Math.Min(longest, Changing);
}
