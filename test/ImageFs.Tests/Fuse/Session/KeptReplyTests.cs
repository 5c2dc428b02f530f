using ImageFs.Fuse;
using ImageFs.Fuse.Replies;
using ImageFs.Fuse.Session;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Remote;
using ImageFs.Tests.Fuse.Replies;
using ImageFs.Tests.Storage.Caching;
using ImageFs.Tests.Storage.Remote;

namespace ImageFs.Tests.Fuse.Session;

/// <summary>Replies of bytes that a layer keeps in a file: they go as those of an image file, and hold what they are made of no longer than that.</summary>
public sealed class KeptReplyTests
{
    private const int Length = 8 << 20;
    private static readonly byte[] s_bytes = CacheFileTests.Bytes(0, Length);

    [TestCase(null, 100_000, ReplyWay.Splice, Fallback.None)]
    [TestCase(null, 512 << 10, ReplyWay.Splice, Fallback.None)]
    [TestCase(null, 4096, ReplyWay.Gather, Fallback.None)]
    [TestCase(ReplyWay.Splice, 1, ReplyWay.Splice, Fallback.None)]
    [TestCase(ReplyWay.Gather, 100_000, ReplyWay.Gather, Fallback.None)]
    [TestCase(ReplyWay.Direct, 100_000, ReplyWay.Splice, Fallback.NotDirect)]
    [TestCase(ReplyWay.Copy, 100_000, ReplyWay.Copy, Fallback.None)]
    public void What_is_kept_in_a_file_goes_by_reference(ReplyWay? forced, int length, ReplyWay way, Fallback fallback)
    {
        using RemoteDevice device = Open(new TestTransport(s_bytes), "cache-limit=1M");
        using var target = new TargetPipe();
        using var channel = new FuseChannel(target.Descriptor, new ReplyPolicy(forced));

        // A lease that was not let go of would leave no room.
        for (int start = 2048; start + length <= Length; start += 600_001)
        {
            Assert.That(channel.ReplyFile(5, device, start, length), Is.EqualTo(new FileReplyOutcome(way, fallback, Errno.None)), $"{start}");
            Assert.That(target.Take().AsSpan(16).SequenceEqual(s_bytes.AsSpan(start, length)), $"{start}");
        }
    }

    [Test]
    public void A_failure_of_the_server_is_an_error_and_no_reply()
    {
        var transport = new TestTransport(s_bytes) { Bad = (300_000, 300_001) };
        using RemoteDevice device = Open(transport, string.Empty);
        using var target = new TargetPipe();
        using var channel = new FuseChannel(target.Descriptor, new ReplyPolicy(null));
        Assert.That(() => channel.ReplyFile(5, device, 250_000, 100_000), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO));
        Assert.That(target.Take(), Is.Empty);

        transport.Bad = null;
        Assert.That(channel.ReplyFile(5, device, 250_000, 100_000).Way, Is.EqualTo(ReplyWay.Splice));
        Assert.That(target.Take().AsSpan(16).SequenceEqual(s_bytes.AsSpan(250_000, 100_000)));
    }

    [Test]
    public void Pieces_that_lie_apart_are_asked_for_side_by_side()
    {
        var transport = new TestTransport(s_bytes) { Delay = TimeSpan.FromMilliseconds(30) };
        using RemoteDevice device = Open(transport, string.Empty);
        using var target = new TargetPipe();
        using var channel = new FuseChannel(target.Descriptor, new ReplyPolicy(null));
        var map = new ExtentMapBuilder();
        byte[] wanted = [];
        for (int i = 0; i < 6; i++)
        {
            map.AppendMapped(10_000, i * 1_200_000);
            wanted = [.. wanted, .. s_bytes.AsSpan(i * 1_200_000, 10_000)];
        }

        Assert.That(channel.ReplyFile(5, new MappedSource(device, map.Build()), 0, wanted.Length).Way, Is.EqualTo(ReplyWay.Splice));
        Assert.That(target.Take().AsSpan(16).SequenceEqual(wanted));
        Assert.That(transport.MostAtOnce, Is.GreaterThanOrEqualTo(3));
    }

    [Test]
    public void What_is_kept_nowhere_is_copied()
    {
        using RemoteDevice device = Open(new TestTransport(s_bytes), "cache=none");
        using var target = new TargetPipe();
        using var channel = new FuseChannel(target.Descriptor, new ReplyPolicy(null));
        Assert.That(channel.ReplyFile(5, device, 2048, 100_000), Is.EqualTo(new FileReplyOutcome(ReplyWay.Copy, Fallback.NotMapped, Errno.None)));
        Assert.That(target.Take().AsSpan(16).SequenceEqual(s_bytes.AsSpan(2048, 100_000)));
    }

    private static RemoteDevice Open(TestTransport transport, string options) =>
        new(transport, OpenContext.Of($"cache-dir=/tmp,{options}"));
}
