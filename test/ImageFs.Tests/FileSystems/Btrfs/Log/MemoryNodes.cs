using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs;
using ImageFs.FileSystems.Btrfs.Log;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using BtrfsTree = ImageFs.FileSystems.Btrfs.Trees.Tree;

namespace ImageFs.Tests.FileSystems.Btrfs.Log;

/// <summary>Trees whose nodes are all in memory, made by putting items into an empty one.</summary>
internal sealed class MemoryNodes
{
    /// <summary>The transaction that they are of.</summary>
    public const ulong Generation = 7;

    private readonly ReplayedNodes _nodes = new(new NoNodes(), Geometry);

    public static Geometry Geometry { get; } = new(4096, 4096, Checksum.Find(0)!, 0x1234);

    public static TreeEdits Edit(BtrfsTree tree, long maxBytes = 1 << 24) => new(tree, new EditBudget(maxBytes));

    /// <summary>A tree with items.</summary>
    public BtrfsTree Make(ulong id, IEnumerable<(TreeKey Key, byte[] Data)> items)
    {
        byte[] leaf = new byte[Geometry.NodeSize];
        BinaryPrimitives.WriteUInt128BigEndian(leaf.AsSpan(0x20), Geometry.MetadataId);
        BinaryPrimitives.WriteUInt64LittleEndian(leaf.AsSpan(0x50), Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(leaf.AsSpan(0x58), id);
        TreeEdits edits = Edit(new BtrfsTree(Reader(), new NodePointer(id, _nodes.Add(leaf), 0, Generation)));
        foreach ((TreeKey key, byte[] data) in items)
        {
            edits.Put(key, data);
        }

        return Build(edits);
    }

    /// <summary>The tree with its edits, read anew from the nodes that were made of it.</summary>
    public BtrfsTree Build(TreeEdits edits) => new(Reader(), new TreeBuilder(edits, _nodes, Generation).Build());

    /// <summary>All items of a tree.</summary>
    public static List<(TreeKey Key, string Data)> Read(BtrfsTree tree)
    {
        var items = new List<(TreeKey, string)>();
        using TreeCursor cursor = tree.Open();
        for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
        {
            items.Add((cursor.Key, Convert.ToHexString(cursor.Data)));
        }

        return items;
    }

    private NodeReader Reader() => new(_nodes, Geometry, new BlockPool(1 << 20));

    // No chunk is anywhere.
    private sealed class NoNodes : INodeSource
    {
        public int CopiesAt(long address) => 0;

        public void ReadCopy(int copy, long address, Span<byte> bytes) => throw new InvalidOperationException("there is nothing to read");

        public void Prefetch(long offset, long maxLength)
        {
        }
    }
}
