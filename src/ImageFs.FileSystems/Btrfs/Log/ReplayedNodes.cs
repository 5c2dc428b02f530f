using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Log;

/// <summary>
/// Nodes of trees as a replay left them: those that it made are in memory, at addresses where no chunk is; all others where they were.
/// </summary>
/// <param name="source">What was there before.</param>
/// <param name="geometry">What nodes are like.</param>
internal sealed class ReplayedNodes(INodeSource source, Geometry geometry) : INodeSource
{
    private readonly Dictionary<long, byte[]> _nodes = [];

    // Downwards from the end of all addresses; a chunk is never so far up.
    private long _next = long.MaxValue / geometry.NodeSize * geometry.NodeSize;

    /// <inheritdoc/>
    public int CopiesAt(long address) => _nodes.ContainsKey(address) ? 1 : source.CopiesAt(address);

    /// <inheritdoc/>
    public void ReadCopy(int copy, long address, Span<byte> bytes)
    {
        if (_nodes.TryGetValue(address, out byte[]? node))
        {
            node.AsSpan(0, bytes.Length).CopyTo(bytes);
        }
        else
        {
            source.ReadCopy(copy, address, bytes);
        }
    }

    /// <inheritdoc/>
    public void Prefetch(long offset, long maxLength)
    {
        if (!_nodes.ContainsKey(offset))
        {
            source.Prefetch(offset, maxLength);
        }
    }

    /// <summary>Adds a node: its address and checksum are filled in.</summary>
    /// <param name="node">The whole node.</param>
    /// <returns>Its logical address.</returns>
    /// <exception cref="InvalidImageException">A chunk is where it should be.</exception>
    public ulong Add(byte[] node)
    {
        _next -= geometry.NodeSize;
        if (source.CopiesAt(_next) != 0)
        {
            throw new InvalidImageException("btrfs_chunk", _next, "a chunk reaches to the end of all addresses", "btrfs_chunk");
        }

        BinaryPrimitives.WriteUInt64LittleEndian(node.AsSpan(0x30), (ulong)_next);
        node.AsSpan(0, Checksum.Room).Clear();
        geometry.Checksum.Compute(new TreeNode(node).CheckedBytes, node.AsSpan(0, geometry.Checksum.Size));
        _nodes.Add(_next, node);
        return (ulong)_next;
    }
}
