using ImageFs.Fuse;
using ImageFs.Fuse.Replies;
using ImageFs.Fuse.Session;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Remote.Nbd;
using ImageFs.Tests.Fuse.Replies;
using ImageFs.Tests.Storage.Caching;

namespace ImageFs.Tests.Storage.Remote.Nbd;

/// <summary>NBD from its bytes on: what a server may say, and what a hostile one says, which is never taken for data.</summary>
public sealed class NbdTests
{
    private const int Length = 1 << 20;
    private const string Once = "retry-time=0,cache=none";
    private static readonly byte[] s_bytes = CacheFileTests.Bytes(0, Length);

    private static IEnumerable<TestCaseData> WrongReplies()
    {
        yield return Case("another mark", (server, request) => TestServer.Simple(request.Cookie, 0, new byte[request.Length], magic: 0x12345678));
        yield return Case("another request's", (server, request) => [.. TestServer.Chunk(request.Cookie + 1, 1, 1, new byte[8 + request.Length])]);
        yield return Case("a simple reply", (server, request) => TestServer.Simple(request.Cookie, 0, new byte[request.Length]));
        yield return Case("too much", (server, request) => TestServer.Chunk(request.Cookie, 1, 1, [.. TestServer.Number((ulong)request.Offset), .. new byte[request.Length + 1]]));
        yield return Case("4 GiB", (server, request) => TestServer.Chunk(request.Cookie, 1, 1, [.. TestServer.Number((ulong)request.Offset), .. new byte[request.Length]], uint.MaxValue));
        yield return Case("too little", (server, request) => server.Data(request, 0, request.Length - 1, isLast: true));
        yield return Case("a gap", (server, request) => [.. server.Data(request, 0, 10), .. server.Data(request, 11, request.Length - 11, isLast: true)]);
        yield return Case("bytes twice", (server, request) => [.. server.Data(request, 0, 11), .. server.Data(request, 10, request.Length - 10, isLast: true)]);
        yield return Case("a hole over bytes", (server, request) => [.. server.Data(request, 0, request.Length), .. TestServer.Hole(request, 5, 5, isLast: true)]);
        yield return Case("backwards, twice", (server, request) => [.. server.Data(request, 50, request.Length - 50), .. server.Data(request, 0, 51, isLast: true)]);
        yield return Case("bytes before", (server, request) => TestServer.Chunk(request.Cookie, 1, 1, [.. TestServer.Number((ulong)request.Offset - 1), .. new byte[request.Length]]));
        yield return Case("bytes from 2^64", (server, request) => TestServer.Chunk(request.Cookie, 1, 1, [.. TestServer.Number(ulong.MaxValue), .. new byte[request.Length]]));
        yield return Case("an endless hole", (server, request) => TestServer.Hole(request, 0, uint.MaxValue, isLast: true));
        yield return Case("an empty hole", (server, request) => [.. TestServer.Hole(request, 0, 0), .. server.Data(request, 0, request.Length, isLast: true)]);
        yield return Case("nothing", (server, request) => TestServer.End(request));
        yield return Case("an end with bytes", (server, request) => TestServer.Chunk(request.Cookie, 1, 0, [1]));
        yield return Case("an end that is none", (server, request) => TestServer.Chunk(request.Cookie, 0, 0, []));
        yield return Case("an unknown chunk", (server, request) => TestServer.Chunk(request.Cookie, 1, 99, [1, 2, 3]));
        yield return Case("a block status", (server, request) => TestServer.Chunk(request.Cookie, 1, 5, new byte[12]));
        yield return Case("an error of 4 GiB", (server, request) => TestServer.Chunk(request.Cookie, 1, 0x8001, new byte[6], uint.MaxValue));
        yield return Case("an error without a number", (server, request) => TestServer.Error(request, 0));
        yield return Case("half a reply", (server, request) => [.. server.Data(request, 0, request.Length)[..(request.Length / 2)]]);
        yield return Case("a header's half", (server, request) => server.Data(request, 0, request.Length)[..9]);
        yield return Case("nothing at all", (server, request) => []);

        static TestCaseData Case(string name, Func<TestServer, TestServer.Request, byte[]> reply) => new TestCaseData(reply).SetArgDisplayNames(name);
    }

