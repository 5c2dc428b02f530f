namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>What begins in a logical cluster (Z_EROFS_LCLUSTER_TYPE_*).</summary>
internal enum ClusterType
{
    /// <summary>An extent that is not compressed.</summary>
    Plain = 0,

    /// <summary>One of the first compressor.</summary>
    Head1 = 1,

    /// <summary>None.</summary>
    NonHead = 2,

    /// <summary>One of the second compressor.</summary>
    Head2 = 3,
}

/// <summary>
/// What the index of a logical cluster says: a file is divided into such, and an extent begins in a head and goes on in what follows.
/// </summary>
/// <param name="Type">What begins in it.</param>
internal readonly record struct LogicalCluster(ClusterType Type)
{
    /// <summary>Where the extent begins in the cluster, of a head.</summary>
    public int Offset { get; init; }

    /// <summary>The block that it is stored at, of a head.</summary>
    public uint Block { get; init; }

    /// <summary>Whether it is only the start of what is stored there, of a head.</summary>
    public bool IsStart { get; init; }

    /// <summary>How many clusters before it the head is, or one on the way there; of what is no head.</summary>
    public int Back { get; init; }

    /// <summary>How many clusters after it the next head is, or one on the way there; of what is no head.</summary>
    public int Ahead { get; init; }

    /// <summary>Of the cluster behind a head, the blocks that the extent is stored in; 0 where it does not say.</summary>
    public int StoredBlocks { get; init; }

    /// <summary>Where the index, or the pack that it is in, ends.</summary>
    public long IndexEnd { get; init; }

    /// <summary>Whether an extent begins in it.</summary>
    public bool IsHead => Type != ClusterType.NonHead;
}

/// <summary>The indexes of the logical clusters of a file.</summary>
internal abstract class ClusterIndexes
{
    /// <summary>Z_EROFS_LI_D0_CBLKCNT: the distance back is instead a count of blocks.</summary>
    protected const int CountsBlocks = 1 << 11;

    /// <summary>Reads the index of a cluster.</summary>
    /// <param name="number">The cluster's number; not negative.</param>
    /// <exception cref="Storage.ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public abstract LogicalCluster Read(long number);
}
