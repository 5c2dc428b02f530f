using ImageFs.Fuse.Abi;
using ImageFs.Linux;

namespace ImageFs.Fuse.Dispatch;

/// <summary>
/// Files that are open where the kernel reads by itself what it can (FUSE passthrough): all that have a file open share one backing file, or none. Safe
/// from any thread.
/// </summary>
/// <param name="connection">The connection; it stays the caller's.</param>
/// <param name="nodes">The tree's nodes as the kernel knows them.</param>
/// <param name="backing">Gives the kernel the files.</param>
/// <param name="errors">Where errors are logged: the file is then served.</param>
internal sealed class PassthroughFiles(FileDescriptor connection, FuseNodes nodes, IBackingFiles backing, FuseErrorLog errors)
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
            int id = _open.TryGetValue(nodeId, out OpenFile file) ? file.BackingId : Register(nodeId);
            _open[nodeId] = new OpenFile(id, file.Count + 1);
            return FuseReply.Payload(payload, new FuseOpenOut { OpenFlags = id > 0 ? Passthrough : KeepCache, BackingId = id });
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
                Forget(nodeId, file.BackingId);
            }
        }
    }

    // 0 where it is served.
    private int Register(ulong nodeId)
    {
        try
        {
            return backing.Open(connection, nodes.ToNode(nodeId));
        }
        catch (LinuxException e)
        {
            errors.Note(e, nodeId);
            return 0;
        }
    }

    private void Forget(ulong nodeId, int id)
    {
        try
        {
            backing.Close(connection, id);
        }
        catch (LinuxException e)
        {
            errors.Note(e, nodeId);
        }
    }

    /// <summary>A file that is open.</summary>
    /// <param name="BackingId">The kernel's number of its backing file; 0 when it is served.</param>
    /// <param name="Count">How often it is open.</param>
    private readonly record struct OpenFile(int BackingId, int Count);
}
