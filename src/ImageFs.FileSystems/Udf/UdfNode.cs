using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf;

/// <summary>A node is the block that its ICB begins with, and the partition that the block is in.</summary>
internal static class UdfNode
{
    // No node is 0, or 1 as the root is for FUSE.
    private const ulong NodeBit = 1UL << 48;
    private const int PartitionShift = 32;

    /// <summary>The node of an ICB.</summary>
    public static NodeId Of(LogicalBlock icb) => new(NodeBit | ((ulong)icb.Partition << PartitionShift) | icb.Block);

    /// <summary>The ICB of a node.</summary>
    public static LogicalBlock ToIcb(NodeId node) => new(unchecked((ushort)(node.Value >> PartitionShift)), unchecked((uint)node.Value));

    /// <summary>The inode number in a listing: one of a damaged entry does not take its neighbours down.</summary>
    public static ulong FindNumber(UdfVolume volume, LogicalBlock icb)
    {
        try
        {
            return volume.FindNumber(icb);
        }
        catch (ImageException)
        {
            return Of(icb).Value;
        }
    }

    /// <summary>A node for a message.</summary>
    public static string Describe(NodeId node)
    {
        LogicalBlock icb = ToIcb(node);
        return $"file of block {icb.Block} in partition {icb.Partition}";
    }
}
