namespace ImageFs.FileSystems.Btrfs.Trees;

/// <summary>What leads to a node, and what the node has to be.</summary>
/// <param name="Tree">The tree: its object in the root tree.</param>
/// <param name="Address">The node's logical address.</param>
/// <param name="Level">Its level.</param>
/// <param name="Generation">The transaction that wrote it; 0 where that is not known.</param>
internal readonly record struct NodePointer(ulong Tree, ulong Address, int Level, ulong Generation)
{
    /// <summary>The key that its parent has for it; null of a root.</summary>
    public TreeKey? FirstKey { get; init; }

    /// <summary>The key of the node after it, which all its keys are below; null where there is none.</summary>
    public TreeKey? End { get; init; }

    /// <summary>What leads to a child of the node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="index">Which of its children.</param>
    public NodePointer ToChild(TreeNode node, int index)
    {
        (ulong address, ulong generation) = node.Child(index);
        return new NodePointer(Tree, address, Level - 1, generation)
        {
            FirstKey = node.Key(index),
            End = index + 1 < node.Count ? node.Key(index + 1) : End,
        };
    }
}
