using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>
/// Extents by the indexes of logical clusters: from the cluster of a byte back to the head of its extent, and ahead to the next one. The last may be
/// behind the indexes (ztailpacking), or in the packed inode (fragments).
/// </summary>
internal sealed class ClusterLookup : ExtentLookup
{
    private readonly ErofsVolume _volume;
    private readonly Inode _inode;
    private readonly MapHeader _header;
    private readonly ClusterIndexes _indexes;
    private readonly int _clusterBits;
    private readonly long _maxClusters;

    // The extent that is stored elsewhere.
    private readonly FileExtent? _tail;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The file, which is not empty.</param>
    /// <param name="header">The header of its indexes.</param>
    /// <exception cref="ImageException">Its indexes are damaged, or not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ClusterLookup(ErofsVolume volume, in Inode inode, MapHeader header)
    {
        _volume = volume;
        _inode = inode;
        _header = header;
        _clusterBits = volume.Geometry.BlockBits + header.ClusterBits;
        _maxClusters = (CompressedFile.MaxExtent >> _clusterBits) + 2;
        BlockCache metadata = volume.Metadata(inode.IsInMetabox);
        bool isCompact = inode.Layout == DataLayout.CompressedCompact;
        if (isCompact && header.Advice.HasFlag(Advice.LargeClusters1) != header.Advice.HasFlag(Advice.LargeClusters2))
        {
            throw inode.Damaged("of its compact indexes, those of one compressor alone may have several blocks");
        }

        _indexes = isCompact ? new CompactIndexes(metadata, in inode, header, volume.Geometry) : new FullIndexes(metadata, inode, header);
        _tail = FindTail();
    }

    /// <inheritdoc/>
    public override FileExtent Find(long offset) => _tail is { } tail && offset >= tail.Start ? tail : ToExtent(FindHead(offset));

    private FileExtent? FindTail()
    {
        bool isFragment = _header.Advice.HasFlag(Advice.Fragment);
        if (!isFragment && _header.InlineSize == 0)
        {
            return null;
        }

        Head head = FindHead(_inode.Size - 1);
        if (isFragment)
        {
            // Full indexes have the high half of the place as the block of the last extent.
            ulong high = _inode.Layout == DataLayout.CompressedFull ? (ulong)head.Cluster.Block << 32 : 0;
            return new FileExtent(head.Number == 0 ? 0 : head.Start, _inode.Size, ExtentStorage.Fragment) { Address = Checked(high | _header.FragmentOffset) };
        }

        long address = _indexes.Read((_inode.Size - 1) >> _clusterBits).IndexEnd;
        int block = _volume.Geometry.BlockSize;
        return (address % block) + _header.InlineSize <= block
            ? Store(head, _inode.Size, address, _header.InlineSize) with { IsInline = true }
            : throw _inode.Damaged($"the {_header.InlineSize} bytes of its last cluster at 0x{address:X} cross the end of a block");
    }

    private long Checked(ulong address) => address <= long.MaxValue ? (long)address : throw _inode.Damaged($"its end is at {address} of the packed inode");

    private FileExtent ToExtent(Head head)
    {
        LogicalCluster next = default;
        long number = head.Number + 1;
        bool isLast = number > (_inode.Size - 1) >> _clusterBits;
        if (!isLast)
        {
            next = Read(number);
        }

        long stored = CountBlocks(head, isLast, next) * (long)_volume.Geometry.BlockSize;
        return Store(head, FindEnd(head, isLast, next), _volume.Geometry.AddressOf(head.Cluster.Block), stored);
    }

    private FileExtent Store(Head head, long end, long address, long stored)
    {
        bool isPlain = head.Cluster.Type == ClusterType.Plain;
        if (end <= head.Start || (isPlain && end - head.Start > stored) || stored > CompressedFile.MaxCluster)
        {
            throw _inode.Damaged($"{end - head.Start} bytes from {head.Start} on are stored in {stored}");
        }

        ExtentStorage storage = !isPlain ? ExtentStorage.Compressed
            : _header.Advice.HasFlag(Advice.Interlaced) ? ExtentStorage.Interlaced
            : ExtentStorage.Shifted;
        return new FileExtent(head.Start, end, storage)
        {
            Address = address,
            StoredLength = (int)stored,
            Compressor = head.Cluster.Type == ClusterType.Head2 ? _header.Compressors.Second : _header.Compressors.First,
            IsStart = head.Cluster.IsStart,
        };
    }

    private int CountBlocks(Head head, bool isLast, LogicalCluster next)
    {
        Advice large = head.Cluster.Type == ClusterType.Head1 ? Advice.LargeClusters1 : Advice.LargeClusters2;
        if (isLast || !_header.Advice.HasFlag(large) || next.IsHead)
        {
            return 1;
        }

        return next is { Back: 1, StoredBlocks: > 0 }
            ? next.StoredBlocks
            : throw _inode.Damaged($"cluster {head.Number + 1} does not say how many blocks the extent before it has");
    }

    private Head FindHead(long offset)
    {
        long number = offset >> _clusterBits;
        LogicalCluster cluster = Read(number);
        if (cluster.IsHead)
        {
            if ((offset & ((1L << _clusterBits) - 1)) >= cluster.Offset)
            {
                return ToHead(number, cluster);
            }

            cluster = new LogicalCluster(ClusterType.NonHead) { Back = 1 };
        }

        for (long steps = 0; !cluster.IsHead; steps++)
        {
            if (cluster.Back == 0 || cluster.Back > number || steps > _maxClusters)
            {
                throw _inode.Damaged($"the head of the extent with the byte {offset} is not where the index of cluster {number} has it, {cluster.Back} before");
            }

            number -= cluster.Back;
            cluster = Read(number);
        }

        return ToHead(number, cluster);
    }

    private long FindEnd(Head head, bool isLast, LogicalCluster next)
    {
        long number = head.Number + 1;
        for (long steps = 0; !isLast; steps++)
        {
            if (next.IsHead)
            {
                return PlaceOf(number, next);
            }

            if (steps > _maxClusters)
            {
                throw TooLong(head);
            }

            // What mkfs.erofs made before 1.0 has 0 there.
            number += Math.Max(next.Ahead, 1);
            isLast = number > (_inode.Size - 1) >> _clusterBits;
            next = isLast ? default : Read(number);
        }

        return _inode.Size;
    }

    private UnsupportedFeatureException TooLong(Head head) =>
        new($"EROFS with extents of more than {CompressedFile.MaxExtent} bytes (node {_inode.Node}, from {head.Start} on)");

    private LogicalCluster Read(long number)
    {
        LogicalCluster cluster = _indexes.Read(number);
        return !cluster.IsHead || cluster.Offset < 1L << _clusterBits
            ? cluster
            : throw _inode.Damaged($"the extent in cluster {number} begins at {cluster.Offset} of 2^{_clusterBits} bytes");
    }

    private Head ToHead(long number, LogicalCluster cluster) => new(number, cluster, PlaceOf(number, cluster));

    // Where the extent of a head begins; no later than the file ends.
    private long PlaceOf(long number, LogicalCluster cluster)
    {
        long start = number << _clusterBits;
        return cluster.Offset < _inode.Size - start ? start + cluster.Offset : _inode.Size;
    }

    private readonly record struct Head(long Number, LogicalCluster Cluster, long Start);
}
