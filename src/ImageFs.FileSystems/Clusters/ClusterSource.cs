using ImageFs.Storage;

namespace ImageFs.FileSystems.Clusters;

/// <summary>The clusters of a volume: numbered from 2, one after the other (fatgen103 3.5, exFAT 5).</summary>
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

/// <summary>The contents of a file or directory, laid out in clusters.</summary>
internal sealed class ClusterSource : BlockSource
{
    private readonly BlockSource _volume;
    private readonly ClusterHeap _heap;
    private readonly long _validLength;
    private volatile ClusterChain _chain;

    /// <param name="volume">The volume.</param>
    /// <param name="heap">Its clusters.</param>
    /// <param name="chain">Those that the contents are in.</param>
    /// <param name="length">Bytes of the contents.</param>
    /// <param name="validLength">Bytes of them that were ever written; those after read as zeros (exFAT 7.6.5).</param>
    public ClusterSource(BlockSource volume, ClusterHeap heap, ClusterChain chain, long length, long validLength)
    {
        _volume = volume;
        _heap = heap;
        _chain = chain;
        _validLength = validLength;
        Length = length;
    }

    /// <summary>All clusters of a chain: a directory.</summary>
    public ClusterSource(BlockSource volume, ClusterHeap heap, ClusterChain chain)
        : this(volume, heap, chain, chain.Count * (long)heap.ClusterSize, chain.Count * (long)heap.ClusterSize)
    {
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override long MapSize => _chain.RunCount * (long)sizeof(ulong);

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = _volume;
        long index = Math.DivRem(offset, _heap.ClusterSize, out long inCluster);
        ClusterChain chain = _chain;
        if (index >= chain.Count && chain.Again is { } again)
        {
            _chain = chain = again();
        }

        if (index >= chain.Count)
        {
            throw chain.Damage ?? new InvalidImageException("cluster chain", _heap.Address, $"it has {chain.Count} clusters");
        }

        if (offset >= _validLength)
        {
            long allocated = chain.Count * (long)_heap.ClusterSize;
            return new Extent(offset, Math.Min(maxLength, Math.Min(Length, allocated) - offset), ExtentKind.Unwritten, 0);
        }

        maxLength = Math.Min(maxLength, _validLength - offset);
        uint wanted = (uint)Math.Min(uint.MaxValue, _heap.CountFor(Math.Min(maxLength, long.MaxValue - inCluster) + inCluster));
        uint cluster = chain.Find((uint)index, wanted, out uint count);
        long available = (count * (long)_heap.ClusterSize) - inCluster;
        return Extent.Mapped(offset, Math.Min(maxLength, available), _heap.AddressOf(cluster) + inCluster);
    }
}
