namespace ImageFs.FileSystems.Fat;

/// <summary>The clusters of a volume: numbered from 2, one behind the other (fatgen103 3.5, exFAT 5).</summary>
/// <param name="Address">Where cluster 2 begins, in bytes from the start of the volume.</param>
/// <param name="ClusterSize">Bytes in a cluster.</param>
/// <param name="Count">Clusters there are.</param>
internal readonly record struct ClusterHeap(long Address, int ClusterSize, uint Count)
{
    /// <summary>The number of the first cluster.</summary>
    public const uint FirstCluster = 2;

    /// <summary>Whether there is a cluster of this number.</summary>
    public bool Contains(uint cluster) => cluster >= FirstCluster && cluster - FirstCluster < Count;

    /// <summary>Where a cluster begins, in bytes from the start of the volume.</summary>
    public long AddressOf(uint cluster) => Address + ((cluster - FirstCluster) * (long)ClusterSize);

    /// <summary>The cluster that holds a byte of the volume; 0 when none does.</summary>
    public uint ClusterAt(long address)
    {
        long index = address < Address ? Count : (address - Address) / ClusterSize;
        return index < Count ? (uint)(index + FirstCluster) : 0;
    }

    /// <summary>Clusters that a number of bytes takes.</summary>
    public long CountFor(long length) => (length / ClusterSize) + (length % ClusterSize == 0 ? 0 : 1);
}
