namespace ImageFs.FileSystems.Btrfs.Trees;

/// <summary>
/// A leaf in hand, of one reader at a time, with the range of keys that it covers: neighbouring items, as the inodes of a directory's entries
/// mostly are, and the extents of a file, are found in it without a way down the tree.
/// </summary>
/// <param name="nodeSize">Bytes of a node.</param>
internal sealed class HeldLeaf(int nodeSize)
{
    private readonly byte[] _bytes = new byte[nodeSize];
    private ulong _tree;
    private ulong _root;
    private TreeKey _start;
    private TreeKey? _end;
    private bool _isLoaded;

    /// <summary>The leaf.</summary>
    public TreeNode Node => new(_bytes);

    /// <summary>Its logical address.</summary>
    public ulong Address { get; private set; }

    /// <summary>The smallest key that would be in it.</summary>
    public TreeKey Start => _start;

    /// <summary>The key that the next leaf begins with; null when it is the last.</summary>
    public TreeKey? End => _end;

    /// <summary>Whether a key of a tree would be in it.</summary>
    public bool Covers(in NodePointer root, in TreeKey key) =>
        _isLoaded && _root == root.Address && _tree == root.Tree && key >= _start && !(_end is { } end && key >= end);

    /// <summary>Reads the leaf that covers a key.</summary>
    /// <exception cref="Storage.ImageException">A node on the way, or the leaf, is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Load(NodeReader reader, in NodePointer root, in TreeKey key)
    {
        _isLoaded = false;
        TreeKey start = TreeKey.Min;
        NodePointer pointer = root;
        TreeNode node = reader.Read(pointer, _bytes);
        while (node.Level > 0)
        {
            int index = Math.Max(node.FindLast(key), 0);
            start = index > 0 ? node.Key(index) : start;
            pointer = pointer.ToChild(node, index);
            node = reader.Read(pointer, _bytes);
        }

        (_tree, _root, _start, _end) = (root.Tree, root.Address, start, pointer.End);
        Address = pointer.Address;
        _isLoaded = true;
    }
}
