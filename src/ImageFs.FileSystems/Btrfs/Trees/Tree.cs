namespace ImageFs.FileSystems.Btrfs.Trees;

/// <summary>A tree: items in the order of their keys.</summary>
/// <param name="Reader">Reads its nodes.</param>
/// <param name="Root">Its root.</param>
internal sealed record Tree(NodeReader Reader, NodePointer Root)
{
    /// <summary>A cursor, which whoever asks for it disposes of.</summary>
    public TreeCursor Open() => new(this);

    /// <summary>The error of an item.</summary>
    /// <param name="structure">What it is, in the format's own word.</param>
    /// <param name="address">Its logical address.</param>
    /// <param name="problem">What is wrong with it.</param>
    public Storage.InvalidImageException Damaged(string structure, ulong address, string problem) =>
        new($"{structure} of tree {unchecked((long)Root.Tree)}", unchecked((long)address), problem, structure);
}
