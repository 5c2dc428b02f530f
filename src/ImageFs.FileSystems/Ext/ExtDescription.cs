using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext;

/// <summary>What to say about a file system to people.</summary>
internal static class ExtDescription
{
    // What blkid lets an ext2 or ext3 file system have.
    private const IncompatibleFeatures OldIncompatible =
        IncompatibleFeatures.FileType | IncompatibleFeatures.Recover | IncompatibleFeatures.MetaBg;

    private const ReadOnlyCompatibleFeatures OldReadOnlyCompatible =
        ReadOnlyCompatibleFeatures.SparseSuper | ReadOnlyCompatibleFeatures.LargeFile | ReadOnlyCompatibleFeatures.BtreeDir;

    /// <summary>"ext2", "ext3" or "ext4", as blkid decides.</summary>
    public static string FindFormat(Geometry geometry) =>
        FindFormat(geometry.Compatible, geometry.Incompatible, geometry.ReadOnlyCompatible);

    /// <summary>What the super block says of what tells the volume from others.</summary>
    public static VolumeIdentity Identify(SuperBlock superBlock) => new(
        FindFormat(superBlock.Compatible, superBlock.Incompatible, superBlock.ReadOnlyCompatible),
        Encoding.UTF8.GetString(superBlock.VolumeName),
        ToUuid(superBlock.Uuid) ?? string.Empty);

    public static ImageDescription Make(ExtVolume volume, SuperBlock superBlock)
    {
        Geometry geometry = volume.Geometry;
        VolumeIdentity identity = Identify(superBlock);
        IEnumerable<string> features =
        [
            .. FeatureNames.Of(geometry.Compatible),
            .. FeatureNames.Of(geometry.Incompatible),
            .. FeatureNames.Of(geometry.ReadOnlyCompatible),
        ];
        return new ImageDescription(identity.Type)
            .With("label", identity.Label)
            .With("uuid", identity.Uuid)
            .With("size", geometry.AddressOf(geometry.BlocksCount))
            .With("block-size", (long)geometry.BlockSize)
            .With("cluster-size", geometry.ClusterSize == geometry.BlockSize ? null : geometry.ClusterSize)
            .With("inode-size", (long)geometry.InodeSize)
            .With("inodes", (long)geometry.InodesCount)
            .With("features", string.Join(' ', features))
            .With("state", DescribeState(superBlock))
            .With("journal", DescribeJournal(superBlock))
            .With("recovered-blocks", (long?)volume.RecoveredBlocks)
            .With("last-mounted-on", Encoding.UTF8.GetString(superBlock.LastMounted))
            .With("created", ToTime(superBlock.MakeTime))
            .With("mounted", ToTime(superBlock.MountTime))
            .With("written", ToTime(superBlock.WriteTime))
            .With("checked", ToTime(superBlock.LastCheckTime));
    }

    private static string FindFormat(CompatibleFeatures compatible, IncompatibleFeatures incompatible, ReadOnlyCompatibleFeatures readOnlyCompatible)
    {
        if ((incompatible & ~OldIncompatible) != 0 || (readOnlyCompatible & ~OldReadOnlyCompatible) != 0)
        {
            return "ext4";
        }

        return compatible.HasFlag(CompatibleFeatures.HasJournal) ? "ext3" : "ext2";
    }

    private static string? ToUuid(ReadOnlySpan<byte> uuid) =>
        uuid.ContainsAnyExcept((byte)0) ? new Guid(uuid, bigEndian: true).ToString() : null;

    private static DateTimeOffset? ToTime(long seconds) =>
        seconds == 0 || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? null : DateTimeOffset.FromUnixTimeSeconds(seconds);

    private static string DescribeState(SuperBlock superBlock)
    {
        if (superBlock.Incompatible.HasFlag(IncompatibleFeatures.Recover))
        {
            return "needs recovery";
        }

        if (superBlock.State.HasFlag(SuperBlockState.Errors))
        {
            return "clean with errors";
        }

        return superBlock.State.HasFlag(SuperBlockState.Clean) ? "clean" : "not clean";
    }

    private static string? DescribeJournal(SuperBlock superBlock)
    {
        if (!superBlock.Compatible.HasFlag(CompatibleFeatures.HasJournal))
        {
            return null;
        }

        return superBlock.JournalInode != 0 ? $"inode {superBlock.JournalInode}" : $"external, {ToUuid(superBlock.JournalUuid)}";
    }
}

/// <summary>What statfs(2) says, counted as ext4_statfs does.</summary>
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