    [TestCase(true, "")]
    [TestCase(false, "")]
    [TestCase(true, "cache=none")]
    [TestCase(false, "cache=none")]
    public void Bytes_are_the_servers(bool isStructured, string options)
    {
        using var server = new TestServer(s_bytes) { IsStructured = isStructured, Flags = 3 + (1 << 8) };
        using var image = new OpenedImage(server, options);
        Parallel.For(0, 8, thread =>
        {
            var random = new Random(thread);
            for (int i = 0; i < 50; i++)
            {
                int offset = random.Next(Length);
                byte[] read = new byte[random.Next(1, Math.Min(Length - offset, 100_000) + 1)];
                image.Source.ReadAt(offset, read);
                Assert.That(read.AsSpan().SequenceEqual(s_bytes.AsSpan(offset, read.Length)), $"{offset} {read.Length}");
            }
        });
    }

    [Test]
    public void Replies_come_in_any_order_and_in_parts()
    {
        // The first of two waits for the second, and then their parts come by turns.
        TestServer.Request? first = null;
        using var server = new TestServer(s_bytes);
        server.Reply = request =>
        {
            if (first is not { } other)
            {
                first = request;
                return TestServer.Later;
            }

            first = null;
            int half = request.Length / 2;
            int otherHalf = other.Length / 2;
            return
            [
                .. server.Data(request, half, request.Length - half), .. server.Data(other, 0, otherHalf), .. server.Data(request, 0, half, isLast: true),
                .. server.Data(other, otherHalf, other.Length - otherHalf), .. TestServer.End(other),
            ];
        };
        using var image = new OpenedImage(server, "cache=none");
        for (int i = 0; i < 50; i++)
        {
            Parallel.For(0, 2, new ParallelOptions { MaxDegreeOfParallelism = 2 }, thread =>
            {
                int offset = (thread * (Length / 2)) + (i * 9_973);
                byte[] read = new byte[2_001 + thread];
                image.Source.ReadAt(offset, read);
                Assert.That(read.AsSpan().SequenceEqual(s_bytes.AsSpan(offset, read.Length)), $"{offset}");
            });
        }
    }

    [TestCaseSource(nameof(WrongReplies))]
    public void A_wrong_reply_is_no_data(object reply)
    {
        var wrong = (Func<TestServer, TestServer.Request, byte[]>)reply;
        bool isWrong = true;
        using var server = new TestServer(s_bytes);
        server.Reply = request => isWrong ? HangUpAfter(server, wrong(server, request)) : null;
        using var image = new OpenedImage(server, Once);
        byte[] read = new byte[100];
        Assert.That(() => image.Source.ReadAt(5000, read), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO));

        // As a reply to the kernel it is none.
        using var target = new TargetPipe();
        using var channel = new FuseChannel(target.Descriptor, new ReplyPolicy(ReplyWay.Splice));
        Assert.That(() => channel.ReplyFile(5, image.Source, 5000, 20_000), Throws.TypeOf<LinuxException>());
        Assert.That(target.Take(), Is.Empty);

