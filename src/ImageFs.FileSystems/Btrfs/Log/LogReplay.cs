using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Log;

/// <summary>A file system as a replay left it.</summary>
/// <param name="Nodes">What nodes are read from.</param>
/// <param name="RootTree">The root tree.</param>
internal sealed record ReplayedTrees(INodeSource Nodes, NodePointer RootTree);

/// <summary>
/// Replays in memory what fsync(2) left in the log when the system stopped before it wrote all: a tree of logs, and in it one for each
/// subvolume, of items to be put into that.
/// </summary>
internal static class LogReplay
{
    /// <summary>What the log is called where it is specified.</summary>
    public const string Clause = "Btrfs: log tree";

    private const long MaxBytes = 128 << 20;

    // Of btrfs_root_item.
    private const int GenerationOffset = 160;
    private const int AddressOffset = 176;
    private const int LevelOffset = 238;
    private const int SecondGenerationOffset = 239;

    /// <summary>The root tree, with what is in the log replayed.</summary>
    /// <param name="devices">The file system.</param>
    /// <param name="leavesLog">Whether the log is left alone.</param>
    /// <param name="context">What the file system is opened with.</param>
    /// <exception cref="ImageException">A log is damaged, or contradicts its subvolume: Linux does not mount it either.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static Trees.Tree OpenRootTree(DeviceSet devices, bool leavesLog, OpenContext context)
    {
        SuperBlock super = devices.Super;
        if (super.LogRoot == 0 || leavesLog)
        {
            return new Trees.Tree(devices.Reader, super.RootTree);
        }

        // Its nodes are of the transaction that did not come to its end.
        var logs = new NodePointer(ObjectIds.TreeLog, super.LogRoot, super.LogRootLevel, unchecked(super.Generation + 1));
        bool hasHoles = !super.Incompatible.HasFlag(IncompatibleFeatures.NoHoles);
        ReplayedTrees replayed = Replay(devices.Logical, devices.Geometry, context.Memory.Blocks, super.RootTree, logs, hasHoles, context.Warn);
        return new Trees.Tree(new NodeReader(replayed.Nodes, devices.Geometry, context.Memory.Blocks), replayed.RootTree);
    }

    /// <summary>Replays it.</summary>
    /// <param name="source">What nodes are read from.</param>
    /// <param name="geometry">What they are like.</param>
    /// <param name="pool">Keeps them meanwhile.</param>
    /// <param name="rootTree">The root tree.</param>
    /// <param name="logs">The tree of logs: log_root, log_root_level; its generation is the one after that of the super block.</param>
    /// <param name="hasHoles">Whether holes of files are items, too (not NO_HOLES).</param>
    /// <param name="warn">Is told of a log that is of no subvolume.</param>
    /// <returns>The file system with the logs in it.</returns>
    /// <exception cref="ImageException">A log is damaged, or contradicts its subvolume: Linux does not mount it either.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static ReplayedTrees Replay(
        INodeSource source, Geometry geometry, BlockPool pool, in NodePointer rootTree, in NodePointer logs, bool hasHoles, Action<string> warn)
    {
        var reader = new NodeReader(source, geometry, pool);
        var budget = new EditBudget(MaxBytes);
        var nodes = new ReplayedNodes(source, geometry);
        var roots = new TreeEdits(new Trees.Tree(reader, rootTree), budget);
        ulong generation = logs.Generation;
        ChecksumReplay? checksums = FindTree(roots, ObjectIds.ChecksumTree) is { } sums ? new ChecksumReplay(new TreeEdits(sums, budget)) : null;

        var logTree = new Trees.Tree(reader, logs);
        foreach ((ulong subvolume, NodePointer log) in ReadLogs(logTree))
        {
            if (FindTree(roots, subvolume) is not { } tree)
            {
                warn($"there is a log of subvolume {subvolume}, which is deleted: it is passed over, as Linux does");
                continue;
            }

            var edits = new TreeEdits(tree, budget);
            new SubvolumeReplay(edits, new TreeEdits(new Trees.Tree(reader, log), budget), checksums, hasHoles, generation).Run();
            PutRoot(roots, new TreeBuilder(edits, nodes, generation).Build());
        }

        if (checksums is not null)
        {
            PutRoot(roots, new TreeBuilder(checksums.Tree, nodes, generation).Build());
        }

        return new ReplayedTrees(nodes, new TreeBuilder(roots, nodes, generation).Build());
    }

    /// <summary>The error of a log that does not fit what it is of.</summary>
    public static InvalidImageException Contradiction(Trees.Tree tree, string problem) =>
        new("log tree", unchecked((long)tree.Root.Address), $"{problem}; option norecovery leaves the log alone", Clause);

    private static List<(ulong Subvolume, NodePointer Log)> ReadLogs(Trees.Tree logs)
    {
        var found = new List<(ulong, NodePointer)>();
        using TreeCursor cursor = logs.Open();
        for (bool isThere = cursor.SeekFirst(new TreeKey(ObjectIds.TreeLog, ItemType.RootItem, 0));
             isThere && cursor.Key is { ObjectId: ObjectIds.TreeLog, Type: ItemType.RootItem };
             isThere = cursor.MoveNext())
        {
            found.Add((cursor.Key.Offset, RootItem.Read(logs, cursor).ToPointer(ObjectIds.TreeLog)));
        }

        return found;
    }

    private static Trees.Tree? FindTree(TreeEdits roots, ulong id)
    {
        if (!roots.TryLast(new TreeKey(id, ItemType.RootItem, ulong.MaxValue), out TreeKey key, out byte[] item) || key.Type != ItemType.RootItem || key.ObjectId != id)
        {
            return null;
        }

        RootItem root = RootItem.Read(roots.Tree, roots.Tree.Root.Address, item);
        return root.References > 0 ? roots.Tree with { Root = root.ToPointer(id) } : null;
    }

    private static void PutRoot(TreeEdits roots, in NodePointer root)
    {
        roots.TryLast(new TreeKey(root.Tree, ItemType.RootItem, ulong.MaxValue), out TreeKey key, out byte[] before);
        byte[] item = [.. before];
        bool isExtended = item.Length >= RootItem.Size && item.AsSpan(SecondGenerationOffset, sizeof(ulong)).SequenceEqual(item.AsSpan(GenerationOffset, sizeof(ulong)));
        BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(GenerationOffset), root.Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(AddressOffset), root.Address);
        item[LevelOffset] = (byte)root.Level;
        if (isExtended)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(SecondGenerationOffset), root.Generation);
        }

        roots.Put(key, item);
    }
}
