using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Fuse.Replies;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Session;

/// <summary>Requests and replies over one descriptor of /dev/fuse. A request read here is replied to here, as the kernel demands.</summary>
internal sealed class FuseChannel : IFuseTransport, IDisposable
{
    /// <summary>Bytes of a reply after its header, at the most: what a pipe of 1 MiB holds at any alignment, rounded to a power of two.</summary>
    public const int MaxPayload = 512 * 1024;

    // It was interrupted, or the connection aborted: nobody waits for the reply any more.
    private const Errno RequestIsGone = Errno.ENOENT;
    private const int PipeCapacity = 1024 * 1024;
    private static readonly int s_headerSize = Unsafe.SizeOf<FuseOutHeader>();

    private readonly FileDescriptor _device;
    private readonly ReplyPolicy _policy;
    private readonly ReplyPlan _plan = new(ReplyGather.Pieces);
    private readonly ReplyPipe _pipe;
    private readonly ReplyGather _gather;
    private readonly PageBuffer _request = new(FuseProtocol.MinReadBuffer);

    // One page whose last bytes are the reply's header, then the payload: page-aligned, and one write(2) with its header.
    private readonly PageBuffer _reply = new(PageBuffer.PageSize + MaxPayload);

    /// <param name="device">The descriptor; it stays the caller's.</param>
    /// <param name="policy">How files go out; this channel's own.</param>
    /// <param name="copiesHeader">Whether the header of a spliced reply is copied into the pipe.</param>
    public FuseChannel(FileDescriptor device, ReplyPolicy policy, bool copiesHeader = false)
        : this(device, policy, PipeCapacity, copiesHeader)
    {
    }

    internal FuseChannel(FileDescriptor device, ReplyPolicy policy, int pipeCapacity, bool copiesHeader = false)
    {
        _device = device;
        _policy = policy;
        _pipe = new ReplyPipe(pipeCapacity, copiesHeader);
        _gather = new ReplyGather(_reply);
    }

    /// <summary>What ended the connection, once <see cref="TryReceive"/> returned false: ENODEV is an unmount, ECONNABORTED an abort.</summary>
    public Errno EndedBy { get; private set; }

    /// <inheritdoc/>
    public Span<byte> Payload => _reply.Span[PageBuffer.PageSize..];

    /// <inheritdoc/>
    public bool TryReceive(out ReadOnlySpan<byte> request)
    {
        while (true)
        {
            int count = Descriptors.Read(_device, _request.Span, out Errno errno);
            if (count > 0)
            {
                request = _request.Span[..count];
                return true;
            }

            // ENOENT: the request was taken back while it was being read.
            if (errno is not (Errno.EINTR or Errno.ENOENT or Errno.EAGAIN))
            {
                EndedBy = count == 0 ? Errno.ENODEV : errno;
                request = default;
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public Errno Reply(ulong unique, Errno error, int payloadLength)
    {
        var header = new FuseOutHeader { Len = (uint)(s_headerSize + payloadLength), Error = -(int)error, Unique = unique };
        Span<byte> message = _reply.Span.Slice(PageBuffer.PageSize - s_headerSize, s_headerSize + payloadLength);
        MemoryMarshal.Write(message, in header);
        _ = Descriptors.Write(_device, message, out Errno errno);
        return errno == RequestIsGone ? Errno.None : errno;
    }

    /// <inheritdoc/>
    public FileReplyOutcome ReplyFile(ulong unique, BlockSource source, long offset, int length)
    {
        var reply = new FileReplyOutcome(_policy.Way, Fallback.None, Errno.None);
        try
        {
            if (reply.Way != ReplyWay.Copy)
            {
                reply = SendByReference(reply.Way, unique, source, offset, length);
            }

            if (reply.Way == ReplyWay.Copy)
            {
                source.ReadAt(offset, Payload[..length]);
                reply = reply with { Errno = Reply(unique, Errno.None, length) };
            }

            if (_policy.CachesOnce && reply.Way != ReplyWay.Direct)
            {
                _plan.DropFromCache();
            }

            return reply with { IsDecoded = _plan.HasLeases };
        }
        finally
        {
            _plan.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pipe.Dispose();
        _gather.Clear();
        _request.Dispose();
        _reply.Dispose();
    }

    // The way that it went; or that nothing went out and it is to be copied, and why.
    private FileReplyOutcome SendByReference(ReplyWay way, ulong unique, BlockSource source, long offset, int length)
    {
        var note = Fallback.None;
        Fallback fault = _plan.Make(source, offset, length);
        if (fault == Fallback.None && _plan.HasLeases)
        {
            way = _policy.IsFree ? ReplyWay.Gather : way;
            fault = way == ReplyWay.Gather ? Fallback.None : Fallback.NotMapped;
        }
        else if (fault == Fallback.None && way == ReplyWay.Direct && !_plan.IsDirect)
        {
            way = ReplyWay.Splice;
            note = Fallback.NotDirect;
        }

        if (fault == Fallback.None && way == ReplyWay.Splice && _plan.Slots > _pipe.Slots && _policy.IsFree)
        {
            way = ReplyWay.Gather;
            note = Fallback.TooManyPieces;
        }
        else if (fault == Fallback.None && way == ReplyWay.Splice && _policy.PrefersGather(length, _plan.Extents.Length))
        {
            way = ReplyWay.Gather;
        }

        if (fault == Fallback.None)
        {
            fault = way == ReplyWay.Gather ? Gather(unique, length) : Splice(unique, length, isDirect: way == ReplyWay.Direct);
        }

        return fault == Fallback.None ? new FileReplyOutcome(way, note, Errno.None) : new FileReplyOutcome(ReplyWay.Copy, fault, Errno.None);
    }

    private Fallback Gather(ulong unique, int length)
    {
        if (_plan.Extents.Length > ReplyGather.Pieces)
        {
            return Fallback.TooManyPieces;
        }

        Fallback fault = _gather.Send(_device, unique, length, _plan, out Errno errno);
        return Settle(fault, errno);
    }

    private Fallback Splice(ulong unique, int length, bool isDirect)
    {
        if (!_pipe.IsOpen)
        {
            return Fallback.NoPipe;
        }

        Fallback fault = _policy.Judge(_plan, _pipe.Slots, isDirect);
        if (fault != Fallback.None)
        {
            return fault;
        }

        fault = _pipe.Send(_device, unique, length, _plan.Extents, isDirect, out Errno errno);
        if (fault == Fallback.None)
        {
            _policy.NoteSuccess(_plan.Extents);
        }
        else if (fault == Fallback.SourceRefused)
        {
            _policy.NoteRefusal(_pipe.Refuser!);
        }

        return Settle(fault, errno);
    }

    private static Fallback Settle(Fallback fault, Errno errno) =>
        fault == Fallback.NotCommitted && errno == RequestIsGone ? Fallback.None : fault;
}
