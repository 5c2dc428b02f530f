namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>Finds the extents of a compressed file, by one of the forms that indexes have.</summary>
internal abstract class ExtentLookup
{
    /// <summary>The extent that a byte is in.</summary>
    /// <param name="offset">In the file.</param>
    /// <exception cref="Storage.ImageException">Its indexes are damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public abstract FileExtent Find(long offset);

    /// <summary>What a file has whose indexes are of one form or the other.</summary>
    /// <param name="volume">The file system.</param>
    /// <param name="inode">The file, which is not empty.</param>
    /// <exception cref="Storage.ImageException">Its indexes are damaged, or not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static ExtentLookup Of(ErofsVolume volume, in Inode inode)
    {
        MapHeader header = MapHeader.Read(volume, in inode);
        return header.IsWholeFragment ? new WholeFragment(inode.Size, header.WholeFragmentOffset)
            : inode.Layout == DataLayout.CompressedFull && header.Advice.HasFlag(Advice.OtherIndexes) ? new ExtentRecords(volume, in inode, header)
            : new ClusterLookup(volume, in inode, header);
    }

    private sealed class WholeFragment(long size, ulong address) : ExtentLookup
    {
        public override FileExtent Find(long offset) => new(0, size, ExtentStorage.Fragment) { Address = (long)address };
    }
}
