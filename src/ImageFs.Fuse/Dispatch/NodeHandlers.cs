using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.Fuse.Dispatch;

/// <summary>Requests about nodes: their names, attributes, link targets.</summary>
/// <param name="fileSystem">The tree.</param>
/// <param name="nodes">Its nodes as the kernel knows them.</param>
/// <param name="lifetime">How long the kernel may keep what it is told.</param>
internal sealed class NodeHandlers(FileSystem fileSystem, FuseNodes nodes, CacheLifetime lifetime)
{
    private const int CommonNameLength = 255; // NAME_MAX

    /// <summary>Has a directory's names read that somebody has asked about: a walk lists it next.</summary>
    public static void PrefetchNames(FileSystem fileSystem, NodeId node, in NodeAttributes attributes)
    {
        if (attributes.Type == NodeType.Directory)
        {
            fileSystem.PrefetchNames(node);
        }
    }

    /// <summary>FUSE_LOOKUP. "." is asked of any node, to bring it back by its id (FUSE_EXPORT_SUPPORT).</summary>
    public FuseReply Lookup(in FuseRequest request, Span<byte> payload)
    {
        if (!request.TryReadName(out ReadOnlySpan<byte> name))
        {
            return FuseReply.Malformed;
        }

        NodeId directory = nodes.ToNode(request.NodeId);
        NodeId node = directory;
        if (!name.SequenceEqual("."u8) && !fileSystem.TryLookup(directory, name, out node))
        {
            // The kernel lets 1,024 bytes pass. Names that are there are found: those in UTF-16 may take more bytes here than is told.
            if (name.Length > CommonNameLength && name.Length > fileSystem.Statistics.MaxNameLength)
            {
                return Errno.ENAMETOOLONG;
            }

            // No node is 0: the kernel remembers for the lifetime given that there is no such name.
            return FuseReply.Payload(payload, new FuseEntryOut { EntryValid = lifetime.Of(directory) });
        }

        return FuseReply.Payload(payload, nodes.ToEntry(node, Describe(node), lifetime.Of(node)));
    }

    /// <summary>FUSE_GETATTR.</summary>
    public FuseReply GetAttributes(in FuseRequest request, Span<byte> payload)
    {
        NodeId node = nodes.ToNode(request.NodeId);
        return FuseReply.Payload(payload, new FuseAttrOut { Attr = FuseNodes.ToAttr(Describe(node)), AttrValid = lifetime.Of(node) });
    }

    /// <summary>FUSE_STATX: asked for the creation time only. ENOSYS makes the kernel use GETATTR from then on.</summary>
    public FuseReply GetStatx(in FuseRequest request, Span<byte> payload)
    {
        if (!fileSystem.HasBirthTimes)
        {
            return Errno.ENOSYS;
        }

        NodeId node = nodes.ToNode(request.NodeId);
        return FuseReply.Payload(payload, new FuseStatxOut { Stat = FuseNodes.ToStatx(Describe(node)), AttrValid = lifetime.Of(node) });
    }

    /// <summary>FUSE_READLINK.</summary>
    public FuseReply ReadLink(in FuseRequest request, Span<byte> payload)
    {
        byte[] target = fileSystem.ReadLink(nodes.ToNode(request.NodeId));
        target.CopyTo(payload);
        return FuseReply.Payload(target.Length);
    }

    /// <summary>FUSE_STATFS.</summary>
    public FuseReply GetStatFs(Span<byte> payload)
    {
        FileSystemStatistics sizes = fileSystem.Statistics;
        return FuseReply.Payload(payload, new FuseKstatfs
        {
            Blocks = sizes.Blocks,
            Bfree = sizes.FreeBlocks,
            Bavail = sizes.AvailableBlocks ?? sizes.FreeBlocks,
            Files = sizes.Files,
            Ffree = sizes.FreeFiles,
            Bsize = sizes.BlockSize,
            Frsize = sizes.BlockSize,
            Namelen = sizes.MaxNameLength,
        });
    }

    private NodeAttributes Describe(NodeId node)
    {
        NodeAttributes attributes = fileSystem.GetAttributes(node);
        PrefetchNames(fileSystem, node, in attributes);
        return attributes;
    }
}
