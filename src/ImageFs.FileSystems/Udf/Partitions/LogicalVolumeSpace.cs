using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Partitions;

/// <summary>
/// All partitions of a logical volume as one source: so a file may have its extents in any of them. The number of a partition is in the
/// high bits of an address.
/// </summary>
/// <param name="partitions">The partitions, in the order of the partition maps; fewer than <see cref="MaxPartitions"/>.</param>
/// <param name="blockSize">Bytes in a block.</param>
internal sealed class LogicalVolumeSpace(IReadOnlyList<BlockSource> partitions, int blockSize) : BlockSource
{
    /// <summary>How many there may be: more than the maps of one block.</summary>
    public const int MaxPartitions = 1 << (62 - PartitionShift);

    // A partition has less than 2^32 blocks of 2^12 bytes, and an extent that begins in it less than 2^30 bytes.
    private const int PartitionShift = 46;

    /// <inheritdoc/>
    public override long Length => (long)partitions.Count << PartitionShift;

    /// <summary>The address of a block.</summary>
    public long ToAddress(LogicalBlock block) =>
        block.Partition < partitions.Count
            ? ((long)block.Partition << PartitionShift) + ((long)block.Block * blockSize)
            : throw new InvalidImageException(
                "logical block", (long)block.Block * blockSize, $"it is in partition {block.Partition}, and there are {partitions.Count}", "ECMA-167 4/7.1");

    /// <summary>Whether there is a block of this number in its partition.</summary>
    public bool Contains(LogicalBlock block) =>
        block.Partition < partitions.Count && (long)block.Block * blockSize < partitions[block.Partition].Length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        int partition = (int)(offset >> PartitionShift);
        long inPartition = offset & ((1L << PartitionShift) - 1);
        below = partitions[partition];
        return inPartition < below.Length
            ? Extent.Mapped(offset, Math.Min(maxLength, below.Length - inPartition), inPartition)
            : throw new InvalidImageException(
                "logical block", inPartition, $"partition {partition} has {below.Length / blockSize} blocks", "ECMA-167 4/7.1");
    }
}
