using System.Buffers.Binary;
using System.Globalization;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>Holds chunks against block groups, and against the extents of devices that say which bytes chunks have.</summary>
/// <param name="devices">The file system.</param>
internal sealed class ChunkCheck(DeviceSet devices)
{
    private const int DeviceExtentSize = 48;
    private const string GroupClause = "btrfs_block_group_item";
    private const string ExtentClause = "btrfs_dev_extent";

    // What chunks have of devices, by device and place: how long, of which chunk.
    private readonly Dictionary<(ulong Device, ulong Offset), (ulong Length, ulong Chunk)> _stripes = [];
    private readonly Dictionary<ulong, (ulong Length, BlockGroupFlags Flags)> _chunks = [];
    private readonly Dictionary<ulong, ulong> _usedOfDevices = [];

    /// <summary>Checks them.</summary>
    public void Run(CheckRun run)
    {
        run.Try(ReadChunks);
        run.Extent = _chunks.Count.ToString(CultureInfo.InvariantCulture);
        run.Try(() => CheckGroups(run));
        run.Try(() => CheckDeviceExtents(run));
        run.Try(() => CheckDevices(run));
    }

    // They were checked when the file system was opened.
    private void ReadChunks()
    {
        using TreeCursor cursor = devices.ChunkTree.Open();
        for (bool isThere = cursor.SeekFirst(new TreeKey(ObjectIds.FirstFree, ItemType.ChunkItem, 0));
             isThere && cursor.Key is { ObjectId: ObjectIds.FirstFree, Type: ItemType.ChunkItem } key;
             isThere = cursor.MoveNext())
        {
            var item = new ChunkItem(cursor.Data);
            Chunk chunk = devices.Logical.ChunkAt((long)key.Offset)!;
            _chunks[key.Offset] = (item.Length, item.Flags);
            for (int i = 0; i < item.StripeCount; i++)
            {
                (DeviceKey device, ulong offset) = item.Stripe(i);
                _stripes[(device.Id, offset)] = (item.Length / (ulong)chunk.Columns, key.Offset);
            }
        }
    }

    private void CheckGroups(CheckRun run)
    {
        Trees.Tree tree = ExtentTree.FindTree(devices, ObjectIds.BlockGroupTree) ?? ExtentTree.FindTree(devices, ObjectIds.ExtentTree)!;
        var missing = new HashSet<ulong>(_chunks.Keys);
        using TreeCursor cursor = tree.Open();
        for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
        {
            TreeKey key = cursor.Key;
            if (key.Type != ItemType.BlockGroupItem || cursor.Data.Length < BlockGroupItem.Size)
            {
                continue;
            }

            missing.Remove(key.ObjectId);
            if (!_chunks.TryGetValue(key.ObjectId, out (ulong Length, BlockGroupFlags Flags) chunk))
            {
                run.Find("block group", (long)cursor.Address, $"that of 0x{key.ObjectId:X} has no chunk", GroupClause);
            }
            else if (chunk.Length != key.Offset || chunk.Flags != new BlockGroupItem(cursor.Data).Flags)
            {
                run.Find("block group", (long)cursor.Address,
                    $"that of 0x{key.ObjectId:X}, of {key.Offset} bytes and type 0x{(ulong)new BlockGroupItem(cursor.Data).Flags:X}, is not as its chunk, of {chunk.Length} and 0x{(ulong)chunk.Flags:X}", GroupClause);
            }
        }

        foreach (ulong start in missing.Order())
        {
            run.Find("chunk", (long)start, "it has no block group", GroupClause);
        }
    }

    private void CheckDeviceExtents(CheckRun run)
    {
        if (ExtentTree.FindTree(devices, ObjectIds.DeviceTree) is not { } tree)
        {
            run.Find("root tree", (long)devices.Super.Root, "it has no device tree", "btrfs_root_item");
            return;
        }

        var missing = new HashSet<(ulong Device, ulong Offset)>(_stripes.Keys);
        (ulong Device, UInt128 End) last = (0, 0);
        using TreeCursor cursor = tree.Open();
        for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
        {
            TreeKey key = cursor.Key;
            if (key.Type != ItemType.DeviceExtent || cursor.Data.Length < DeviceExtentSize)
            {
                continue;
            }

            ulong chunk = BinaryPrimitives.ReadUInt64LittleEndian(cursor.Data[16..]);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(cursor.Data[24..]);
            string place = $"that of 0x{key.Offset:X} of device {key.ObjectId}";
            if (key.ObjectId == last.Device && key.Offset < last.End)
            {
                run.Find("device extent", (long)cursor.Address, $"{place} begins before the last one ends", ExtentClause);
            }

            last = (key.ObjectId, (UInt128)key.Offset + length);
            _usedOfDevices[key.ObjectId] = unchecked(_usedOfDevices.GetValueOrDefault(key.ObjectId) + length);
            missing.Remove((key.ObjectId, key.Offset));
            if (!_stripes.TryGetValue((key.ObjectId, key.Offset), out (ulong Length, ulong Chunk) stripe) || stripe.Chunk != chunk || stripe.Length != length)
            {
                run.Find("device extent", (long)cursor.Address, $"{place}, {length} bytes for chunk 0x{chunk:X}, is no stripe of that", ExtentClause);
            }
        }

        foreach ((ulong device, ulong offset) in missing.Order())
        {
            run.Find("chunk", (long)_stripes[(device, offset)].Chunk, $"its stripe at 0x{offset:X} of device {device} has no device extent", ExtentClause);
        }
    }

    private void CheckDevices(CheckRun run)
    {
        using TreeCursor cursor = devices.ChunkTree.Open();
        for (bool isThere = cursor.SeekFirst(new TreeKey(ObjectIds.Devices, ItemType.DeviceItem, 0));
             isThere && cursor.Key is { ObjectId: ObjectIds.Devices, Type: ItemType.DeviceItem };
             isThere = cursor.MoveNext())
        {
            var item = new DeviceItem(cursor.Data);
            ulong counted = _usedOfDevices.GetValueOrDefault(item.Key.Id);
            if (item.BytesUsed != counted)
            {
                run.Find("device item", (long)cursor.Address, $"that of device {item.Key.Id} counts {item.BytesUsed} bytes in use, and its extents have {counted}", "btrfs_dev_item");
            }
        }
    }
}
