using System.Diagnostics;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Ahead;
using ImageFs.Fuse.Replies;
using ImageFs.Linux;

namespace ImageFs.Fuse.Dispatch;

/// <summary>
/// Answers requests: which handler an opcode has, and where whatever goes wrong becomes an error number. It knows nothing of how
/// requests come and replies go. One worker owns it.
/// </summary>
internal sealed class FuseDispatcher
{
    // fuse_in_header: what is needed of it to reply to a request that is otherwise unreadable.
    private const int UniqueOffset = 8;

    private readonly IFuseTransport _transport;
    private readonly WorkerCounters _counters;
    private readonly FuseErrorLog _errors;
    private readonly FilesAhead? _ahead;
    private readonly BlocksAhead? _blocksAhead;
    private readonly FuseTrace? _trace;
    private readonly AccessGuard? _guard;
    private readonly PassthroughFiles? _passthrough;
    private readonly NodeHandlers _nodes;
    private readonly FileHandlers _files;
    private readonly DirectoryHandlers _directories;
    private readonly AttributeHandlers _attributes;
    private readonly StatusHandler _status;

    /// <param name="service">What the workers share.</param>
    /// <param name="transport">How replies go.</param>
    /// <param name="counters">Counts them.</param>
    public FuseDispatcher(FuseService service, IFuseTransport transport, WorkerCounters counters)
    {
        _transport = transport;
        _counters = counters;
        _errors = service.Errors;
        _ahead = service.Ahead;
        _blocksAhead = service.BlocksAhead;
        _trace = FuseTrace.For(service.Options);
        _guard = service.Guard;
        _passthrough = service.Passthrough;
        _nodes = new NodeHandlers(service.FileSystem, service.Nodes, service.Lifetime);
        _files = new FileHandlers(service.Files, service.Ahead, service.ReadersAhead);
        _directories = new DirectoryHandlers(service, transport);
        _attributes = new AttributeHandlers(service.FileSystem, service.Nodes);
        _status = new StatusHandler(service.Options.Status);
    }

