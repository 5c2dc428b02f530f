using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Ahead;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Fuse.Dispatch;

/// <summary>FUSE_READDIR and FUSE_READDIRPLUS: as many entries as the kernel has room for.</summary>
/// <param name="service">The tree, and what its workers share.</param>
/// <param name="transport">Where the entries go.</param>
internal sealed class DirectoryHandlers(FuseService service, IFuseTransport transport) : IDirectorySink
{
    // What libfuse gives where it does not know: 0 would make readdir(3) pass the entry over.
    private const ulong UnknownInode = 0xFFFFFFFF;

    private readonly FileSystem _fileSystem = service.FileSystem;
    private readonly FuseNodes _nodes = service.Nodes;

    // Takes note of the files; null when nobody wants to know.
    private readonly ListingOrder? _order = service.Store?.Order;

    private bool _withAttributes;
    private int _capacity;
    private int _length;
    private bool _isFull;

    /// <summary>Where the last listing begins in the order of files.</summary>
    public int LastPlace { get; private set; }

    /// <param name="request">The request.</param>
    /// <param name="withAttributes">Whether it is READDIRPLUS.</param>
    public FuseReply Read(in FuseRequest request, bool withAttributes)
    {
        if (!request.TryRead(out FuseReadIn arguments) || arguments.Offset > long.MaxValue)
        {
            return FuseReply.Malformed;
        }

        _withAttributes = withAttributes;
        _capacity = (int)Math.Min(arguments.Size, (uint)transport.Payload.Length);
        _length = 0;
        _isFull = false;
        LastPlace = _order?.Begin() ?? 0;
        NodeId directory = _nodes.ToNode(request.NodeId);
        if (withAttributes && arguments.Offset == 0)
        {
            _fileSystem.PrefetchAttributes(directory);
        }

        _fileSystem.ReadDirectory(directory, (long)arguments.Offset, this);

        // No entry at all would be the end of the directory.
        return _length == 0 && _isFull ? Errno.EINVAL : FuseReply.Payload(_length);
    }

    /// <inheritdoc/>
    public bool Add(in DirectoryEntry entry)
    {
        ReadOnlySpan<byte> name = entry.Name;
        if (!IsGood(name))
        {
            service.Errors.Note(Errno.EUCLEAN, _nodes.ToId(entry.Node), "a name that no file can have: the entry is left out");
            return true;
        }

        int headSize = _withAttributes ? Unsafe.SizeOf<FuseDirentplus>() : Unsafe.SizeOf<FuseDirent>();
        int size = (headSize + name.Length + FuseProtocol.DirentAlignment - 1) & -FuseProtocol.DirentAlignment;
        if (size > _capacity - _length)
        {
            _isFull = true;
            return false;
        }

        Span<byte> record = transport.Payload.Slice(_length, size);
        var head = new FuseDirent
        {
            Ino = entry.Inode == 0 ? UnknownInode : entry.Inode,
            Off = (ulong)entry.NextPosition,
            Namelen = (uint)name.Length,
            Type = (uint)entry.Type,
        };
        if (_withAttributes)
        {
            var headWithAttributes = new FuseDirentplus { Dirent = head };
            DescribeNode(ref headWithAttributes, in entry);
            MemoryMarshal.Write(record, in headWithAttributes);
        }
        else
        {
            MemoryMarshal.Write(record, in head);
        }

        name.CopyTo(record[headSize..]);
        record[(headSize + name.Length)..].Clear();
        _length += size;
        if (entry.Type == NodeType.Regular)
        {
            _order?.Add(_nodes.ToId(entry.Node));
        }

        return true;
    }

    // One bad name is EIO for the whole directory, in the kernel.
    private static bool IsGood(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= FuseProtocol.MaxNameLength && name.IndexOfAny((byte)'/', (byte)0) < 0;

    // Node id 0 is a name only: the kernel looks it up when somebody wants the node, and then gets the error.
    private void DescribeNode(ref FuseDirentplus head, in DirectoryEntry entry)
    {
        if (entry.Name is [(byte)'.'] or [(byte)'.', (byte)'.'])
        {
            return;
        }

        try
        {
            NodeAttributes attributes = _fileSystem.GetAttributes(in entry);
            NodeHandlers.PrefetchNames(_fileSystem, entry.Node, in attributes);
            head.EntryOut = _nodes.ToEntry(entry.Node, in attributes, service.Lifetime.Of(entry.Node));
            head.Dirent.Ino = attributes.Inode;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            service.Errors.Note(e, _nodes.ToId(entry.Node));
        }
    }
}
