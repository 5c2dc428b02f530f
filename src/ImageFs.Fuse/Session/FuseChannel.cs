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
    /// <summary>Bytes of a reply behind its header, at the most: what a pipe of 1 MiB holds at any alignment, rounded to a power of two.</summary>
    public const int MaxPayload = 512 * 1024;

    // It was interrupted, or the connection aborted: nobody waits for the reply any more.
    private const Errno RequestIsGone = Errno.ENOENT;
    private const int PipeCapacity = 1024 * 1024;
    private static readonly int s_headerSize = Unsafe.SizeOf<FuseOutHeader>();

    private readonly FileDescriptor _device;
    private readonly ReplyPolicy _policy;
    private readonly ReplyPlan _plan = new(PipeCapacity / PageBuffer.PageSize);
    private readonly ReplyPipe _pipe;
    private readonly PageBuffer _request = new(FuseProtocol.MinReadBuffer);

    // One page whose last bytes are the reply's header, then the payload: page-aligned, and one write(2) with its header.
    private readonly PageBuffer _reply = new(PageBuffer.PageSize + MaxPayload);

    /// <summary>Makes a channel.</summary>
    /// <param name="device">The descriptor; it stays the caller's.</param>
    /// <param name="policy">How files go out; this channel's own.</param>
    public FuseChannel(FileDescriptor device, ReplyPolicy policy)
        : this(device, policy, PipeCapacity)
    {
    }

    internal FuseChannel(FileDescriptor device, ReplyPolicy policy, int pipeCapacity)
    {
        _device = device;
        _policy = policy;
        _pipe = new ReplyPipe(pipeCapacity);
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
    public FileReply ReplyFile(ulong unique, BlockSource source, long offset, int length)
    {
        CopyReason reason = TrySplice(unique, source, offset, length);
        if (reason == CopyReason.None)
        {
            return new FileReply(ReplyWay.Splice, CopyReason.None, Errno.None);
        }

        source.ReadAt(offset, Payload[..length]);
        return new FileReply(ReplyWay.Copy, reason, Reply(unique, Errno.None, length));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pipe.Dispose();
        _request.Dispose();
        _reply.Dispose();
    }

    private CopyReason TrySplice(ulong unique, BlockSource source, long offset, int length)
    {
        if (!_policy.MaySplice)
        {
            return CopyReason.Chosen;
        }

        if (!_pipe.IsOpen)
        {
            return CopyReason.NoPipe;
        }

        CopyReason reason = _plan.Make(source, offset, length);
        if (reason == CopyReason.None)
        {
            reason = _policy.Judge(_plan, _pipe.Slots);
        }

        if (reason == CopyReason.None)
        {
            reason = Splice(unique, length);
        }

        return reason;
    }

    private CopyReason Splice(ulong unique, int length)
    {
        CopyReason fault = _pipe.Send(_device, unique, length, _plan.Extents, out Errno errno);
        if (fault == CopyReason.None)
        {
            _policy.NoteSuccess(_plan.Extents);
        }
        else if (fault == CopyReason.SourceRefused)
        {
            _policy.NoteRefusal(_pipe.Refuser!);
        }

        return fault == CopyReason.NotCommitted && errno == RequestIsGone ? CopyReason.None : fault;
    }
}
