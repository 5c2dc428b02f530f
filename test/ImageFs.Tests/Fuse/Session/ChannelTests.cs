using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Fuse.Replies;
using ImageFs.Fuse.Session;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tests.Fuse.Replies;
using ImageFs.Tests.Storage;

namespace ImageFs.Tests.Fuse.Session;

/// <summary>One reply, whichever way it goes: spliced when it can be, copied when not, and why.</summary>
public sealed class ChannelTests
{
    private TestImage _image = null!;
    private TargetPipe _target = null!;

    [SetUp]
    public void Open()
    {
        _image = new TestImage(1_000_000);
        _target = new TargetPipe();
    }

    [TearDown]
    public void Close()
    {
        _image.Dispose();
        _target.Dispose();
    }

    [TestCase(16_384)]
    [TestCase(32_768)]
    [TestCase(300_000)]
    public void A_large_run_is_spliced(int length) =>
        AssertFile(_image.Layout((2048, length)), new FileReplyOutcome(ReplyWay.Splice, Fallback.None, Errno.None));

    [TestCase(1)]
    [TestCase(4096)]
    public void A_small_run_is_gathered(int length) =>
        AssertFile(_image.Layout((2048, length)), new FileReplyOutcome(ReplyWay.Gather, Fallback.None, Errno.None));

    [Test]
    public void Many_extents_are_spliced_while_they_fit()
    {
        (long, long)[] runs = [.. Enumerable.Range(0, 240).Select(i => (i * 4096L, 300L))];
        AssertFile(_image.Layout(runs), new FileReplyOutcome(ReplyWay.Splice, Fallback.None, Errno.None), new ReplyPolicy(ReplyWay.Splice));
    }

    [TestCase(2048, ReplyWay.Gather)]
    [TestCase((8 * 1024) - 1, ReplyWay.Gather)]
    [TestCase((8 * 1024) + 1, ReplyWay.Splice)]
    public void A_piece_is_spliced_from_a_size_on(int length, ReplyWay way)
    {
        (long, long)[] runs = [.. Enumerable.Range(0, 30).Select(i => (i * 20_000L, (long)length))];
        AssertFile(_image.Layout(runs), new FileReplyOutcome(way, Fallback.None, Errno.None));
    }

    [Test]
    public void More_pieces_than_the_pipe_has_slots_for_are_gathered()
    {
        (long, long)[] runs = [.. Enumerable.Range(0, 1000).Select(i => (i * 600L, 70L))];
        AssertFile(_image.Layout(runs), new FileReplyOutcome(ReplyWay.Gather, Fallback.TooManyPieces, Errno.None));
    }

    [Test]
    public void More_pieces_than_one_message_has_are_copied()
    {
        (long, long)[] runs = [.. Enumerable.Range(0, 1500).Select(i => (i * 600L, 2L))];
        AssertFile(_image.Layout(runs), new FileReplyOutcome(ReplyWay.Copy, Fallback.TooManyPieces, Errno.None));
    }

    [Test]
    public void More_pages_than_the_pipe_has_are_copied_when_splicing_is_forced() => AssertFile(
        _image.Layout((0, 100_000)),
        new FileReplyOutcome(ReplyWay.Copy, Fallback.TooManyPieces, Errno.None),
        new ReplyPolicy(ReplyWay.Splice),
        pipeCapacity: 65536);

    [TestCase(ReplyWay.Splice)]
    [TestCase(ReplyWay.Gather)]
    [TestCase(ReplyWay.Direct)]
    public void Holes_go_by_reference(ReplyWay way)
    {
        ExtentMap map = new ExtentMapBuilder().AppendMapped(1024, 0).Append(100_000, ExtentKind.Hole).AppendMapped(1024, 5120).Build();
        bool isDirect = way != ReplyWay.Direct || _image.Device.Direct?.Alignment <= 1024;
        using var channel = new FuseChannel(_target.Descriptor, new ReplyPolicy(way));
        var source = new MappedSource(_image.Device, map);
        FileReplyOutcome reply = channel.ReplyFile(1, source, 0, 102_048);
        Assert.That(reply, Is.EqualTo(isDirect ? new FileReplyOutcome(way, Fallback.None, Errno.None) : new FileReplyOutcome(ReplyWay.Splice, Fallback.NotDirect, Errno.None)));
        Assert.That(_target.Take().AsSpan(16).SequenceEqual(TestImage.Contents(source)), Is.True);
    }

