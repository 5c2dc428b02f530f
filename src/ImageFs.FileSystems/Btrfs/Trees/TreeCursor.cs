using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Trees;

/// <summary>Goes through the items of a tree, in the order of their keys. It holds a leaf until it is disposed of.</summary>
/// <param name="tree">The tree.</param>
internal ref struct TreeCursor(Tree tree) : IDisposable
{
    private HeldLeaf? _leaf;
    private int _index;

    /// <summary>The key of the item that the cursor is on.</summary>
    public readonly TreeKey Key => Leaf.Node.Key(_index);

    /// <summary>The item's data; good until the cursor moves.</summary>
    public readonly ReadOnlySpan<byte> Data => Leaf.Node.Data(_index);

    /// <summary>Where the item's data is: its logical address.</summary>
    public readonly ulong Address => Leaf.Address + (ulong)Leaf.Node.DataStart(_index);

    private readonly HeldLeaf Leaf => _leaf ?? throw new InvalidOperationException("the cursor is on no item");

    /// <summary>Goes to the item of a key.</summary>
    /// <returns>False when there is none: the cursor is then on no item.</returns>
    /// <exception cref="ImageException">A node on the way is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool TryFind(in TreeKey key)
    {
        HeldLeaf leaf = Load(key);
        _index = leaf.Node.FindLast(key);
        return _index >= 0 && leaf.Node.Key(_index) == key;
    }

    /// <summary>Goes to the first item whose key is at least one.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="ImageException">A node on the way is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool SeekFirst(in TreeKey key)
    {
        if (TryFind(key))
        {
            return true;
        }

        return MoveNext();
    }

    /// <summary>Goes to the last item whose key is at most one.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="ImageException">A node on the way is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool SeekLast(in TreeKey key)
    {
        HeldLeaf leaf = Load(key);
        _index = leaf.Node.FindLast(key);
        return _index >= 0 || SeekBefore(leaf);
    }

    /// <summary>Goes to the next item; from before the first one to that.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="ImageException">A node on the way is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool MoveNext()
    {
        HeldLeaf leaf = Leaf;
        if (++_index < leaf.Node.Count)
        {
            return true;
        }

        // A leaf that another leads to has an item with that key.
        return leaf.End is { } end && TryFind(end);
    }

    /// <summary>Goes to the item before.</summary>
    /// <returns>False when there is none: the cursor is then before the first.</returns>
    /// <exception cref="ImageException">A node on the way is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool MovePrevious() => --_index >= 0 || SeekBefore(Leaf);

    /// <summary>Gives the leaf back.</summary>
    public void Dispose()
    {
        if (_leaf is not null)
        {
            tree.Reader.Return(_leaf);
            _leaf = null;
        }
    }

    private bool SeekBefore(HeldLeaf leaf)
    {
        if (leaf.Start.Previous is not { } before)
        {
            _index = -1;
            return false;
        }

        leaf = Load(before);
        _index = leaf.Node.FindLast(before);
        return _index >= 0;
    }

    private HeldLeaf Load(in TreeKey key)
    {
        _leaf ??= tree.Reader.Take(tree.Root, key);
        if (!_leaf.Covers(tree.Root, key))
        {
            _leaf.Load(tree.Reader, tree.Root, key);
        }

        return _leaf;
    }
}
