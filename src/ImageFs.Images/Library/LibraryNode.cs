using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images.Library;

/// <summary>
/// A node of a library as an id: 15 bits for the number of the folder, of the image, or of a volume of the image, and 49 for the node
/// inside. Inside, 0 is the image's root or the folder itself; others are counted from 1.
/// </summary>
internal static class LibraryNode
{
    /// <summary>The largest number.</summary>
    internal const int MaxNumber = (1 << 15) - 1;

    private const int NumberShift = 49;
    private const ulong InsideMask = (1UL << NumberShift) - 1;

    // Those of a VolumeTree have the volume in their top byte, which is 0 for the tree's own root, and in any other file system.
    private const int VolumeShift = 56;
    private const ulong PlaceMask = (1UL << VolumeShift) - 1;

    /// <summary>A folder, or the root of an image.</summary>
    internal static NodeId Of(LibraryEntry entry) => new((ulong)entry.Number << NumberShift);

    /// <summary>A node, or an inode number, inside an image that is, or was, open.</summary>
    /// <exception cref="UnsupportedFeatureException">There is no room for it: an image is too large for that by far, or damaged.</exception>
    internal static ulong Pack(LibraryEntry image, ulong inside)
    {
        ulong place = inside & PlaceMask;
        int volume = (int)(inside >> VolumeShift);
        int number = volume == 0 ? image.Number : image.FirstVolume + volume - 1;
        return place < InsideMask
            ? ((ulong)number << NumberShift) | (place + 1)
            : throw new UnsupportedFeatureException($"node {place:x} of an image among others");
    }

    /// <summary>The number of the folder, image or volume.</summary>
    internal static int NumberOf(NodeId node) => (int)(node.Value >> NumberShift);

    /// <summary>Whether it is inside an image; else it is an image's root, or a folder.</summary>
    internal static bool IsInside(NodeId node) => (node.Value & InsideMask) != 0;

    /// <summary>The node inside an image, as its file system knows it.</summary>
    /// <param name="image">The image that has the node's number.</param>
    /// <param name="node">A node inside.</param>
    internal static NodeId InsideOf(LibraryEntry image, NodeId node)
    {
        int number = NumberOf(node);
        int volume = number == image.Number ? 0 : number - image.FirstVolume + 1;
        return new NodeId(((ulong)volume << VolumeShift) | ((node.Value & InsideMask) - 1));
    }
}
