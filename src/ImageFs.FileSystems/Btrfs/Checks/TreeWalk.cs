using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>Gets a node.</summary>
/// <param name="pointer">What leads to it.</param>
/// <param name="node">The node, which was found good.</param>
internal delegate void VisitNode(in NodePointer pointer, TreeNode node);

/// <summary>Gets what leads to a node.</summary>
/// <param name="child">The node.</param>
/// <param name="parent">The node that it is in; none of a root.</param>
internal delegate void VisitLink(in NodePointer child, NodeOrigin? parent);

/// <summary>A node that leads to others, or to data.</summary>
/// <param name="Address">Its logical address.</param>
/// <param name="Owner">The tree that it was written for.</param>
internal readonly record struct NodeOrigin(ulong Address, ulong Owner);

/// <summary>Goes through the nodes of all trees as they lie on disk, each once, however many trees share it.</summary>
/// <param name="devices">The file system.</param>
internal sealed class TreeWalk(DeviceSet devices)
{
    private const int DropProgressOffset = 220;

    // Of chunks that may have nodes.
    private readonly LogicalCells _cells = new(
        devices.Logical.Chunks.Where(chunk => (chunk.Flags & (BlockGroupFlags.Metadata | BlockGroupFlags.System)) != 0), devices.Geometry.SectorSize);

    private readonly byte[][] _buffers = [.. Enumerable.Range(0, TreeNode.MaxLevels).Select(_ => new byte[devices.Geometry.NodeSize])];
    private CellMap _seen = new(1);

    /// <summary>Gets each node.</summary>
    public VisitNode? OnNode { get; init; }

    /// <summary>Gets each link to a node.</summary>
    public VisitLink? OnLink { get; init; }

    /// <summary>Nodes that there are.</summary>
    public long Count { get; private set; }

    /// <summary>Why references cannot be counted: a tree that is just being moved or deleted; null when they can.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>Goes through all.</summary>
    /// <param name="run">Is told of what is damaged.</param>
    public void Run(CheckRun run)
    {
        if (_cells.Count > CellMap.MaxCells)
        {
            Obstacle = $"chunks of metadata have {_cells.Count} sectors, more than {CellMap.MaxCells}";
            run.Block(Obstacle);
            return;
        }

        _seen = new CellMap(Math.Max(_cells.Count, 1));
        Visit(devices.Super.RootTree, run);
        Visit(devices.Super.ChunkTree, run);
        run.Try(() => VisitRoots(run));
    }

    private void VisitRoots(CheckRun run)
    {
        var rootTree = new Trees.Tree(devices.Reader, devices.Super.RootTree);
        for (TreeKey? from = TreeKey.Min; from is { } at && FindRoot(rootTree, at) is { } found; from = found.Key.Next)
        {
            if (found.Key.ObjectId == ObjectIds.TreeRelocation)
            {
                Obstacle ??= "a balance has not come to its end";
                continue;
            }

            Obstacle ??= found.IsPartial ? $"subvolume {found.Key.ObjectId} is not deleted to its end" : null;
            Visit(found.Root, run);
        }
    }

    // A cursor holds a leaf: it is given back before the tree is gone through.
    private static FoundRoot? FindRoot(Trees.Tree rootTree, TreeKey from)
    {
        using TreeCursor cursor = rootTree.Open();
        for (bool isThere = cursor.SeekFirst(from); isThere; isThere = cursor.MoveNext())
        {
            if (cursor.Key.Type == ItemType.RootItem)
            {
                RootItem item = RootItem.Read(rootTree, cursor);
                bool isPartial = BinaryPrimitives.ReadUInt64LittleEndian(cursor.Data[DropProgressOffset..]) != 0;
                return new FoundRoot(cursor.Key, item.ToPointer(cursor.Key.ObjectId), isPartial);
            }
        }

        return null;
    }

    private void Visit(NodePointer root, CheckRun run)
    {
        OnLink?.Invoke(root, null);
        Enter(root, run);
    }

    private void Enter(NodePointer pointer, CheckRun run)
    {
        if (pointer.Level >= TreeNode.MaxLevels)
        {
            run.Find(Finding.Of(NodeReader.Damaged(pointer, $"its level would be {pointer.Level}")));
        }
        else if (_cells.Find(pointer.Address, (ulong)devices.Geometry.NodeSize) is not { } place)
        {
            run.Find(Finding.Of(NodeReader.Damaged(pointer, "no chunk for nodes is there")));
        }
        else if (!_seen.Set(place.First))
        {
            run.Try(() => Descend(pointer, run));
        }
    }

    private void Descend(NodePointer pointer, CheckRun run)
    {
        byte[] buffer = _buffers[pointer.Level];
        TreeNode node = devices.Reader.Read(pointer, buffer);
        Count++;
        run.Advance(buffer.Length);
        OnNode?.Invoke(pointer, node);
        var origin = new NodeOrigin(node.Address, node.Owner);
        for (int i = 0; pointer.Level > 0 && i < new TreeNode(buffer).Count; i++)
        {
            node = new TreeNode(buffer);
            (ulong address, ulong generation) = node.Child(i);
            var child = new NodePointer(pointer.Tree, address, pointer.Level - 1, generation)
            {
                FirstKey = node.Key(i),
                End = i + 1 < node.Count ? node.Key(i + 1) : pointer.End,
            };
            OnLink?.Invoke(child, origin);
            Enter(child, run);
        }
    }

    private sealed record FoundRoot(TreeKey Key, NodePointer Root, bool IsPartial);
}
