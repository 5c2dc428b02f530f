using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Ring;
using ImageFs.Linux;
using Tmds.Linux;

namespace ImageFs.Tests.Fuse.Ring;

/// <summary>A request in its three parts becomes what /dev/fuse would have brought; a reply is put where the kernel looks.</summary>
public sealed class RingEntryTests
{
    private const int PayloadSize = 16384;

    [TestCase(0, 0)]
    [TestCase(40, 0)]
    [TestCase(0, 12)]
    [TestCase(8, 13)]
    [TestCase(128, 2000)]
    public void A_parted_request_is_put_together(int first, int rest)
    {
        using var entry = new RingEntry(PayloadSize);
        byte[] body = [.. Enumerable.Range(0, first + rest).Select(i => (byte)(i * 7 % 251))];
        byte[] message = FakeTransport.Request(FuseOpcode.Lookup, 5, body, unique: 77);
        Put(entry, message, first, rest, commitId: 77);
        entry.Fault = Fallback.ShortSource;

        Assert.That(entry.TryAssemble(), Is.True);
        Assert.That(entry.Message.ToArray(), Is.EqualTo(message));
        Assert.That(entry.CommitId, Is.EqualTo(77));
        Assert.That(entry.Fault, Is.EqualTo(Fallback.None), "it is a new request");
    }

    [TestCase(40u, 1u, Description = "the rest is longer than all")]
    [TestCase(0u, 0u, Description = "shorter than a header")]
    [TestCase(uint.MaxValue, 0u)]
    [TestCase(40u, uint.MaxValue)]
    [TestCase(40u + 129u, 0u, Description = "the first argument has no such room")]
    [TestCase((uint)RingEntry.MaxMessage + 1, (uint)RingEntry.MaxMessage - 79)]
    public void A_strange_one_is_not(uint length, uint rest)
    {
        using var entry = new RingEntry(PayloadSize);
        MemoryMarshal.Write(entry.Buffer.Span, length);
        MemoryMarshal.Write(entry.Buffer.Span[256..], new FuseUringEntInOut { PayloadSz = rest });
        Assert.That(entry.TryAssemble(), Is.False);
        Assert.That(entry.Message.IsEmpty, Is.True);
    }

    [Test]
    public void A_reply_leaves_the_request_as_it_was()
    {
        using var entry = new RingEntry(PayloadSize);
        byte[] message = FakeTransport.Request(FuseOpcode.Read, 5, new FuseReadIn { Size = 100 }, default);
        Put(entry, message, message.Length - 40, 0, commitId: 2);
        Assert.That(entry.TryAssemble(), Is.True);

        entry.SetReply(2, Errno.None, 100);

        FuseOutHeader header = MemoryMarshal.Read<FuseOutHeader>(entry.Buffer.Span);
        Assert.That(header, Is.EqualTo(new FuseOutHeader { Len = 116, Unique = 2 }));
        Assert.That(MemoryMarshal.Read<FuseUringEntInOut>(entry.Buffer.Span[256..]).PayloadSz, Is.EqualTo(100));
        Assert.That(entry.Message.ToArray(), Is.EqualTo(message), "it may have to be served again");

        entry.SetReply(2, Errno.EIO, 0);
        Assert.That(MemoryMarshal.Read<FuseOutHeader>(entry.Buffer.Span).Error, Is.EqualTo(-5));
    }

    [Test]
    public void The_parts_do_not_overlap()
    {
        using var entry = new RingEntry(PayloadSize);
        Assert.That(RingEntry.HeadersSize, Is.LessThan(RingEntry.ListStart - RingEntry.MaxMessage));
        Assert.That(RingEntry.ListStart + (2 * Unsafe.SizeOf<iovec>()), Is.LessThanOrEqualTo(RingEntry.PayloadStart));
        Assert.That(entry.Payload.Length, Is.EqualTo(PayloadSize));
        Assert.That(entry.Buffer.Length, Is.EqualTo(RingEntry.PayloadStart + PayloadSize));
    }

    private static void Put(RingEntry entry, byte[] message, int first, int rest, ulong commitId)
    {
        Span<byte> all = entry.Buffer.Span;
        message.AsSpan(0, 40).CopyTo(all);
        message.AsSpan(40, first).CopyTo(all[128..]);
        MemoryMarshal.Write(all[256..], new FuseUringEntInOut { PayloadSz = (uint)rest, CommitId = commitId });
        message.AsSpan(40 + first, rest).CopyTo(entry.Payload);
    }
}
