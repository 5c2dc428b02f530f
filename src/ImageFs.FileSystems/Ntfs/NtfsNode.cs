using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>A node: a file, or a stream of one that has a name.</summary>
/// <param name="Record">The number of the file's record.</param>
/// <param name="Stream">Which of its named streams, from 1 on; 0 for the file.</param>
internal readonly record struct NtfsNode(long Record, int Stream = 0)
{
    // A volume has fewer than 2^32 records. Numbers up to 2^55 need no place in tables of nodes.
    private const int StreamShift = 32;
    private const int MaxStream = (1 << 22) - 1;

    /// <param name="node">The node's id.</param>
    public NtfsNode(NodeId node)
        : this((long)(node.Value & ((1UL << StreamShift) - 1)), (int)Math.Min(node.Value >> StreamShift, int.MaxValue))
    {
    }

    /// <summary>The node's id.</summary>
    public NodeId Id => new((ulong)Number);

    /// <summary>The id as a number, which no other stream of the volume has.</summary>
    public long Number => Record | ((long)Math.Min(Stream, MaxStream) << StreamShift);
}