    /// <summary>Answers one request.</summary>
    public void Serve(ReadOnlySpan<byte> message)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request))
        {
            Refuse(message);
            return;
        }

        _counters.CountRequest(request.Opcode);
        _trace?.Request(in request);
        long start = Stopwatch.GetTimestamp();
        try
        {
            FuseReply reply = Answer(in request);
            Send(in request, in reply);
        }
        catch (Exception e)
        {
            FuseReply reply = _errors.Note(e, request.NodeId);
            Send(in request, in reply);
        }

        _counters.CountTime(request.Opcode, Stopwatch.GetTimestamp() - start);
        if (request.Opcode == FuseOpcode.Readdirplus)
        {
            _ahead?.NoteListing(_directories.LastPlace);
        }
    }

    // Without a header there is nobody to answer.
    private void Refuse(ReadOnlySpan<byte> message)
    {
        _counters.CountRequest(FuseOpcode.None);
        if (message.Length >= UniqueOffset + sizeof(ulong))
        {
            _counters.CountError(Errno.EIO);
            _ = _transport.Reply(MemoryMarshal.Read<ulong>(message[UniqueOffset..]), Errno.EIO, 0);
        }
    }

    private FuseReply Answer(in FuseRequest request)
    {
        Span<byte> payload = _transport.Payload;
        if (_guard?.Refuses(in request) == true)
        {
            return Errno.EACCES;
        }

        switch (request.Opcode)
        {
            case FuseOpcode.Read:
                return _files.Read(in request, payload.Length);
            case FuseOpcode.Lookup:
                return _nodes.Lookup(in request, payload);
            case FuseOpcode.Getattr:
                return _nodes.GetAttributes(in request, payload);
            case FuseOpcode.Statx:
                return _nodes.GetStatx(in request, payload);
            case FuseOpcode.Readlink:
                return _nodes.ReadLink(in request, payload);
            case FuseOpcode.Readdir:
                return _directories.Read(in request, withAttributes: false);
            case FuseOpcode.Readdirplus:
                return _directories.Read(in request, withAttributes: true);
            case FuseOpcode.Lseek:
                return _files.Seek(in request, payload);
            case FuseOpcode.Statfs:
                return _nodes.GetStatFs(payload);
            case FuseOpcode.Getxattr:
                return _attributes.Get(in request, payload);
            case FuseOpcode.Listxattr:
                return _attributes.List(in request, payload);
            case FuseOpcode.Ioctl:
                return _status.Answer(in request, payload);

            // Node ids are places on disk: there is no table to take anything out of.
            case FuseOpcode.Forget:
            case FuseOpcode.BatchForget:
                return FuseReply.Nothing;

            case FuseOpcode.Release:
                _passthrough?.Release(request.NodeId);
                return FuseReply.Empty;

            case FuseOpcode.Destroy:
            case FuseOpcode.Releasedir:
                return FuseReply.Empty;

            case FuseOpcode.Setattr:
            case FuseOpcode.Symlink:
            case FuseOpcode.Mknod:
            case FuseOpcode.Mkdir:
            case FuseOpcode.Unlink:
            case FuseOpcode.Rmdir:
            case FuseOpcode.Rename:
            case FuseOpcode.Rename2:
            case FuseOpcode.Link:
            case FuseOpcode.Write:
            case FuseOpcode.Create:
            case FuseOpcode.Tmpfile:
            case FuseOpcode.Setxattr:
            case FuseOpcode.Removexattr:
            case FuseOpcode.Fallocate:
            case FuseOpcode.CopyFileRange:
            case FuseOpcode.CopyFileRange64:
                return Errno.EROFS;

            // INIT comes once, and is answered before there is a dispatcher.
            case FuseOpcode.Init:
                return FuseReply.Malformed;

            case FuseOpcode.Open when _passthrough is not null:
                return _passthrough.Open(request.NodeId, payload);

            case FuseOpcode.Open when _guard is not null:
            case FuseOpcode.Opendir when _guard is not null:
                return AccessGuard.Open(payload);

            case FuseOpcode.Access when _guard is not null:
                return FuseReply.Empty;

            // OPEN, OPENDIR, FLUSH, FSYNC, FSYNCDIR, ACCESS, INTERRUPT, BMAP, POLL, locks: ENOSYS once, and the kernel does without.
            default:
                return Errno.ENOSYS;
        }
    }

    // Where the kernel took nothing of a reply, somebody still waits for it, and would for ever. An error is small enough to go where much did not.
    // Of a request that was interrupted the kernel knows nothing any more (ENOENT), and where the mount has ended it knows of none.
    private void EndRequest(ulong unique, Errno lost)
    {
        if (lost is not (Errno.ENOENT or Errno.ENODEV or Errno.ECONNABORTED or Errno.EPERM))
        {
            _ = _transport.Reply(unique, Errno.EIO, 0);
        }
    }

    private void Send(in FuseRequest request, in FuseReply reply)
    {
        ulong unique = request.Header.Unique;
        Errno lost = Errno.None;
        switch (reply.Kind)
        {
            case FuseReply.ReplyKind.File:
                FileReplyOutcome sent = _transport.ReplyFile(unique, reply.Source!, reply.Offset, reply.Length);
                _counters.CountFile(sent, reply.Length);
                lost = sent.Errno;
                if (sent.IsDecoded && _blocksAhead is not null && !FileHandlers.IsDirect(in request))
                {
                    _blocksAhead.NoteRead(request.NodeId, reply.Source!, reply.Offset, reply.Length);
                }

                break;
            case FuseReply.ReplyKind.Payload:
                if (reply.Errno != Errno.None)
                {
                    _counters.CountError(reply.Errno);
                }

                lost = _transport.Reply(unique, reply.Errno, reply.Length);
                break;
        }

        _trace?.Reply(in request, in reply);
        if (lost != Errno.None)
        {
            _counters.CountLost();
            _errors.Note(lost, request.NodeId, $"the kernel did not take the reply to {request.Opcode}");
            EndRequest(unique, lost);
        }
    }
}
