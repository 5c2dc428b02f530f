using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Fuse.Replies;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tests.Fuse;

/// <summary>Requests from a queue, replies into a list: the dispatcher without a device.</summary>
internal sealed class FakeTransport : IFuseTransport
{
    private readonly byte[] _payload = new byte[64 * 1024];

    public Queue<byte[]> Requests { get; } = new();

    public List<FakeReply> Replies { get; } = [];

    public Errno Verdict { get; set; }

    public Span<byte> Payload => _payload;

    /// <summary>A request as the kernel makes it.</summary>
    public static byte[] Request(FuseOpcode opcode, ulong nodeId, ReadOnlySpan<byte> body, ulong unique = 2, uint user = 0)
    {
        var header = new FuseInHeader
        {
            Len = (uint)(Unsafe.SizeOf<FuseInHeader>() + body.Length),
            Opcode = unchecked((uint)opcode),
            Unique = unique,
            Nodeid = nodeId,
            Uid = user,
        };
        return [.. MemoryMarshal.AsBytes(new Span<FuseInHeader>(ref header)), .. body];
    }

    public static byte[] Request<T>(FuseOpcode opcode, ulong nodeId, T arguments, ReadOnlySpan<byte> rest = default)
        where T : unmanaged => Request(opcode, nodeId, [.. MemoryMarshal.AsBytes(new Span<T>(ref arguments)), .. rest]);

    public bool TryReceive(out ReadOnlySpan<byte> request)
    {
        bool any = Requests.TryDequeue(out byte[]? bytes);
        request = bytes;
        return any;
    }

    public Errno Reply(ulong unique, Errno error, int payloadLength)
    {
        Replies.Add(new FakeReply(unique, error, _payload.AsSpan(0, payloadLength).ToArray()));
        return Verdict;
    }

    public FileReplyOutcome ReplyFile(ulong unique, BlockSource source, long offset, int length)
    {
        byte[] bytes = new byte[length];
        source.ReadAt(offset, bytes);
        Replies.Add(new FakeReply(unique, Errno.None, bytes));
        return new FileReplyOutcome(ReplyWay.Splice, Fallback.None, Verdict);
    }
}

internal sealed record FakeReply(ulong Unique, Errno Error, byte[] Bytes)
{
    public T As<T>()
        where T : unmanaged
    {
        Assert.That(Error, Is.EqualTo(Errno.None));
        Assert.That(Bytes, Has.Length.EqualTo(Unsafe.SizeOf<T>()));
        return MemoryMarshal.Read<T>(Bytes);
    }
}
