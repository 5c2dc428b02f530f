using System.Globalization;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>
/// Holds the extent tree against what trees and files refer to: every reference, in both directions; and what extents take against the counts of
/// block groups and of the super block.
/// </summary>
/// <param name="devices">The file system.</param>
/// <param name="cells">Its sectors.</param>
internal sealed class ReferenceCheck(DeviceSet devices, LogicalCells cells)
{
    private const string Clause = "btrfs_extent_item";

    private readonly ReferenceSums _sums = new();
    private readonly Dictionary<long, ulong> _used = [];
    private ulong _origin;
    private bool _isParent;

    /// <summary>Checks them.</summary>
    public void Run(CheckRun run)
    {
        var extents = new ExtentTree(devices);
        long count = 0;
        ulong end = 0;
        extents.ForEach((record, address) =>
        {
            count++;
            CheckRecord(record, address, end, run);
            end = Math.Max(end, record.Address + Math.Min(record.Length, ulong.MaxValue - record.Address));
            Tell(record);
        }, run);
        run.Extent = count.ToString(CultureInfo.InvariantCulture);
        CheckUsed(run);
        if (Collect(extents, run) is { } obstacle)
        {
            run.GiveUp(obstacle);
            return;
        }

        if (!_sums.IsBalanced)
        {
            _sums.BeginSecond();
            var quiet = new CheckRun(_ => { }, _ => { });
            extents.ForEach((record, _) => Tell(record), quiet);
            Collect(extents, quiet);
            foreach ((Reference reference, long surplus) in _sums.Unbalanced)
            {
                run.Find("extent", unchecked((long)reference.Address), surplus > 0
                    ? $"{surplus} references are not in the extent tree: {reference}, {reference.Length} bytes"
                    : $"{-surplus} references in the extent tree are of nothing: {reference}, {reference.Length} bytes", Clause);
            }

            if (_sums.IsFull)
            {
                run.Find(new Finding(string.Empty, null, "there are more references that do not fit: the rest is not told"));
            }
        }
    }

    private void CheckRecord(ExtentRecord record, long address, ulong end, CheckRun run)
    {
        if (record.FindProblem() is { } problem)
        {
            run.Find("extent item", address, $"that of 0x{record.Address:X}: {problem}", Clause);
        }

        if (record.Address < end)
        {
            run.Find("extent item", address, $"that of 0x{record.Address:X} begins before the last one ends, at 0x{end:X}", Clause);
        }

        if (cells.Find(record.Address, record.Length) is null || devices.Logical.ChunkAt((long)record.Address) is not { } chunk)
        {
            run.Find("extent item", address, $"its {record.Length} bytes at 0x{record.Address:X} lie in no chunk", Clause);
            return;
        }

        BlockGroupFlags wanted = record.Level < 0 ? BlockGroupFlags.Data : BlockGroupFlags.Metadata | BlockGroupFlags.System;
        if ((chunk.Flags & wanted) == 0)
        {
            run.Find("extent item", address, $"that of 0x{record.Address:X} is of {(record.Level < 0 ? "data" : "a node")}, and its chunk is for something else", Clause);
        }

        _used[chunk.Start] = _used.GetValueOrDefault(chunk.Start) + record.Length;
    }

    private void Tell(ExtentRecord record)
    {
        foreach ((Reference reference, long count) in record.References)
        {
            _sums.Tell(reference, count);
        }
    }

    // Of each node what leads to it, and of each leaf the data that its files have.
    private string? Collect(ExtentTree extents, CheckRun run)
    {
        var walk = new TreeWalk(devices)
        {
            OnLink = (in NodePointer child, NodeOrigin? parent) => _sums.Add(
                Refer(extents, new Reference(child.Address, (ulong)devices.Geometry.NodeSize, child.Level, 0), parent ?? new NodeOrigin(0, child.Tree), run)),
            OnNode = (in NodePointer pointer, TreeNode node) =>
            {
                for (int i = 0; node.Level == 0 && i < node.Count; i++)
                {
                    if (node.Key(i).Type == ItemType.ExtentData)
                    {
                        CollectData(extents, pointer, node, i, run);
                    }
                }
            },
        };
        walk.Run(new CheckRun(_ => { }, run.Advance));
        return walk.Obstacle;
    }

    private void CollectData(ExtentTree extents, in NodePointer pointer, TreeNode leaf, int index, CheckRun run)
    {
        TreeKey key = leaf.Key(index);
        try
        {
            FileExtentItem item = FileExtentItem.Read(new Trees.Tree(devices.Reader, pointer), leaf.Address, key, leaf.Data(index), devices.Geometry.SectorSize);
            if (item.Type == FileExtentType.Inline || item.DiskAddress == 0)
            {
                return;
            }

            var reference = new Reference(item.DiskAddress, item.DiskBytes, -1, 0, 0, key.ObjectId, unchecked(key.Offset - item.Offset));
            _sums.Add(Refer(extents, reference, new NodeOrigin(leaf.Address, leaf.Owner), run));
        }
        catch (Storage.InvalidImageException)
        {
            // The check of the trees tells it.
        }
    }

    private Reference Refer(ExtentTree extents, Reference reference, NodeOrigin origin, CheckRun run)
    {
        // The children of a node come one after the other.
        if (origin.Address != _origin)
        {
            _origin = origin.Address;
            _isParent = false;
            run.Try(() => _isParent = origin.Address != 0 && extents.IsParent(origin.Address));
        }

        return _isParent ? reference with { Parent = origin.Address, Inode = 0, Offset = 0 } : reference with { Root = origin.Owner };
    }

    private void CheckUsed(CheckRun run)
    {
        ulong total = 0;
        Trees.Tree tree = ExtentTree.FindTree(devices, ObjectIds.BlockGroupTree) ?? ExtentTree.FindTree(devices, ObjectIds.ExtentTree)!;
        using TreeCursor cursor = tree.Open();
        for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
        {
            TreeKey key = cursor.Key;
            if (key.Type != ItemType.BlockGroupItem || cursor.Data.Length < BlockGroupItem.Size || key.ObjectId > long.MaxValue)
            {
                continue;
            }

            ulong used = new BlockGroupItem(cursor.Data).Used;
            ulong counted = _used.GetValueOrDefault((long)key.ObjectId);
            unchecked
            {
                total += used;
            }

            if (used != counted)
            {
                run.Find("block group", (long)cursor.Address, $"that of 0x{key.ObjectId:X} counts {used} bytes in use, and its extents have {counted}", "btrfs_block_group_item");
            }
        }

        if (total != devices.Super.BytesUsed)
        {
            run.Find("super block", devices.Super.Address, $"it counts {devices.Super.BytesUsed} bytes in use, and block groups {total}", "btrfs_super_block");
        }
    }
}