        isWrong = false;
        image.Source.ReadAt(5000, read);
        Assert.That(read, Is.EqualTo(s_bytes[5000..5100]));
        FileReplyOutcome outcome = channel.ReplyFile(5, image.Source, 5000, 20_000);
        Assert.That(outcome.Way, Is.EqualTo(ReplyWay.Splice));
        Assert.That(target.Take().AsSpan(16).SequenceEqual(s_bytes.AsSpan(5000, 20_000)));
    }

    [TestCaseSource(nameof(WrongReplies))]
    public void A_wrong_reply_is_asked_for_again(object reply)
    {
        var wrong = (Func<TestServer, TestServer.Request, byte[]>)reply;
        int requests = 0;
        using var server = new TestServer(s_bytes);
        server.Reply = request => Interlocked.Increment(ref requests) == 1 ? HangUpAfter(server, wrong(server, request)) : null;
        using var image = new OpenedImage(server, "cache-dir=/tmp,retry-time=5");
        byte[] read = new byte[10_000];
        image.Source.ReadAt(5000, read);
        Assert.That(read, Is.EqualTo(s_bytes[5000..15_000]));
    }

    [TestCase(5u, Errno.EIO)]
    [TestCase(1u, Errno.EPERM)]
    [TestCase(22u, Errno.EINVAL)]
    [TestCase(0x12345678u, Errno.EIO)]
    public void An_error_of_the_server_is_the_readers(uint error, Errno errno)
    {
        foreach (bool isStructured in (bool[])[true, false])
        {
            using var server = new TestServer(s_bytes) { IsStructured = isStructured };
            server.Reply = request => request.Offset >= 8192 ? isStructured ? TestServer.Error(request, error) : TestServer.Simple(request.Cookie, error, []) : null;
            using var image = new OpenedImage(server, "cache=none");
            byte[] read = new byte[100];
            Assert.That(() => image.Source.ReadAt(9000, read), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(errno));
            image.Source.ReadAt(100, read);
            Assert.That(read, Is.EqualTo(s_bytes[100..200]));
            Assert.That(server.Connections, Is.EqualTo(1), "the connection is as good as before");
        }
    }

    [Test]
    public void An_error_after_bytes_is_an_error()
    {
        using var server = new TestServer(s_bytes);
        server.Reply = request => [.. server.Data(request, 0, 50), .. TestServer.Error(request, 5, isLast: false), .. server.Data(request, 50, request.Length - 50, isLast: true)];
        using var image = new OpenedImage(server, "cache=none");
        Assert.That(() => image.Source.ReadAt(9000, new byte[100]), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO));
        using var target = new TargetPipe();
        using var channel = new FuseChannel(target.Descriptor, new ReplyPolicy(ReplyWay.Splice));
        Assert.That(() => channel.ReplyFile(5, image.Source, 5000, 20_000), Throws.TypeOf<LinuxException>());
        Assert.That(target.Take(), Is.Empty);
        Assert.That(server.Connections, Is.EqualTo(1));
    }

    [TestCase(1)]
    [TestCase(4096)]
    [TestCase(300_000)]
    public void Bytes_go_from_the_socket_into_the_reply(int length)
    {
        foreach (bool isStructured in (bool[])[true, false])
        {
            using var server = new TestServer(s_bytes) { IsStructured = isStructured };
            using var image = new OpenedImage(server, "cache=none");
            using var target = new TargetPipe();
            using var channel = new FuseChannel(target.Descriptor, new ReplyPolicy(ReplyWay.Splice));
            for (int i = 0; i < 20; i++)
            {
                Assert.That(channel.ReplyFile((ulong)i, image.Source, i * 9001, length), Is.EqualTo(new FileReplyOutcome(ReplyWay.Splice, Fallback.None, Errno.None)));
                byte[] reply = target.Take();
                Assert.That(reply.AsSpan(16).SequenceEqual(s_bytes.AsSpan(i * 9001, length)), $"{i}");
            }
        }
    }

    [Test]
    public void Holes_go_into_the_reply_and_parts_out_of_order_are_copied()
    {
        using var server = new TestServer(s_bytes);
        bool isOrdered = true;
        server.Reply = request =>
        {
            byte[][] parts = [server.Data(request, 0, 10_000), TestServer.Hole(request, 10_000, 5_000), server.Data(request, 15_000, request.Length - 15_000)];
            return isOrdered ? [.. parts[0], .. parts[1], .. parts[2], .. TestServer.End(request)] : [.. parts[2], .. parts[1], .. parts[0], .. TestServer.End(request)];
        };
        using var image = new OpenedImage(server, "cache=none");
        using var target = new TargetPipe();
        using var channel = new FuseChannel(target.Descriptor, new ReplyPolicy(null, cachesOnce: true));
        byte[] wanted = [.. s_bytes[2000..12_000], .. new byte[5_000], .. s_bytes[17_000..42_000]];
        Assert.That(channel.ReplyFile(5, image.Source, 2000, 40_000), Is.EqualTo(new FileReplyOutcome(ReplyWay.Splice, Fallback.NotDirect, Errno.None)));
        Assert.That(target.Take().AsSpan(16).SequenceEqual(wanted));
        isOrdered = false;
        Assert.That(channel.ReplyFile(5, image.Source, 2000, 40_000), Is.EqualTo(new FileReplyOutcome(ReplyWay.Copy, Fallback.SourceFailed, Errno.None)));
        Assert.That(target.Take().AsSpan(16).SequenceEqual(wanted));
        Assert.That(server.Connections, Is.EqualTo(1));
    }

    [Test]
    public void Where_the_server_says_zeros_nothing_is_asked_for()
    {
        using var server = new TestServer(s_bytes) { Runs = [4096, 65536, 100_000, 200_000, Length] };
        using var image = new OpenedImage(server, "cache=none");
        server.Reply = request => request is { Command: 0, Offset: >= 4096 and < 69_632 } ? throw new InvalidOperationException() : null;
        byte[] read = new byte[100_000];
        image.Source.ReadAt(0, read);
        Assert.That(read, Is.EqualTo((byte[])[.. s_bytes[..4096], .. new byte[65536], .. s_bytes[69_632..100_000]]));
        Assert.That((image.Source.Locate(169_632, Length).IsZero, image.Source.Locate(169_632, Length).Length), Is.EqualTo((true, 200_000L)));
        Assert.That(server.StatusRequests, Is.EqualTo(1));
    }

    [Test]
    public void A_connection_that_is_lost_is_made_again()
    {
        using var server = new TestServer(s_bytes);
        using var image = new OpenedImage(server, "cache=none,retry-time=5");
        byte[] read = new byte[100];
        for (int i = 0; i < 5; i++)
        {
            image.Source.ReadAt(i * 1000, read);
            Assert.That(read, Is.EqualTo(s_bytes[(i * 1000)..((i * 1000) + 100)]));
            server.HangUp();
        }

        Assert.That(server.Connections, Is.GreaterThanOrEqualTo(5));
    }

    [Test]
    public void A_server_that_says_nothing_is_an_error_in_the_end()
    {
        using var server = new TestServer(s_bytes);
        using var image = new OpenedImage(server, Once);
        server.Reply = request =>
        {
            Thread.Sleep(3000);
            return [];
        };
        Assert.That(() => image.Source.ReadAt(0, new byte[10]), Throws.TypeOf<LinuxException>().With.Message.Contains("does not answer"));
    }

    [Test]
    public void Another_export_in_its_place_is_an_error()
    {
        bool isOther = false;
        using var server = new TestServer(s_bytes)
        {
            Option = option => option == 7 && isOther
                ? [.. TestServer.OptionReply(7, 3, [0, 0, .. TestServer.Number(5000ul), 0, 3]), .. TestServer.OptionReply(7, 1, [])] : null,
        };
        using var image = new OpenedImage(server, Once);
        isOther = true;
        server.HangUp();
        Assert.That(() => image.Source.ReadAt(0, new byte[10]), Throws.TypeOf<LinuxException>());
        Assert.That(() => image.Source.ReadAt(0, new byte[10]), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ESTALE));
    }

    private static byte[] HangUpAfter(TestServer server, byte[] reply)
    {
        // What is not whole is followed by the end.
        _ = Task.Delay(100).ContinueWith(_ => server.HangUp(), TaskScheduler.Default);
        return reply;
    }

    /// <summary>The image of a server, opened as the program does.</summary>
    private sealed class OpenedImage : IDisposable
    {
        private readonly List<IDisposable> _opened = [];

        public OpenedImage(TestServer server, string options) =>
            Source = new NbdScheme().Open(server.Uri, BackingPolicy.Folder, OpenContext.Of($"cache-dir=/tmp,{options}"), _opened).Source;

        public BlockSource Source { get; }

        public void Dispose() => _opened.ForEach(one => one.Dispose());
    }
}
