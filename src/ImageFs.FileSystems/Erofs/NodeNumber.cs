namespace ImageFs.FileSystems.Erofs;

/// <summary>Numbers of nodes (nid): where an inode is, in units of 32 bytes.</summary>
internal static class NodeNumber
{
    /// <summary>EROFS_DIRENT_NID_METABOX_BIT: it counts from the start of the metabox.</summary>
    public const ulong InMetabox = 1ul << 63;

    /// <summary>Bytes that a number counts.</summary>
    public const int SlotSize = 32;

    private const ulong LowBits = 0x7FFF_FFFF;
    private const int MetaboxShift = 63;
    private const int MetaboxInodeBit = 31;

    /// <summary>The inode number that Linux shows. With a metabox it is smaller than the node's, so that programs of 32 bits can take it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="hasMetabox">Whether there is a metabox.</param>
    public static ulong ToInode(ulong node, bool hasMetabox) => hasMetabox
        ? (unchecked(node << 1) & ~(ulong)uint.MaxValue) | (node & LowBits) | ((node >> MetaboxShift) << MetaboxInodeBit)
        : node;
}
