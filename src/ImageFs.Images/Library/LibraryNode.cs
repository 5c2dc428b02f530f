using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images.Library;

/// <summary>
/// A node of a library as an id: the number of the folder or image by <see cref="TreeLevel.Image"/>, and the node inside. Inside, 0 is the
/// image's root, which is known before the image is opened, or the folder itself; others are counted from 1.
/// </summary>
internal static class LibraryNode
{
    /// <summary>The largest number.</summary>
    internal static int MaxNumber => (int)TreeLevel.Image.MaxNumber;

    /// <summary>A folder, or the root of an image.</summary>
    internal static NodeId Of(LibraryEntry entry) => TreeLevel.Image.Enter(new NodeId(0), (ulong)entry.Number);

    /// <summary>A node inside an image that is, or was, open.</summary>
    /// <exception cref="UnsupportedFeatureException">It has the one number that there is no room for.</exception>
    internal static NodeId Of(LibraryEntry image, NodeId inside) => inside.Value < ulong.MaxValue
        ? TreeLevel.Image.Enter(inside with { Value = inside.Value + 1 }, (ulong)image.Number)
        : throw new UnsupportedFeatureException($"node {inside.Value:x} of an image among others");

    /// <summary>The inode number of a node inside an image.</summary>
    internal static ulong InodeOf(LibraryEntry image, ulong inside) => TreeLevel.Image.Inode(inside, (ulong)image.Number);

    /// <summary>The number of the folder or image.</summary>
    internal static int NumberOf(NodeId node) => (int)TreeLevel.Image.NumberOf(node);

    /// <summary>Whether it is inside an image; else it is an image's root, or a folder.</summary>
    internal static bool IsInside(NodeId node) => node.Value != 0;

    /// <summary>The node inside an image, as its file system knows it.</summary>
    internal static NodeId InsideOf(NodeId node) => TreeLevel.Image.Leave(node) with { Value = node.Value - 1 };
}
