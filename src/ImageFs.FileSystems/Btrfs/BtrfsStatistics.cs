using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>What statfs(2) says, counted as btrfs_statfs does of a file system that is mounted read-only.</summary>
internal static class BtrfsStatistics
{
    // BTRFS_UNLINK_METADATA_UNITS.
    private const ulong UnlinkUnits = 6;
    private const ulong MaxReserve = 512 << 20;

    /// <param name="volume">The file system.</param>
    /// <exception cref="ImageException">The trees that say so are damaged.</exception>
    public static FileSystemStatistics Count(BtrfsVolume volume)
    {
        (ulong used, ulong factor) = CountUsed(volume);
        uint blockSize = (uint)volume.Geometry.SectorSize;
        ulong blocks = volume.TotalBytes / factor / blockSize;
        ulong taken = (used / factor / blockSize) + (CountReserve(volume) / blockSize);
        return new FileSystemStatistics
        {
            BlockSize = blockSize,
            Blocks = blocks,
            FreeBlocks = blocks - Math.Min(taken, blocks),
            MaxNameLength = DirItem.MaxNameLength,
        };
    }

    // Bytes on all devices that block groups use, and how many copies there are of data.
    private static (ulong Used, ulong Factor) CountUsed(BtrfsVolume volume)
    {
        ulong used = 0;
        BlockGroupFlags dataProfiles = BlockGroupFlags.None;
        Trees.Tree groups = volume.Subvolumes.FindTree(ObjectIds.BlockGroupTree) ?? volume.Subvolumes.FindTree(ObjectIds.ExtentTree)
            ?? throw volume.RootTree.Damaged("btrfs_root_item", volume.RootTree.Root.Address, "there is none of the extent tree");
        using TreeCursor chunks = volume.ChunkTree.Open();
        using TreeCursor cursor = groups.Open();
        for (bool isThere = chunks.SeekFirst(new TreeKey(ObjectIds.FirstFree, ItemType.ChunkItem, 0));
             isThere && chunks.Key is { ObjectId: ObjectIds.FirstFree, Type: ItemType.ChunkItem } key;
             isThere = chunks.MoveNext())
        {
            if (!cursor.SeekFirst(new TreeKey(key.Offset, ItemType.BlockGroupItem, 0)) || cursor.Key.ObjectId != key.Offset || cursor.Key.Type != ItemType.BlockGroupItem)
            {
                continue;
            }

            if (cursor.Data.Length < BlockGroupItem.Size)
            {
                throw groups.Damaged("btrfs_block_group_item", cursor.Address, $"it has {cursor.Data.Length} bytes");
            }

            var group = new BlockGroupItem(cursor.Data);
            used = unchecked(used + (group.Used * Copies(group.Flags)));
            dataProfiles |= group.Flags.HasFlag(BlockGroupFlags.Data) ? group.Flags : BlockGroupFlags.None;
        }

        return (used, Copies(dataProfiles));
    }

    // Of several profiles, that of the highest number counts; those of parity have one copy, but come after the first ones with two.
    private static ulong Copies(BlockGroupFlags flags) =>
        flags.HasFlag(BlockGroupFlags.Raid1C4) ? 4u
        : flags.HasFlag(BlockGroupFlags.Raid1C3) ? 3u
        : (flags & (BlockGroupFlags.Raid5 | BlockGroupFlags.Raid6)) != 0 ? 1u
        : (flags & (BlockGroupFlags.Raid10 | BlockGroupFlags.Dup | BlockGroupFlags.Raid1)) != 0 ? 2u
        : 1u;

    // btrfs_update_global_block_rsv: what is kept for changes of the trees that every change needs.
    private static ulong CountReserve(BtrfsVolume volume)
    {
        ulong bytes = 0;
        ulong items = 1 + UnlinkUnits;
        foreach (ulong id in (ReadOnlySpan<ulong>)[ObjectIds.ExtentTree, ObjectIds.ChecksumTree, ObjectIds.FreeSpaceTree, ObjectIds.BlockGroupTree])
        {
            if (volume.Subvolumes.FindTree(id) is not null)
            {
                bytes += volume.Subvolumes.BytesOf(id);
                items++;
            }
        }

        ulong unit = (ulong)volume.Geometry.NodeSize * TreeNode.MaxLevels * 2;
        ulong delayed = UnlinkUnits * (volume.Subvolumes.FindTree(ObjectIds.FreeSpaceTree) is null ? 1u : 2u);
        return Math.Min(Math.Max(bytes, unit * (items + delayed)), MaxReserve);
    }
}
