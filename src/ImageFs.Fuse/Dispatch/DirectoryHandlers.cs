using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Ahead;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Dispatch;

/// <summary>FUSE_READDIR and FUSE_READDIRPLUS: as many entries as the kernel has room for.</summary>
/// <param name="fileSystem">The tree.</param>
/// <param name="transport">Where the entries go.</param>
/// <param name="errors">Told of nodes that cannot be read.</param>
/// <param name="lifetime">How long the kernel may keep names and attributes.</param>
/// <param name="order">Takes note of the files; null when nobody wants to know.</param>
internal sealed class DirectoryHandlers(FuseFileSystem fileSystem, IFuseTransport transport, FuseErrorLog errors, CacheLifetime lifetime, ListingOrder? order) : IFuseDirectorySink
{
    // What libfuse gives where it does not know: 0 would make readdir(3) pass the entry over.
    private const ulong UnknownInode = 0xFFFFFFFF;

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
        LastPlace = order?.Begin() ?? 0;
        fileSystem.ReadDirectory(request.NodeId, (long)arguments.Offset, this);

        // No entry at all would be the end of the directory.
        return _length == 0 && _isFull ? Errno.EINVAL : FuseReply.Payload(_length);
    }

    /// <inheritdoc/>
    public bool Add(ReadOnlySpan<byte> name, ulong nodeId, uint type, ulong inode, long nextPosition)
    {
        if (!IsGood(name))
        {
            errors.Note(Errno.EUCLEAN, nodeId, "a name that no file can have: the entry is left out");
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
        var entry = new FuseDirent
        {
            Ino = inode == 0 ? UnknownInode : inode,
            Off = (ulong)nextPosition,
            Namelen = (uint)name.Length,
            Type = type,
        };
        if (_withAttributes)
        {
            var entryWithAttributes = new FuseDirentplus { Dirent = entry };
            DescribeNode(ref entryWithAttributes, name, nodeId);
            MemoryMarshal.Write(record, in entryWithAttributes);
        }
        else
        {
            MemoryMarshal.Write(record, in entry);
        }

        name.CopyTo(record[headSize..]);
        record[(headSize + name.Length)..].Clear();
        _length += size;
        if (type == FuseProtocol.RegularFile)
        {
            order?.Add(nodeId);
        }

        return true;
    }

    // One bad name is EIO for the whole directory, in the kernel.
    private static bool IsGood(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= FuseProtocol.MaxNameLength && name.IndexOfAny((byte)'/', (byte)0) < 0;

    // Node id 0 is a name only: the kernel looks it up when somebody wants the node, and then gets the error.
    private void DescribeNode(ref FuseDirentplus entry, ReadOnlySpan<byte> name, ulong nodeId)
    {
        if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            return;
        }

        try
        {
            FuseNode node = fileSystem.GetNode(nodeId);
            entry.EntryOut = NodeHandlers.ToEntry(in node, lifetime.Of(nodeId));
            entry.Dirent.Ino = node.Attributes.Ino;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            errors.Note(e, nodeId);
        }
    }
}
