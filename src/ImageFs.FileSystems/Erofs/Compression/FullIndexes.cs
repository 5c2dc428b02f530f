using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>Indexes of eight bytes each (z_erofs_lcluster_index).</summary>
/// <param name="metadata">What has them.</param>
/// <param name="inode">The file.</param>
/// <param name="header">The header before them.</param>
internal sealed class FullIndexes(BlockCache metadata, Inode inode, MapHeader header) : ClusterIndexes
{
    private const int IndexSize = 8;

    // Behind the header are eight bytes that mean nothing.
    private const int Gap = 8;

    private const int TypeMask = 3;
    private const int StartOnly = 1 << 15;

    /// <inheritdoc/>
    public override LogicalCluster Read(long number)
    {
        long address = header.End + Gap + (number * IndexSize);
        Span<byte> bytes = stackalloc byte[IndexSize];
        metadata.ReadAt(address, bytes);
        int advice = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        var cluster = new LogicalCluster((ClusterType)(advice & TypeMask)) { IndexEnd = address + IndexSize };
        if (cluster.IsHead)
        {
            return cluster with
            {
                Offset = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
                Block = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
                IsStart = (advice & StartOnly) != 0,
            };
        }

        int back = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        bool countsBlocks = (back & CountsBlocks) != 0;
        if (countsBlocks && (header.Advice & (Advice.LargeClusters1 | Advice.LargeClusters2)) == 0)
        {
            throw inode.Damaged($"the index of cluster {number} counts blocks, and all clusters have one");
        }

        return cluster with
        {
            Back = countsBlocks ? 1 : back,
            StoredBlocks = countsBlocks ? back & ~CountsBlocks : 0,
            Ahead = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
        };
    }
}