    [Test]
    public void Bytes_in_memory_are_copied() =>
        AssertFile(new MemorySource(_image.Bytes.AsMemory(0, 5000)), new FileReplyOutcome(ReplyWay.Copy, Fallback.NotMapped, Errno.None));

    [Test]
    public void Bytes_of_a_device_that_is_no_file_are_copied_and_those_of_a_file_beside_it_spliced()
    {
        using var device = new TestDevice(_image.Bytes);
        var mixed = new ConcatenatedSource([_image.Layout((4096, 50_000)), device]);
        using var channel = new FuseChannel(_target.Descriptor, new ReplyPolicy(null));
        Assert.That(channel.ReplyFile(1, mixed, 0, 50_000), Is.EqualTo(new FileReplyOutcome(ReplyWay.Splice, Fallback.None, Errno.None)));
        Assert.That(_target.Take().AsSpan(16).SequenceEqual(_image.Bytes.AsSpan(4096, 50_000)), Is.True);
        Assert.That(channel.ReplyFile(2, mixed, 49_000, 50_000), Is.EqualTo(new FileReplyOutcome(ReplyWay.Copy, Fallback.NotMapped, Errno.None)));
        Assert.That(_target.Take().AsSpan(16).SequenceEqual((byte[])[.. _image.Bytes[53_096..54_096], .. _image.Bytes[..49_000]]), Is.True);
        Assert.That((device.Reads, device.BytesRead), Is.EqualTo((1, 49_000L)));
    }

    [TestCase(null, 1 << 20, ReplyWay.Gather, Fallback.None)]
    [TestCase(ReplyWay.Gather, 1 << 20, ReplyWay.Gather, Fallback.None)]
    [TestCase(ReplyWay.Splice, 1 << 20, ReplyWay.Copy, Fallback.NotMapped)]
    [TestCase(ReplyWay.Direct, 1 << 20, ReplyWay.Copy, Fallback.NotMapped)]
    [TestCase(ReplyWay.Copy, 1 << 20, ReplyWay.Copy, Fallback.None)]
    [TestCase(null, 100_000, ReplyWay.Gather, Fallback.None)]
    [TestCase(null, 0, ReplyWay.Copy, Fallback.NotMapped)]
    public void What_is_decoded_goes_by_reference_with_all_that_is_beside_it(ReplyWay? forced, int cacheSize, ReplyWay way, Fallback fallback)
    {
        var file = new MixedFile(_image, new DecodedBlockCache(cacheSize), 5);
        using var channel = new FuseChannel(_target.Descriptor, new ReplyPolicy(forced));
        for (int start = 0; start + 200_000 <= file.Length; start += 33_333)
        {
            FileReplyOutcome reply = channel.ReplyFile(5, file, start, 200_000);
            Assert.That(reply, Is.EqualTo(new FileReplyOutcome(way, fallback, Errno.None) { IsDecoded = forced != ReplyWay.Copy && cacheSize > 0 }));
            Assert.That(_target.Take().AsSpan(16).SequenceEqual(file.Contents.AsSpan(start, 200_000)), Is.True);
        }
    }

    [Test]
    public void Replies_let_go_of_what_is_decoded()
    {
        var cache = new DecodedBlockCache(2 * 72 << 10);
        var file = new MixedFile(_image, cache, 5);
        using var channel = new FuseChannel(_target.Descriptor, new ReplyPolicy(null));
        for (int i = 0; i < 20; i++)
        {
            channel.ReplyFile(5, file, file.Length / 5 * (i % 5), 100_000);
            _target.Take();
        }

        Assert.That(cache.Counts.Blocks, Is.EqualTo(20), "there is room for two blocks at any time, and each is used twice");
    }

