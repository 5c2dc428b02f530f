namespace ImageFs.Storage.Volumes.Lvm.PersistentData;

/// <summary>A B-tree of persistent data, searched and walked.</summary>
/// <param name="blocks">The metadata.</param>
/// <param name="root">The block of its root.</param>
/// <param name="valueLength">Bytes of a value in its leaves.</param>
internal readonly struct BTree(MetadataBlocks blocks, long root, int valueLength)
{
    // More than any tree needs whose inner nodes have two children; what is deeper leads back to itself.
    private const int MaxDepth = 64;

    private const string Clause = "persistent-data: dm-btree";

    /// <summary>Looks at a block that a walk comes to.</summary>
    /// <param name="number">The block's number.</param>
    /// <returns>False when it was there before: what is below is not walked again.</returns>
    public delegate bool Enter(long number);

    /// <summary>Looks at a leaf.</summary>
    public delegate void Visit(BTreeNode leaf);

    /// <summary>Finds the entry of a key.</summary>
    /// <param name="key">The key; at least 0.</param>
    /// <param name="block">Takes the node that the answer is in.</param>
    /// <param name="leaf">That node.</param>
    /// <param name="index">The entry in it; -1 when all its keys are behind.</param>
    /// <param name="next">When there is no entry, none has a key between this one and that.</param>
    /// <returns>Whether there is an entry.</returns>
    /// <exception cref="ImageException">The tree is damaged there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool TryFind(long key, Span<byte> block, out BTreeNode leaf, out int index, out long next)
    {
        (long number, long first, next) = (root, 0, long.MaxValue);
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            leaf = Read(number, block, first, next);
            index = SortedKeys.FindLast(in leaf, key);
            if (index + 1 < leaf.Count)
            {
                next = leaf.KeyAt(index + 1);
            }

            if (index < 0 || leaf.IsLeaf)
            {
                return index >= 0 && leaf.KeyAt(index) == key;
            }

            (number, first) = (leaf.NumberAt(index), leaf.KeyAt(index));
        }

        throw TooDeep();
    }

    /// <summary>Goes through all nodes, in the order of their keys.</summary>
    /// <param name="enter">Called with the block of each node before it is read.</param>
    /// <param name="visit">Called with each leaf.</param>
    /// <param name="onDamage">Called with what is wrong with a node; the rest is walked nevertheless.</param>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Walk(Enter enter, Visit visit, Action<ImageException> onDamage) => Walk(root, 0, long.MaxValue, 0, enter, visit, onDamage);

    private void Walk(long number, long first, long end, int depth, Enter enter, Visit visit, Action<ImageException> onDamage)
    {
        if (!enter(number))
        {
            return;
        }

        byte[] block = new byte[MetadataBlocks.BlockSize];
        BTreeNode node;
        try
        {
            node = depth < MaxDepth ? Read(number, block, first, end) : throw TooDeep();
        }
        catch (ImageException e)
        {
            onDamage(e);
            return;
        }

        if (node.IsLeaf)
        {
            visit(node);
            return;
        }

        for (int i = 0; i < node.Count; i++)
        {
            Walk(node.NumberAt(i), node.KeyAt(i), i + 1 < node.Count ? node.KeyAt(i + 1) : end, depth + 1, enter, visit, onDamage);
        }
    }

    // A node has only keys that the one above it allows, so no node is reached by two ways, and none leads back.
    private BTreeNode Read(long number, Span<byte> block, long first, long end)
    {
        blocks.Read(number, BlockKind.Node, block);
        var node = new BTreeNode(block);
        if (node.IsLeaf && node.ValueLength != valueLength)
        {
            throw Invalid(number, $"its values have {node.ValueLength} bytes and not {valueLength}");
        }

        if (node.Count > 0 && (node.KeyAt(0) < first || node.KeyAt(node.Count - 1) >= end))
        {
            throw Invalid(number, $"it has keys outside of {first} to {end}, which the node above it is for");
        }

        return node;
    }

    private InvalidImageException TooDeep() => Invalid(root, $"the tree below it is deeper than {MaxDepth} nodes");

    private InvalidImageException Invalid(long number, string problem) =>
        new($"{blocks.Structure} {BlockKind.Node.Name}", MetadataBlocks.AddressOf(number), problem, Clause);
}
