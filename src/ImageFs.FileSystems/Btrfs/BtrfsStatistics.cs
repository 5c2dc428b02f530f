using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>What statfs(2) says, counted as btrfs_statfs does where the devices are read-only.</summary>
internal static class BtrfsStatistics
{
    // BTRFS_UNLINK_METADATA_UNITS.
    private const ulong UnlinkUnits = 6;
    private const ulong MaxReserve = 512 << 20;

    // BTRFS_STRIPE_LEN and BTRFS_DEVICE_RANGE_RESERVED.
    private const ulong StripeLength = 64 << 10;
    private const ulong DeviceReserve = 1 << 20;

    // devid, total_bytes and bytes_used of a btrfs_dev_item.
    private const int DeviceItemStart = 24;

    /// <param name="volume">The file system.</param>
    /// <exception cref="ImageException">The trees that say so are damaged.</exception>
    public static FileSystemStatistics Count(BtrfsVolume volume)
    {
        (ulong used, BlockGroupFlags profiles) = CountUsed(volume);
        ulong factor = Copies(profiles);
        uint blockSize = (uint)volume.Geometry.SectorSize;
        ulong blocks = volume.Devices.Super.TotalBytes / factor / blockSize;
        ulong taken = (used / factor / blockSize) + (CountReserve(volume) / blockSize);
        return new FileSystemStatistics
        {
            BlockSize = blockSize,
            Blocks = blocks,
            FreeBlocks = blocks - Math.Min(taken, blocks),
            AvailableBlocks = CountUnallocated(volume, profiles) / factor / blockSize,
            MaxNameLength = DirItem.MaxNameLength,
        };
    }

    // Bytes on all devices that block groups use, and the profiles of those of data.
    private static (ulong Used, BlockGroupFlags DataProfiles) CountUsed(BtrfsVolume volume)
    {
        ulong used = 0;
        BlockGroupFlags dataProfiles = BlockGroupFlags.None;
        if ((volume.Devices.Super.ReadOnlyCompatible & ~ReadOnlyCompatibleFeatures.Known) != 0 || (volume.IgnoresBadRoots && !CanReadGroups(volume)))
        {
            return CountChunks(volume);
        }

        Trees.Tree groups = volume.Subvolumes.FindTree(ObjectIds.BlockGroupTree) ?? volume.Subvolumes.FindTree(ObjectIds.ExtentTree)
            ?? throw volume.RootTree.Damaged("btrfs_root_item", volume.RootTree.Root.Address, "there is none of the extent tree");
        using TreeCursor chunks = volume.Devices.ChunkTree.Open();
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

        return (used, dataProfiles);
    }

    private static bool CanReadGroups(BtrfsVolume volume) =>
        (volume.Subvolumes.FindTree(ObjectIds.BlockGroupTree) ?? volume.Subvolumes.FindTree(ObjectIds.ExtentTree)) is { } groups && RootTrees.IsReadable(groups);

    // fill_dummy_bgs: what cannot be told to be free counts as used.
    private static (ulong Used, BlockGroupFlags DataProfiles) CountChunks(BtrfsVolume volume)
    {
        ulong used = 0;
        BlockGroupFlags dataProfiles = BlockGroupFlags.None;
        foreach (Chunk chunk in volume.Devices.Logical.Chunks)
        {
            used = unchecked(used + ((ulong)chunk.Length * Copies(chunk.Flags)));
            dataProfiles |= chunk.Flags.HasFlag(BlockGroupFlags.Data) ? chunk.Flags : BlockGroupFlags.None;
        }

        return (used, dataProfiles);
    }

    // Of several profiles, that of the highest number counts; those of parity have one copy, but come after the first ones with two.
    private static ulong Copies(BlockGroupFlags flags) =>
        flags.HasFlag(BlockGroupFlags.Raid1C4) ? 4u
        : flags.HasFlag(BlockGroupFlags.Raid1C3) ? 3u
        : (flags & (BlockGroupFlags.Raid5 | BlockGroupFlags.Raid6)) != 0 ? 1u
        : (flags & (BlockGroupFlags.Raid10 | BlockGroupFlags.Dup | BlockGroupFlags.Raid1)) != 0 ? 2u
        : 1u;

