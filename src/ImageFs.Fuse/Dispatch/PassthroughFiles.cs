using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.Fuse.Dispatch;

/// <summary>
/// Files that are open where the kernel reads by itself what it can (FUSE passthrough): all that have a file open share one backing file, or none. Safe
/// from any thread.
/// </summary>
/// <param name="connection">The connection; it stays the caller's.</param>
/// <param name="nodes">The tree's nodes as the kernel knows them.</param>
/// <param name="open">Opens the file with a node's bytes; null where a server has to read them.</param>
/// <param name="errors">Where errors are logged: the file is then served.</param>
internal sealed class PassthroughFiles(FileDescriptor connection, FuseNodes nodes, Func<NodeId, FileDescriptor?> open, FuseErrorLog errors)
{
    private const uint KeepCache = 1 << 1; // FOPEN_KEEP_CACHE
    private const uint Passthrough = 1 << 7; // FOPEN_PASSTHROUGH

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, OpenFile> _open = [];

    /// <summary>FUSE_OPEN of a regular file.</summary>
    public FuseReply Open(ulong nodeId, Span<byte> payload)
    {
        lock (_lock)
        {
            // The kernel refuses a file that is open both ways, or by two backing files (EIO).
            int backing = _open.TryGetValue(nodeId, out OpenFile file) ? file.BackingId : Register(nodeId);
            _open[nodeId] = new OpenFile(backing, file.Count + 1);
            return FuseReply.Payload(payload, new FuseOpenOut { OpenFlags = backing > 0 ? Passthrough : KeepCache, BackingId = backing });
        }
    }

    /// <summary>FUSE_RELEASE: somebody has closed it.</summary>
    public void Release(ulong nodeId)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(nodeId, out OpenFile file))
            {
                return;
            }

            if (file.Count > 1)
            {
                _open[nodeId] = file with { Count = file.Count - 1 };
                return;
            }

            _open.Remove(nodeId);
            if (file.BackingId > 0)
            {
                uint id = (uint)file.BackingId;
                Control(nodeId, FuseProtocol.CloseBacking, MemoryMarshal.AsBytes(new Span<uint>(ref id)));
            }
        }
    }

    // 0 where it is served.
    private int Register(ulong nodeId)
    {
        try
        {
            using FileDescriptor? file = open(nodes.ToNode(nodeId));
            if (file is null)
            {
                return 0;
            }

            var map = new FuseBackingMap { Descriptor = file.Number };
            return Math.Max(Control(nodeId, FuseProtocol.OpenBacking, MemoryMarshal.AsBytes(new Span<FuseBackingMap>(ref map))), 0);
        }
        catch (LinuxException e)
        {
            errors.Note(e, nodeId);
            return 0;
        }
    }

    private int Control(ulong nodeId, uint request, Span<byte> argument)
    {
        int result = Descriptors.Control(connection, request, argument, out Errno errno);
        if (result < 0)
        {
            errors.Note(errno, nodeId, "the kernel does not read it by itself");
        }

        return result;
    }

    /// <summary>A file that is open.</summary>
    /// <param name="BackingId">The kernel's number of its backing file; 0 when it is served.</param>
    /// <param name="Count">How often it is open.</param>
    private readonly record struct OpenFile(int BackingId, int Count);
}
