namespace ImageFs.Tree;

/// <summary>What statfs(2) says.</summary>
public readonly record struct FileSystemStatistics
{
    /// <summary>Block size in bytes.</summary>
    public required uint BlockSize { get; init; }

    /// <summary>Blocks in the file system.</summary>
    public required ulong Blocks { get; init; }

    /// <summary>Free blocks.</summary>
    public ulong FreeBlocks { get; init; }

    /// <summary>Of those, the blocks that anybody but root may use; all of them where nothing is said.</summary>
    public ulong? AvailableBlocks { get; init; }

    /// <summary>Inodes.</summary>
    public ulong Files { get; init; }

    /// <summary>Free inodes.</summary>
    public ulong FreeFiles { get; init; }

    /// <summary>Longest name in bytes.</summary>
    public required uint MaxNameLength { get; init; }
}
