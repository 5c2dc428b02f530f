using System.Diagnostics.CodeAnalysis;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>
/// Knows under which name a file of several came first. An image may give two files one inode number, so their place in it counts too.
/// </summary>
/// <param name="fileSystem">Where the files are.</param>
internal sealed class HardLinks(FileSystem fileSystem)
{
    // Most files have one name.
    private readonly Dictionary<(ulong Inode, long Size, long Address), byte[]> _first = [];

    /// <summary>Finds the first name.</summary>
    /// <param name="node">A file.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="first">The path that it came by first.</param>
    /// <returns>Whether it came before.</returns>
    /// <exception cref="Storage.ImageException">Where it lies cannot be read.</exception>
    internal bool TryFind(NodeId node, in NodeAttributes attributes, [NotNullWhen(true)] out byte[]? first)
    {
        first = null;
        return attributes.LinkCount > 1 && _first.TryGetValue(PlaceOf(node, attributes), out first);
    }

    /// <summary>Keeps the first name of a file that has several.</summary>
    /// <param name="node">A file.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="path">Its path.</param>
    internal void Add(NodeId node, in NodeAttributes attributes, byte[] path)
    {
        if (attributes.LinkCount > 1)
        {
            _first[PlaceOf(node, attributes)] = path;
        }
    }

    private (ulong Inode, long Size, long Address) PlaceOf(NodeId node, in NodeAttributes attributes) =>
        (attributes.Inode, attributes.Size, attributes is { Type: NodeType.Regular, Size: > 0 } ? fileSystem.OpenFile(node).Locate(0, 1).Address : 0);
}
