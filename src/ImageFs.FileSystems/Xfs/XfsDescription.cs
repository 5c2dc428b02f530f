using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Xfs;

/// <summary>What to say about a file system to people.</summary>
internal static class XfsDescription
{
    /// <summary>The name of the format.</summary>
    public const string Format = "xfs";

    /// <summary>What the super block says of what tells the volume from others.</summary>
    public static VolumeIdentity Identify(SuperBlock superBlock) => new(
        Format,
        Encoding.UTF8.GetString(superBlock.Label),
        superBlock.Uuid.ContainsAnyExcept((byte)0) ? new Guid(superBlock.Uuid, bigEndian: true).ToString() : string.Empty);

    public static ImageDescription Make(XfsVolume volume, SuperBlock superBlock)
    {
        Geometry geometry = volume.Geometry;
        VolumeIdentity identity = Identify(superBlock);
        return new ImageDescription(identity.Type)
            .With("label", identity.Label)
            .With("uuid", identity.Uuid)
            .With("version", (long)superBlock.Version)
            .With("size", geometry.DataBlocks * geometry.BlockSize)
            .With("block-size", (long)geometry.BlockSize)
            .With("directory-block-size", geometry.DirectoryBlockSize == geometry.BlockSize ? null : (long)geometry.DirectoryBlockSize)
            .With("sector-size", (long)geometry.SectorSize)
            .With("inode-size", (long)geometry.InodeSize)
            .With("allocation-groups", (long)geometry.GroupCount)
            .With("features", string.Join(' ', Features(geometry)))
            .With("log", geometry.LogStart == 0 ? "on another device" : null)
            .With("log-size", geometry.LogBlocks * geometry.BlockSize)
            .With("state", volume.Recovery is { } recovery ? Recovered(recovery) : volume.IsClean ? "clean" : "as it was left: the log was not looked at")
            .With("real-time-size", geometry.RealTimeBlocks == 0 ? null : geometry.RealTimeBlocks * geometry.BlockSize);
    }

    private static string Recovered(Log.Recovery recovery) => recovery.Finished.Count switch
    {
        0 => "recovered from the log",
        1 => "recovered from the log: a change that it had begun was finished",
        int count => $"recovered from the log: {count} changes that it had begun were finished",
    };

    private static IEnumerable<string> Features(Geometry geometry)
    {
        IEnumerable<string> old =
        [
            .. geometry.HasChecksums ? (string[])["crc"] : [],
            .. geometry.IgnoresCase ? (string[])["ascii-ci"] : [],
            .. !geometry.HasChecksums && geometry.HasFileTypes ? (string[])["ftype"] : [],
            .. geometry.HasQuotas ? (string[])["quota"] : [],
        ];
        return old.Concat(FeatureNames.Of(geometry.ReadOnlyCompatible)).Concat(FeatureNames.Of(geometry.Incompatible));
    }
}

/// <summary>What statfs(2) says, counted as xfs_fs_statfs does.</summary>
internal static class XfsStatistics
{
    private const uint MaxNameLength = 255;

    // xfs_alloc_set_aside: what each group keeps so that its trees can be split.
    private const long KeptInGroup = 8;

    // XFS_MAXINUMBER.
    private const long MaxInodeNumber = (1L << 56) - 1;

    /// <remarks>
    /// Of a file system that was not unmounted, the groups are counted; where they cannot be read, what the super block counts is what is known.
    /// </remarks>
    public static FileSystemStatistics Count(XfsVolume volume)
    {
        Geometry geometry = volume.Geometry;
        Counters counters = volume.Counters;
        long kept = geometry.GroupCount * KeptInGroup;
        if (!volume.IsClean && geometry.HasLazyCounters)
        {
            try
            {
                counters = GroupCounters.Sum(volume, out long treeBlocks);
                kept += treeBlocks;
            }
            catch (ImageException)
            {
                counters = volume.Counters;
            }
        }

        long blocks = geometry.DataBlocks - (geometry.LogStart == 0 ? 0 : geometry.LogBlocks);
        long free = Math.Clamp(counters.FreeBlocks - kept, 0, blocks);
        long inodes = Math.Min(counters.Inodes, MaxInodeNumber);
        long files = Math.Min(inodes + (free * geometry.InodesPerBlock), MaxInodeNumber);
        files = geometry.MaxInodes > 0 ? Math.Max(Math.Min(files, geometry.MaxInodes), inodes) : files;
        long used = inodes - Math.Min(counters.FreeInodes, inodes);
        if (IsOnRealTime(volume))
        {
            blocks = geometry.RealTimeBlocks;
            free = Math.Min(counters.FreeRealTimeExtents, blocks / geometry.RealTimeExtentSize) * geometry.RealTimeExtentSize;
        }

        return new FileSystemStatistics
        {
            BlockSize = (uint)geometry.BlockSize,
            Blocks = (ulong)Math.Max(0, blocks),
            FreeBlocks = (ulong)free,
            Files = (ulong)files,
            FreeFiles = (ulong)Math.Max(0, files - used),
            MaxNameLength = MaxNameLength,
        };
    }

    // Where what is made in the root directory goes to the real-time device, Linux tells the space of that.
    private static bool IsOnRealTime(XfsVolume volume)
    {
        using var buffer = new PooledBuffer(volume.Geometry.InodeSize);
        return volume.RealTime is not null && (volume.Inodes.Read(volume.Geometry.RootInode, buffer.Span).Flags & (InodeFlags.RealTime | InodeFlags.InheritsRealTime)) != 0;
    }
}
