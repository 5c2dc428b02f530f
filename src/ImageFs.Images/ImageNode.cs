using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images;

/// <summary>
/// A node of one of several images as an id: the number of the image, or folder, by <see cref="TreeLevel.Image"/>, and the node inside. Inside,
/// 0 is the image's root, which is known before the image is opened, or the folder itself; others are counted from 1.
/// </summary>
internal static class ImageNode
{
    /// <summary>The largest number.</summary>
    internal static int MaxNumber => (int)TreeLevel.Image.MaxNumber;

    /// <summary>A folder, or the root of an image.</summary>
    internal static NodeId Of(LateImage image) => TreeLevel.Image.Enter(new NodeId(0), (ulong)image.Number);

    /// <summary>A node inside an image that is, or was, open.</summary>
    /// <exception cref="UnsupportedFeatureException">It has the one number that there is no room for.</exception>
    internal static NodeId Of(LateImage image, NodeId inside) => inside.Value < ulong.MaxValue
        ? TreeLevel.Image.Enter(inside with { Value = inside.Value + 1 }, (ulong)image.Number)
        : throw new UnsupportedFeatureException($"node {inside.Value:x} of an image among others");

    /// <summary>A node of an image that is open: its root is that, whatever its own number.</summary>
    internal static NodeId Of(LateImage image, FileSystem fileSystem, NodeId inside) => inside == fileSystem.Root ? Of(image) : Of(image, inside);

    /// <summary>The inode number of a node inside an image; there is none of number 0, which is that of the image's root, or the folder.</summary>
    internal static ulong InodeOf(LateImage image, ulong inside) => TreeLevel.Image.Inode(inside, (ulong)image.Number);

    /// <summary>The number of the image, or folder; 0 of a tree around them.</summary>
    internal static int NumberOf(NodeId node) => (int)TreeLevel.Image.NumberOf(node);

    /// <summary>Whether it is inside an image; else it is an image's root, or a folder.</summary>
    internal static bool IsInside(NodeId node) => node.Value != 0;

    /// <summary>The node inside an image, as its file system knows it.</summary>
    internal static NodeId InsideOf(NodeId node) => TreeLevel.Image.Leave(node) with { Value = node.Value - 1 };
}
