using ImageFs.Fuse.Abi;
using ImageFs.Linux;

namespace ImageFs.Fuse.Dispatch;

/// <summary>Requests about nodes: their names, attributes, link targets.</summary>
/// <param name="fileSystem">The tree.</param>
/// <param name="lifetime">How long the kernel may keep what it is told.</param>
internal sealed class NodeHandlers(FuseFileSystem fileSystem, CacheLifetime lifetime)
{
    private const uint BasicStats = 0x7FF; // STATX_BASIC_STATS
    private const int CommonNameLength = 255; // NAME_MAX
    private const uint BirthTime = 0x800; // STATX_BTIME

    /// <summary>What the kernel is to know of a name.</summary>
    public static FuseEntryOut ToEntry(in FuseNode node, ulong lifetime) => new()
    {
        Nodeid = node.NodeId,
        EntryValid = lifetime,
        AttrValid = lifetime,
        Attr = node.Attributes,
    };

    /// <summary>FUSE_LOOKUP. "." is asked of any node, to bring it back by its id (FUSE_EXPORT_SUPPORT).</summary>
    public FuseReply Lookup(in FuseRequest request, Span<byte> payload)
    {
        if (!request.TryReadName(out ReadOnlySpan<byte> name))
        {
            return FuseReply.Malformed;
        }

        FuseNode node;
        if (name.SequenceEqual("."u8))
        {
            node = fileSystem.GetNode(request.NodeId);
        }
        else if (!fileSystem.TryLookup(request.NodeId, name, out node))
        {
            // The kernel lets 1,024 bytes pass. Names that are there are found: those in UTF-16 may take more bytes here than is told.
            if (name.Length > CommonNameLength && name.Length > fileSystem.GetStatFs().MaxNameLength)
            {
                return Errno.ENAMETOOLONG;
            }

            // No node is 0: the kernel remembers for the lifetime given that there is no such name.
            return FuseReply.Payload(payload, new FuseEntryOut { EntryValid = lifetime.Of(request.NodeId) });
        }

        return FuseReply.Payload(payload, ToEntry(in node, lifetime.Of(node.NodeId)));
    }

    /// <summary>FUSE_GETATTR.</summary>
    public FuseReply GetAttributes(in FuseRequest request, Span<byte> payload)
    {
        FuseNode node = fileSystem.GetNode(request.NodeId);
        return FuseReply.Payload(payload, new FuseAttrOut { AttrValid = lifetime.Of(request.NodeId), Attr = node.Attributes });
    }

    /// <summary>FUSE_STATX: asked for the creation time only. ENOSYS makes the kernel use GETATTR from then on.</summary>
    public FuseReply GetStatx(in FuseRequest request, Span<byte> payload)
    {
        if (!fileSystem.HasBirthTimes)
        {
            return Errno.ENOSYS;
        }

        FuseNode node = fileSystem.GetNode(request.NodeId);
        return FuseReply.Payload(payload, new FuseStatxOut { AttrValid = lifetime.Of(request.NodeId), Stat = ToStatx(in node) });
    }

    /// <summary>FUSE_READLINK.</summary>
    public FuseReply ReadLink(in FuseRequest request, Span<byte> payload)
    {
        byte[] target = fileSystem.ReadLink(request.NodeId);
        target.CopyTo(payload);
        return FuseReply.Payload(target.Length);
    }

    /// <summary>FUSE_STATFS.</summary>
    public FuseReply GetStatFs(Span<byte> payload)
    {
        FuseStatFs sizes = fileSystem.GetStatFs();
        return FuseReply.Payload(payload, new FuseKstatfs
        {
            Blocks = sizes.Blocks,
            Bfree = sizes.FreeBlocks,
            Bavail = sizes.FreeBlocks,
            Files = sizes.Files,
            Ffree = sizes.FreeFiles,
            Bsize = sizes.BlockSize,
            Frsize = sizes.BlockSize,
            Namelen = sizes.MaxNameLength,
        });
    }

    private static FuseStatx ToStatx(in FuseNode node)
    {
        FuseAttr attributes = node.Attributes;
        return new FuseStatx
        {
            Mask = BasicStats | (node.HasBirthTime ? BirthTime : 0),
            Blksize = attributes.Blksize,
            Nlink = attributes.Nlink,
            Uid = attributes.Uid,
            Gid = attributes.Gid,
            Mode = (ushort)attributes.Mode,
            Ino = attributes.Ino,
            Size = attributes.Size,
            Blocks = attributes.Blocks,
            Atime = ToTime(attributes.Atime, attributes.AtimeNsec),
            Btime = ToTime(unchecked((ulong)node.BirthSeconds), node.BirthNanoseconds),
            Ctime = ToTime(attributes.Ctime, attributes.CtimeNsec),
            Mtime = ToTime(attributes.Mtime, attributes.MtimeNsec),
            RdevMajor = (attributes.Rdev >> 8) & 0xFFF,
            RdevMinor = (attributes.Rdev & 0xFF) | ((attributes.Rdev >> 12) & 0xFFF00),
        };
    }

    private static FuseSxTime ToTime(ulong seconds, uint nanoseconds) =>
        new() { TvSec = unchecked((long)seconds), TvNsec = nanoseconds };
}
