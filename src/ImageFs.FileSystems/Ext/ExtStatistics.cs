using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>What statfs(2) tells, counted as ext4_statfs does.</summary>
internal static class ExtStatistics
{
    private const uint MaxNameLength = 255;

    /// <remarks>Where the group descriptors cannot be read, the counts of the super block are what is known; more cannot be free than there is.</remarks>
    public static FileSystemStatistics Count(ExtVolume volume, SuperBlock superBlock, ExtOptions options)
    {
        Geometry geometry = volume.Geometry;
        long blocksInCluster = geometry.ClusterSize / geometry.BlockSize;
        (ulong freeClusters, ulong freeInodes) = CountFree(volume, superBlock);
        long overhead = options.MinixDf ? 0 : CountOverhead(volume, superBlock, blocksInCluster);
        return new FileSystemStatistics
        {
            BlockSize = (uint)geometry.BlockSize,
            Blocks = (ulong)Math.Max(0, geometry.BlocksCount - overhead),
            FreeBlocks = Math.Min(freeClusters, (ulong)(geometry.BlocksCount / blocksInCluster)) * (ulong)blocksInCluster,
            Files = geometry.InodesCount,
            FreeFiles = Math.Min(freeInodes, geometry.InodesCount),
            MaxNameLength = MaxNameLength,
        };
    }

    private static (ulong Clusters, ulong Inodes) CountFree(ExtVolume volume, SuperBlock superBlock)
    {
        try
        {
            return volume.Descriptors.CountFree();
        }
        catch (ImageException)
        {
            return (superBlock.FreeBlocksCount, superBlock.FreeInodesCount);
        }
    }

    private static long CountOverhead(ExtVolume volume, SuperBlock superBlock, long blocksInCluster)
    {
        Geometry geometry = volume.Geometry;
        if (blocksInCluster > 1 && superBlock.OverheadClusters > 0)
        {
            return superBlock.OverheadClusters * blocksInCluster;
        }

        long overhead = volume.Descriptors.CountOverhead();
        if (!geometry.Compatible.HasFlag(CompatibleFeatures.HasJournal) || superBlock.JournalInode == 0)
        {
            return overhead;
        }

        try
        {
            return overhead + (volume.SizeOf(volume.Inodes.Read(superBlock.JournalInode)) / geometry.BlockSize);
        }
        catch (ImageException)
        {
            // Without its journal the file system can be read all the same.
            return overhead;
        }
    }
}
