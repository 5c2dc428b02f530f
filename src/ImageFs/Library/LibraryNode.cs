using ImageFs.FileSystems;
using ImageFs.Storage;

namespace ImageFs.Library;

/// <summary>
/// A node of a library as an id: 16 bits for the number of the folder or image, 48 for the node inside, of which the upper 8 are those
/// of the volume (<see cref="VolumeTree"/>). Inside, 0 is the image's root or the folder itself; others are counted from 1.
/// </summary>
internal static class LibraryNode
{
    /// <summary>The largest number that an entry can have.</summary>
    internal const int MaxNumber = ushort.MaxValue;

    private const int NumberShift = 48;
    private const int VolumeShift = 40;
    private const int TreeVolumeShift = 56;
    private const ulong InsideMask = (1UL << NumberShift) - 1;
    private const ulong PlaceMask = (1UL << VolumeShift) - 1;

    /// <summary>A folder, or the root of an image.</summary>
    internal static NodeId Of(LibraryEntry entry) => new((ulong)entry.Number << NumberShift);

    /// <summary>A node, or an inode number, inside an image.</summary>
    /// <exception cref="UnsupportedFeatureException">The image is too large: one of a terabyte fits in any format.</exception>
    internal static ulong Pack(LibraryEntry entry, ulong inside)
    {
        ulong place = inside & ((1UL << TreeVolumeShift) - 1);
        return place < PlaceMask
            ? ((ulong)entry.Number << NumberShift) | (inside >> TreeVolumeShift << VolumeShift) | (place + 1)
            : throw new UnsupportedFeatureException($"node {place:x} of an image among others is");
    }

    /// <summary>The number of the folder or image.</summary>
    internal static int NumberOf(NodeId node) => (int)(node.Value >> NumberShift);

    /// <summary>The node inside the image; null for its root, and for a folder.</summary>
    internal static NodeId? InsideOf(NodeId node)
    {
        ulong inside = node.Value & InsideMask;
        return inside == 0 ? null : new NodeId((inside >> VolumeShift << TreeVolumeShift) | ((inside & PlaceMask) - 1));
    }
}
