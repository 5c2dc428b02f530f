using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>The blocks of a directory, or of extended attributes, by their places in the fork: each of one or more blocks of the volume.</summary>
/// <param name="volume">The volume.</param>
/// <param name="inode">The inode.</param>
/// <param name="isAttributes">Which fork.</param>
internal sealed class ForkBlocks(XfsVolume volume, HeldInode inode, bool isAttributes)
{
    private readonly int _blocksOfOne = isAttributes ? 1 : volume.Geometry.DirectoryBlockSize / volume.Geometry.BlockSize;

    /// <summary>Takes a block.</summary>
    /// <param name="place">Its place in the fork, in blocks of the volume.</param>
    /// <param name="address">Where it begins in the volume.</param>
    /// <param name="block">Its bytes, until the call returns.</param>
    public delegate void BlockTaker(long place, long address, ReadOnlySpan<byte> block);

    /// <summary>Whose it is.</summary>
    public long Number => inode.Number;

    /// <summary>Bytes of a block.</summary>
    public int Size => _blocksOfOne * volume.Geometry.BlockSize;

    /// <summary>Goes through the blocks of a part of the fork in order.</summary>
    /// <param name="extents">The extents that it has, or more.</param>
    /// <param name="start">Where it begins, in blocks of the volume.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="take">Called with each block that is there.</param>
    /// <exception cref="InvalidImageException">A piece of one is missing.</exception>
    public void ForEach(List<FileExtent> extents, long start, long end, BlockTaker take)
    {
        byte[] block = new byte[Size];
        var pieces = new PiecedBlock(volume);
        long next = -1;
        for (int index = FirstBehind(extents, start); index < extents.Count && extents[index].FileBlock < end; index++)
        {
            FileExtent extent = extents[index];
            for (long i = Math.Max(0, start - extent.FileBlock); i < Math.Min(extent.Count, end - extent.FileBlock); i++)
            {
                long place = extent.FileBlock + i;
                int piece = (int)(place % _blocksOfOne);
                if (piece == 0 ? next > 0 && next % _blocksOfOne != 0 : place != next)
                {
                    throw Missing(piece == 0 ? next : place);
                }

                pieces.Read(piece, volume.Geometry.AddressOf(extent.Block + i), block);
                next = place + 1;
                if (next % _blocksOfOne == 0)
                {
                    pieces.Finish(block);
                    take(next - _blocksOfOne, pieces.Address, block);
                }
            }
        }

        if (next > 0 && next % _blocksOfOne != 0)
        {
            throw Missing(next);
        }
    }

    /// <summary>The extents that a part of the fork has.</summary>
    public List<FileExtent> ExtentsBetween(long start, long end)
    {
        var extents = new List<FileExtent>();
        inode.VisitFork(volume, isAttributes, (in FileExtent extent) =>
        {
            if (extent.FileBlock < end && extent.End > start)
            {
                extents.Add(extent);
            }
        });
        return extents;
    }

    // The first extent that ends behind a place: they are in order.
    private static int FirstBehind(List<FileExtent> extents, long place)
    {
        int low = 0;
        for (int high = extents.Count; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = extents[middle].End > place ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private InvalidImageException Missing(long place) =>
        new($"inode {inode.Number}", inode.Address, $"block {place} of its {(isAttributes ? "attributes" : "directory")} is not there", "xfs_dir2_data_hdr");
}