    // btrfs_calc_avail_data_space: what block groups of data could still be made of. What those that exist have free is not counted on
    // read-only devices.
    private static ulong CountUnallocated(BtrfsVolume volume, BlockGroupFlags profiles)
    {
        int minDevices = profiles.HasFlag(BlockGroupFlags.Raid1C4) ? 4
            : (profiles & (BlockGroupFlags.Raid6 | BlockGroupFlags.Raid1C3)) != 0 ? 3
            : (profiles & (BlockGroupFlags.Raid5 | BlockGroupFlags.Raid10 | BlockGroupFlags.Raid1)) != 0 ? 2
            : 1;
        ulong minSize = (profiles.HasFlag(BlockGroupFlags.Dup) ? 2u : 1u) * StripeLength;
        List<ulong> free = ListFree(volume, minSize);
        int stripes = profiles.HasFlag(BlockGroupFlags.Raid0) ? free.Count
            : profiles.HasFlag(BlockGroupFlags.Raid10) ? 4
            : (profiles & (BlockGroupFlags.Raid1 | BlockGroupFlags.Raid1C3 | BlockGroupFlags.Raid1C4)) != 0 ? minDevices
            : 1;
        ulong bytes = 0;
        for (int count = free.Count; count >= minDevices; count--)
        {
            stripes = Math.Min(stripes, count);
            ulong size = free[count - 1];
            if (size >= minSize)
            {
                bytes = unchecked(bytes + (size * (uint)stripes));
                for (int i = count - stripes; i < count; i++)
                {
                    free[i] -= size;
                }
            }
        }

        return bytes;
    }

    // Of each device (btrfs_dev_item), the bytes that no chunk has; the largest first.
    private static List<ulong> ListFree(BtrfsVolume volume, ulong minSize)
    {
        var free = new List<ulong>();
        using TreeCursor cursor = volume.Devices.ChunkTree.Open();
        for (bool isThere = cursor.SeekFirst(new TreeKey(ObjectIds.Devices, ItemType.DeviceItem, 0));
             isThere && cursor.Key is { ObjectId: ObjectIds.Devices, Type: ItemType.DeviceItem };
             isThere = cursor.MoveNext())
        {
            ReadOnlySpan<byte> item = cursor.Data;
            if (item.Length < DeviceItemStart)
            {
                throw volume.Devices.ChunkTree.Damaged("btrfs_dev_item", cursor.Address, $"it has {item.Length} bytes");
            }

            ulong total = BinaryPrimitives.ReadUInt64LittleEndian(item[8..]);
            ulong used = BinaryPrimitives.ReadUInt64LittleEndian(item[16..]);
            ulong left = (total - Math.Min(used, total)) / StripeLength * StripeLength;
            if (left > DeviceReserve + minSize)
            {
                free.Add(left - DeviceReserve);
            }
        }

        free.Sort((one, other) => other.CompareTo(one));
        return free;
    }

    // btrfs_update_global_block_rsv: what is kept for changes of the trees that every change needs.
    private static ulong CountReserve(BtrfsVolume volume)
    {
        ulong bytes = 0;
        ulong items = 1 + UnlinkUnits;
        foreach (ulong id in (ReadOnlySpan<ulong>)[ObjectIds.ExtentTree, ObjectIds.ChecksumTree, ObjectIds.FreeSpaceTree, ObjectIds.BlockGroupTree])
        {
            if (volume.Subvolumes.FindTree(id) is { } tree && (!volume.IgnoresBadRoots || RootTrees.IsReadable(tree)))
            {
                bytes += Math.Min(volume.Subvolumes.BytesOf(id), MaxReserve);
                items++;
            }
        }

        ulong unit = (ulong)volume.Geometry.NodeSize * TreeNode.MaxLevels * 2;
        ulong delayed = UnlinkUnits * (volume.Subvolumes.FindTree(ObjectIds.FreeSpaceTree) is null ? 1u : 2u);
        return Math.Min(Math.Max(bytes, unit * (items + delayed)), MaxReserve);
    }
}