    [TestCase(ReplyWay.Splice)]
    [TestCase(ReplyWay.Gather)]
    [TestCase(ReplyWay.Direct)]
    [TestCase(ReplyWay.Copy)]
    public void A_device_that_fails_is_an_error_and_nothing_is_sent(ReplyWay way)
    {
        using var device = new TestDevice(_image.Bytes) { Bad = (60_000, 60_001) };
        using var channel = new FuseChannel(_target.Descriptor, new ReplyPolicy(way));
        Assert.That(() => channel.ReplyFile(1, device, 0, 100_000), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO));
        Assert.That(_target.Take().Length, Is.Zero);
        Assert.That(channel.ReplyFile(2, device, 0, 60_000).Way, Is.EqualTo(ReplyWay.Copy));
        Assert.That(_target.Take().AsSpan(16).SequenceEqual(_image.Bytes.AsSpan(0, 60_000)), Is.True);
    }

    [Test]
    public void Copying_can_be_chosen() => AssertFile(
        _image.Layout((2048, 300_000)), new FileReplyOutcome(ReplyWay.Copy, Fallback.None, Errno.None), new ReplyPolicy(ReplyWay.Copy));

    [Test]
    public void What_is_not_in_whole_sectors_is_not_read_past_the_cache() => AssertFile(
        _image.Layout((2048, 300_000), (1, 5)), new FileReplyOutcome(ReplyWay.Splice, Fallback.NotDirect, Errno.None), new ReplyPolicy(ReplyWay.Direct));

    [Test]
    public void A_cache_that_keeps_nothing_is_read_past() =>
        Assert.That(new ReplyPolicy(null, cachesOnce: true).Way, Is.EqualTo(ReplyWay.Direct));

    [TestCase(ReplyWay.Splice, ReplyWay.Splice)]
    [TestCase(ReplyWay.Gather, ReplyWay.Copy)]
    [TestCase(ReplyWay.Direct, ReplyWay.Splice)]
    [TestCase(ReplyWay.Copy, ReplyWay.Copy)]
    public void An_image_cut_short_is_an_error_and_nothing_is_sent(ReplyWay way, ReplyWay afterwards)
    {
        MappedSource source = _image.Layout((900_000, 100_000));
        _image.Truncate(950_000);
        using var channel = new FuseChannel(_target.Descriptor, new ReplyPolicy(way));
        Assert.That(() => channel.ReplyFile(1, source, 0, 100_000), Throws.TypeOf<TruncatedImageException>());
        Assert.That(_target.Take().Length, Is.Zero);
        Assert.That(() => channel.ReplyFile(1, source, 49_000, 1001), Throws.TypeOf<TruncatedImageException>());
        Assert.That(_target.Take().Length, Is.Zero, "in the middle of a page, too");
        Assert.That(channel.ReplyFile(1, source, 0, 50_000).Way, Is.EqualTo(afterwards), "what is left can be read");
        Assert.That(_target.Take().AsSpan(16).SequenceEqual(_image.Bytes.AsSpan(900_000, 50_000)), Is.True);
    }

    [Test]
    public void Errors_and_payloads_are_one_message()
    {
        using var channel = new FuseChannel(_target.Descriptor, new ReplyPolicy(null));
        "hello"u8.CopyTo(channel.Payload);
        Assert.That(channel.Reply(7, Errno.None, 5), Is.EqualTo(Errno.None));
        Assert.That(_target.Take(), Is.EqualTo((byte[])[21, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, .. "hello"u8]));
        Assert.That(channel.Reply(8, Errno.ENOENT, 0), Is.EqualTo(Errno.None));
        Assert.That(_target.Take(), Is.EqualTo((byte[])[16, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 8, 0, 0, 0, 0, 0, 0, 0]));
    }

    [Test]
    public void Requests_come_until_the_end()
    {
        using var requests = Pipe.Create(4096);
        using var channel = new FuseChannel(requests.ReadEnd, new ReplyPolicy(null));
        byte[] message = FakeTransport.Request(FuseOpcode.Lookup, 1, "a\0"u8);
        Descriptors.Write(requests.WriteEnd, message, out _);
        Assert.That(channel.TryReceive(out ReadOnlySpan<byte> received), Is.True);
        Assert.That(received.SequenceEqual(message), Is.True);
        requests.WriteEnd.Dispose();
        Assert.That(channel.TryReceive(out _), Is.False);
    }

    [Test]
    public void A_device_that_refuses_is_not_asked_for_ever()
    {
        var policy = new ReplyPolicy(null);
        var plan = new ReplyPlan(4);
        plan.Make(_image.Layout((0, 4096)), 0, 4096);
        for (int i = 0; i < 4; i++)
        {
            Assert.That(policy.Judge(plan, 100, isDirect: false), Is.EqualTo(Fallback.None));
            policy.NoteRefusal(_image.Device);
        }

        Assert.That(policy.Judge(plan, 100, isDirect: false), Is.EqualTo(Fallback.SourceRefused));
        policy.NoteSuccess(plan.Extents);
        Assert.That(policy.Judge(plan, 100, isDirect: false), Is.EqualTo(Fallback.None));
    }

    [TestCase(ReplyWay.Splice, false)]
    [TestCase(ReplyWay.Gather, false)]
    [TestCase(ReplyWay.Gather, true)]
    [TestCase(ReplyWay.Copy, false)]
    public void Reads_allocate_nothing(ReplyWay way, bool isDecoded)
    {
        const int reads = 10_000;
        using FileDescriptor nowhere = Files.Open("/dev/null", OpenFlags.ReadWrite);
        using var channel = new FuseChannel(nowhere, new ReplyPolicy(way));
        var counters = new WorkerCounters();
        var tree = new TestTree();
        ulong file = tree.AddFile("f", isDecoded ? new MixedFile(_image, new DecodedBlockCache(1 << 20), 6) : _image.Layout((2048, 400_000), (513, 400_000)));
        var options = new FuseMountOptions { MountPoint = "/nowhere", Source = "test" };
        var dispatcher = new FuseDispatcher(new FuseService(tree, options), channel, counters);
        byte[][] requests =
        [
            .. Enumerable.Range(0, 100).Select(i =>
                FakeTransport.Request(FuseOpcode.Read, file, new FuseReadIn { Offset = (ulong)i * 8000, Size = 16384 })),
        ];
        Serve(100);

        long allocated = Allocations.Of(() => Serve(reads));

        FuseCounters sum = WorkerCounters.Sum([counters]);
        Assert.That(allocated, Is.Zero);
        Assert.That(sum.Replies[way], Is.EqualTo((Allocations.Rounds * reads) + 100));

        void Serve(int count)
        {
            for (int i = 0; i < count; i++)
            {
                dispatcher.Serve(requests[i % requests.Length]);
            }
        }
    }

    private void AssertFile(BlockSource source, FileReplyOutcome expected, ReplyPolicy? policy = null, int pipeCapacity = 1 << 20)
    {
        using var channel = new FuseChannel(_target.Descriptor, policy ?? new ReplyPolicy(null), pipeCapacity);
        int length = (int)source.Length;
        Assert.That(channel.ReplyFile(5, source, 0, length), Is.EqualTo(expected));
        byte[] message = _target.Take();
        Assert.That(MemoryMarshal.Read<FuseOutHeader>(message).Len, Is.EqualTo(length + 16));
        Assert.That(message.AsSpan(16).SequenceEqual(TestImage.Contents(source)), Is.True);

        Assert.That(channel.ReplyFile(6, source, 1, length - 1), Is.EqualTo(expected));
        Assert.That(_target.Take().AsSpan(16).SequenceEqual(TestImage.Contents(source).AsSpan(1)), Is.True);
    }
}
