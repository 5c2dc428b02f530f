using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Log;

/// <summary>
/// Makes nodes of a tree with edits, as copy-on-write does: those that lead to no edit stay where they are, the others are written anew.
/// </summary>
/// <param name="edits">The tree.</param>
/// <param name="nodes">Takes what is new.</param>
/// <param name="generation">The transaction that new nodes say they are of.</param>
internal sealed class TreeBuilder(TreeEdits edits, ReplayedNodes nodes, ulong generation)
{
    // Items or pointers of a node that is being filled.
    private readonly List<(TreeKey Key, byte[] Data)> _items = [];
    private readonly Geometry _geometry = edits.Tree.Reader.Geometry;
    private byte[] _header = [];

    /// <summary>Makes them.</summary>
    /// <returns>The root.</returns>
    /// <exception cref="ImageException">A node is damaged.</exception>
    public NodePointer Build()
    {
        NodePointer root = edits.Tree.Root;
        if (edits.Count == 0)
        {
            return root;
        }

        byte[] bytes = new byte[_geometry.NodeSize];
        edits.Tree.Reader.Read(root, bytes);
        _header = bytes[..TreeNode.HeaderSize];
        List<Child> children = Rewrite(root, TreeKey.Min, null);
        int level = root.Level;
        if (children.Count == 0)
        {
            // A tree without items is an empty leaf.
            return new NodePointer(root.Tree, Write(0, []), 0, generation);
        }

        while (children.Count > 1)
        {
            if (++level >= TreeNode.MaxLevels)
            {
                throw new UnsupportedFeatureException($"a log tree that makes tree {unchecked((long)root.Tree)} deeper than {TreeNode.MaxLevels} levels", LogReplay.Clause);
            }

            children = WriteParents(level, children);
        }

        return new NodePointer(root.Tree, children[0].Address, level, children[0].Generation);
    }

    private List<Child> Rewrite(NodePointer pointer, TreeKey start, TreeKey? end)
    {
        byte[] bytes = new byte[_geometry.NodeSize];
        TreeNode node = edits.Tree.Reader.Read(pointer, bytes);
        if (pointer.Level == 0)
        {
            return RewriteLeaf(bytes, start, end);
        }

        var children = new List<Child>();
        for (int i = 0; i < node.Count; i++)
        {
            // What comes before all keys of a node goes into its first child.
            TreeKey from = i == 0 ? start : node.Key(i);
            TreeKey? to = i + 1 < node.Count ? node.Key(i + 1) : end;
            (ulong address, ulong written) = node.Child(i);
            if (!edits.Between(from, to).Any())
            {
                children.Add(new Child(node.Key(i), address, written));
                continue;
            }

            children.AddRange(Rewrite(
                new NodePointer(pointer.Tree, address, pointer.Level - 1, written) { FirstKey = node.Key(i), End = to }, from, to));
        }

        return children.Count == 0 ? children : WriteParents(pointer.Level, children);
    }

    private List<Child> RewriteLeaf(byte[] bytes, TreeKey start, TreeKey? end)
    {
        var children = new List<Child>();
        int room = _geometry.NodeSize - TreeNode.HeaderSize;
        int used = 0;
        void Add(in TreeKey key, byte[] data)
        {
            int size = TreeNode.ItemSize + data.Length;
            if (used + size > room && _items.Count > 0)
            {
                children.Add(Flush(0));
                used = 0;
            }

            if (size > room)
            {
                throw LogReplay.Contradiction(edits.Tree, $"its item {key} of {data.Length} bytes does not fit a node");
            }

            used += size;
            _items.Add((key, data));
        }

        int index = 0;
        foreach ((TreeKey key, byte[]? data) in edits.Between(start, end))
        {
            for (; index < Count(bytes) && KeyOf(bytes, index) < key; index++)
            {
                Add(KeyOf(bytes, index), DataOf(bytes, index));
            }

            if (index < Count(bytes) && KeyOf(bytes, index) == key)
            {
                index++;
            }

            if (data is not null)
            {
                Add(key, data);
            }
        }

        for (; index < Count(bytes); index++)
        {
            Add(KeyOf(bytes, index), DataOf(bytes, index));
        }

        if (_items.Count > 0)
        {
            children.Add(Flush(0));
        }

        return children;
    }

    private List<Child> WriteParents(int level, List<Child> children)
    {
        var parents = new List<Child>();
        int most = (_geometry.NodeSize - TreeNode.HeaderSize) / TreeNode.PointerSize;
        foreach (Child child in children)
        {
            if (_items.Count == most)
            {
                parents.Add(Flush(level));
            }

            byte[] pointer = new byte[TreeNode.PointerSize - TreeKey.Size];
            BinaryPrimitives.WriteUInt64LittleEndian(pointer, child.Address);
            BinaryPrimitives.WriteUInt64LittleEndian(pointer.AsSpan(8), child.Generation);
            _items.Add((child.FirstKey, pointer));
        }

        parents.Add(Flush(level));
        return parents;
    }

    private Child Flush(int level)
    {
        var child = new Child(_items[0].Key, Write(level, _items), generation);
        _items.Clear();
        return child;
    }

    // btrfs_header, and btrfs_item or btrfs_key_ptr after it; data lies at the end, the first item's last.
    private ulong Write(int level, List<(TreeKey Key, byte[] Data)> entries)
    {
        byte[] node = new byte[_geometry.NodeSize];
        _header.CopyTo(node, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(node.AsSpan(0x50), generation);
        BinaryPrimitives.WriteUInt64LittleEndian(node.AsSpan(0x58), edits.Tree.Root.Tree);
        BinaryPrimitives.WriteUInt32LittleEndian(node.AsSpan(0x60), (uint)entries.Count);
        node[0x64] = (byte)level;
        int place = TreeNode.HeaderSize;
        int end = node.Length;
        foreach ((TreeKey key, byte[] data) in entries)
        {
            key.Write(node.AsSpan(place));
            if (level > 0)
            {
                data.CopyTo(node, place + TreeKey.Size);
                place += TreeNode.PointerSize;
                continue;
            }

            end -= data.Length;
            data.CopyTo(node, end);
            BinaryPrimitives.WriteUInt32LittleEndian(node.AsSpan(place + TreeKey.Size), (uint)(end - TreeNode.HeaderSize));
            BinaryPrimitives.WriteUInt32LittleEndian(node.AsSpan(place + TreeKey.Size + sizeof(uint)), (uint)data.Length);
            place += TreeNode.ItemSize;
        }

        return nodes.Add(node);
    }

    private static int Count(byte[] leaf) => new TreeNode(leaf).Count;

    private static TreeKey KeyOf(byte[] leaf, int index) => new TreeNode(leaf).Key(index);

    private static byte[] DataOf(byte[] leaf, int index) => new TreeNode(leaf).Data(index).ToArray();

    private readonly record struct Child(TreeKey FirstKey, ulong Address, ulong Generation);
}
