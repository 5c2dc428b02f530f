using ImageFs.Storage;

namespace ImageFs.FileSystems.Clusters;

/// <summary>A directory: where its entries are.</summary>
/// <param name="contents">Its entries, as extents of the volume.</param>
/// <param name="chain">The clusters that they are in, if they are in clusters.</param>
internal sealed class ClusterDirectory(BlockSource contents, ClusterChain chain)
{
    /// <summary>Its entries, as extents of the volume.</summary>
    public BlockSource Contents => contents;

    /// <summary>Whether its clusters follow one another without links (exFAT 6.4.2.2).</summary>
    public bool IsContiguous { get; init; }

    /// <summary>Why it has fewer clusters than it should; null when it has not.</summary>
    public Exception? Damage => chain.Damage;

    /// <summary>The first cluster of its entries; 0 when they are in none.</summary>
    public uint FirstCluster { get; } = chain.Count > 0 ? chain.Find(0, 1, out _) : 0;

    /// <summary>Bytes that it takes.</summary>
    public long Weight => (long)chain.RunCount * sizeof(ulong);
}
