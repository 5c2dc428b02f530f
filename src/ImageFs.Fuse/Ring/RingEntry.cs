using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.Storage.Caching;

namespace ImageFs.Fuse.Ring;

/// <summary>
/// A place for one request and its reply, which the kernel knows: the headers, and the payload. Only what was used of it takes
/// memory.
/// </summary>
internal sealed class RingEntry : IDisposable
{
    /// <summary>Bytes of a message at most: what is left of the headers' page. A longer one is no business of a read-only tree.</summary>
    public const int MaxMessage = MessageEnd - MessageStart;

    /// <summary>Where the kernel may be told of the two parts, in the buffer's first page.</summary>
    public const int ListStart = 4096 - 64;

    private const int MessageStart = 512;
    private const int MessageEnd = ListStart;
    private static readonly int s_inHeaderSize = Unsafe.SizeOf<FuseInHeader>();

    /// <param name="payloadSize">Bytes of the largest reply.</param>
    /// <exception cref="LinuxException">There is not enough memory.</exception>
    public RingEntry(int payloadSize)
    {
        PayloadSize = payloadSize;
        Buffer = new PageBuffer(PayloadStart + payloadSize);
    }

    /// <summary>Bytes of the headers, at the buffer's start.</summary>
    public static int HeadersSize { get; } = Unsafe.SizeOf<FuseUringReqHeader>();

    /// <summary>Where the payload is: at a page's start.</summary>
    public static int PayloadStart => PageBuffer.PageSize;

    /// <summary>All of its memory.</summary>
    public PageBuffer Buffer { get; }

    /// <summary>Bytes of the largest reply.</summary>
    public int PayloadSize { get; }

    /// <summary>Where the bytes of a reply are put.</summary>
    public Span<byte> Payload => Buffer.Span.Slice(PayloadStart, PayloadSize);

    /// <summary>The request as /dev/fuse would have it, once <see cref="TryAssemble"/> has put it together.</summary>
    public ReadOnlySpan<byte> Message => Buffer.Span.Slice(MessageStart, MessageLength);

    /// <summary>By what the kernel knows the request (unique).</summary>
    public ulong CommitId => Headers.RingEntInOut.CommitId;

    /// <summary>Why the reply that was under way did not come about, when the request is served again; None when it is new.</summary>
    public Fallback Fault { get; set; }

    // What the reads under way are of, where something could take it away.
    private readonly List<FileLease> _leases = [];

    private int MessageLength { get; set; }

    private ref FuseUringReqHeader Headers => ref MemoryMarshal.AsRef<FuseUringReqHeader>(Buffer.Span);

    /// <summary>Puts a request together that the kernel left in the entry: header, first argument, and the rest from the payload.</summary>
    /// <returns>False when it is too long, or its parts do not make up its length.</returns>
    public unsafe bool TryAssemble()
    {
        Fault = Fallback.None;
        MessageLength = 0;
        Span<byte> all = Buffer.Span;
        ref FuseUringReqHeader headers = ref Headers;
        uint length = MemoryMarshal.Read<FuseInHeader>(all).Len;
        uint rest = headers.RingEntInOut.PayloadSz;
        long first = (long)length - s_inHeaderSize - rest;
        if (length > MaxMessage || first is < 0 or > FuseUringReqHeader.OpInSize)
        {
            return false;
        }

        Span<byte> message = all.Slice(MessageStart, (int)length);
        all[..s_inHeaderSize].CopyTo(message);
        all.Slice(FuseUringReqHeader.InOutSize, (int)first).CopyTo(message[s_inHeaderSize..]);
        all.Slice(PayloadStart, (int)rest).CopyTo(message[(s_inHeaderSize + (int)first)..]);
        MessageLength = (int)length;
        return true;
    }

    /// <summary>Puts the reply's header into its place.</summary>
    public void SetReply(ulong unique, Errno error, int payloadLength)
    {
        ref FuseUringReqHeader headers = ref Headers;
        headers.RingEntInOut.PayloadSz = (uint)payloadLength;
        var header = new FuseOutHeader
        {
            Len = (uint)(Unsafe.SizeOf<FuseOutHeader>() + payloadLength),
            Error = -(int)error,
            Unique = unique,
        };
        MemoryMarshal.Write(Buffer.Span, in header);
    }

    /// <summary>Takes a lease that has to last as long as the reads of the reply.</summary>
    public void Keep(in FileLease lease) => _leases.Add(lease);

    /// <summary>Lets go of what reads were of: they are over.</summary>
    public void ReleaseKept()
    {
        for (int i = 0; i < _leases.Count; i++)
        {
            _leases[i].Dispose();
        }

        _leases.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ReleaseKept();
        Buffer.Dispose();
    }
}
