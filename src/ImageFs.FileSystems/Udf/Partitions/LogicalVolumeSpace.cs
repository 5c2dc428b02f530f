using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Partitions;

/// <summary>
/// All partitions of a logical volume as one source: so a file may have its extents in any of them. The number of a partition is in the
/// high bits of an address.
/// </summary>
/// <param name="partitions">The partitions, in the order of the partition maps.</param>
/// <param name="mirrors">The second copy of each; of no length when there is none.</param>
/// <param name="blockSize">Bytes in a block.</param>
internal sealed class LogicalVolumeSpace(IReadOnlyList<BlockSource> partitions, IReadOnlyList<BlockSource> mirrors, int blockSize) : BlockSource
{
    // A partition has less than 2^32 blocks of 2^12 bytes, an extent that begins in it less than 2^30 bytes; and the maps of one block
    // are less than 2^10.
    private const int PartitionShift = 46;

    /// <inheritdoc/>
    public override long Length => (long)(partitions.Count + mirrors.Count) << PartitionShift;

    /// <summary>The address of a block.</summary>
    /// <exception cref="InvalidImageException">There is no such partition.</exception>
    public long ToAddress(LogicalBlock block) =>
        block.Partition < partitions.Count
            ? ToAddress(block.Partition, block.Block)
            : throw new InvalidImageException(
                "logical block", (long)block.Block * blockSize, $"it is in partition {block.Partition}, and there are {partitions.Count}", "ECMA-167 4/7.1");

    /// <summary>The address of the second copy of a block; null when there is none.</summary>
    public long? FindMirror(LogicalBlock block) =>
        block.Partition < mirrors.Count && (long)block.Block * blockSize < mirrors[block.Partition].Length
            ? ToAddress(partitions.Count + block.Partition, block.Block)
            : null;

    /// <summary>Whether there is a block of this number in its partition.</summary>
    public bool Contains(LogicalBlock block) =>
        block.Partition < partitions.Count && (long)block.Block * blockSize < partitions[block.Partition].Length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        int index = (int)(offset >> PartitionShift);
        long inPartition = offset & ((1L << PartitionShift) - 1);
        below = index < partitions.Count ? partitions[index] : mirrors[index - partitions.Count];
        return inPartition < below.Length
            ? Extent.Mapped(offset, Math.Min(maxLength, below.Length - inPartition), inPartition)
            : throw new InvalidImageException(
                "logical block", inPartition, $"partition {index % partitions.Count} has {below.Length / blockSize} blocks", "ECMA-167 4/7.1");
    }

    private long ToAddress(int index, uint block) => ((long)index << PartitionShift) + ((long)block * blockSize);
}
