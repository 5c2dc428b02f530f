using System.Security.Cryptography;
using ImageFs.Fuse;
using ImageFs.Fuse.Ring;
using ImageFs.Linux;
using ImageFs.MountTests.Support;
using ImageFs.Storage;
using ImageFs.Tests.Fuse;

namespace ImageFs.MountTests.Session;

/// <summary>Files read over io_uring, and what happens where it is not available.</summary>
public sealed class RingTests() : FuseDeviceFixture(FuseTransport.Ring)
{
    private const int ImageLength = 3_000_001;

    // Reads past the page cache, as many as asked for, at places all over the file.
    private const string ManyReadsScript =
        """
        import mmap, os, sys
        f = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
        pages = os.fstat(f).st_size // 4096
        buffer = mmap.mmap(-1, 4096)
        for i in range(int(sys.argv[2])):
            os.preadv(f, [buffer], i * 7919 % pages * 4096)
        """;

    [Test]
    [CancelAfter(Limits.Test)]
    public void Files_read_as_they_are_laid_out([Values(null, ReplyWay.Copy)] ReplyWay? way)
    {
        using var image = new TestImage(ImageLength);
        ExtentMap holes = new ExtentMapBuilder()
            .Append(10_000, ExtentKind.Hole).AppendMapped(5000, 777).Append(100_000, ExtentKind.Unwritten).AppendMapped(99, 3).Build();
        Dictionary<string, BlockSource> files = new()
        {
            ["aligned"] = image.Layout((8192, 1 << 20)),
            ["odd"] = image.Layout((513, 700_001)),
            ["pieces"] = image.Layout((1_000_000, 2048), (2048, 6144), (2_000_001, 99), (777, 300_000)),
            ["many pieces"] = image.Layout([.. Enumerable.Range(0, 500).Select(i => (i * 5000L, 100L + i))]),
            ["tail"] = image.Layout((ImageLength - 1001, 1001)),
            ["holes"] = new MappedSource(image.Device, holes),
            ["empty"] = image.Layout(),
            ["memory"] = new MemorySource(image.Bytes.AsMemory(5, 10_000)),
        };
        var tree = new TestTree();
        foreach ((string name, BlockSource source) in files)
        {
            tree.AddFile(name, source);
        }

        using MountedTree mount = Mount(tree, options => options with { ForceReply = way });
        using (Assert.EnterMultipleScope())
        {
            foreach ((string name, BlockSource source) in files)
            {
                Assert.That(HashOf(mount, name), Is.EqualTo(HashOf(source)), name);
            }
        }

        FuseCounters counters = mount.Session.Counters;
        Assert.That(Replies(mount, ReplyWay.Ring), way == ReplyWay.Copy ? Is.Zero : Is.GreaterThan(5));
        Assert.That(Replies(mount, ReplyWay.Copy), Is.GreaterThan(1), "memory, and what is in too many pieces");
        Assert.That(counters.Replies.Keys, Is.SubsetOf(new[] { ReplyWay.Ring, ReplyWay.Copy }));
        Assert.That(counters.Fallbacks.Keys, Is.EquivalentTo(way is null ? [Fallback.NotMapped, Fallback.TooManyPieces] : Array.Empty<Fallback>()));
        Assert.That(counters.LostReplies, Is.Zero);
        Assert.That(counters.Errors.Keys, Is.SubsetOf(new[] { Errno.ENOSYS }));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Parallel_reads_at_any_offset([Values] bool direct)
    {
        using var image = new TestImage(ImageLength);
        (long, long)[] runs = [.. Enumerable.Range(0, 300).Select(i => (i * 9973L % 2_900_000, 1L + (i * 7919L % 30_000)))];
        MappedSource source = image.Layout(runs);
        var tree = new TestTree();
        tree.AddFile("pieces", source);
        string expected = Path.GetTempFileName();
        File.WriteAllBytes(expected, TestImage.Contents(source));
        try
        {
            using MountedTree mount = Mount(tree);
            string script = SessionReadTests.ReadScript;
            Assert.That(Shell.Output($"python3 - '{mount.Directory}/pieces' '{expected}' {(direct ? 1 : 0)} <<'END'\n{script}\nEND"), Is.EqualTo("good"));
            Assert.That(mount.Session.Counters.LostReplies, Is.Zero);
        }
        finally
        {
            File.Delete(expected);
        }
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void An_image_cut_short_is_an_error_where_it_is_cut()
    {
        using var image = new TestImage(ImageLength);
        var tree = new TestTree();
        tree.AddFile("f", image.Layout((4096, 1_000_000)));
        tree.AddFile("across", image.Layout((0, 4096), (499_000, 8192), (4096, 4096)));
        using MountedTree mount = Mount(tree);
        image.Truncate(500_000);

        (int exitCode, _, string error) = Shell.Run($"dd if='{mount.Directory}/f' of=/dev/null bs=64k iflag=direct skip=8");
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Contain("Input/output error"));
        Assert.That(Shell.Run($"dd if='{mount.Directory}/across' bs=16k iflag=direct | wc -c").Output, Is.EqualTo("0"), "a part is not given for all");
        string expected = Convert.ToHexStringLower(SHA256.HashData(image.Bytes.AsSpan(4096, 400_000)));
        Assert.That(Shell.Output($"dd if='{mount.Directory}/f' bs=100k count=4 iflag=direct 2> /dev/null | head -c 400000 | sha256sum"), Does.StartWith(expected));
        Assert.That(mount.Session.Counters.Errors.Keys, Does.Contain(Errno.EIO));
        Assert.That(mount.Session.Counters.LostReplies, Is.Zero);
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Readers_that_are_killed_harm_nobody()
    {
        using var image = new TestImage(8 << 20);
        MappedSource source = image.Layout((513, 8_000_000));
        var tree = new TestTree();
        tree.AddFile("f", source);
        using MountedTree mount = Mount(tree);
        Shell.Output(
            $"""
            for i in $(seq 60); do
                dd if='{mount.Directory}/f' of=/dev/null bs=1M iflag=direct 2> /dev/null & reader=$!
                sleep 0.00$((i % 10)); kill -9 $reader; wait $reader
            done 2> /dev/null
            true
            """);
        Assert.That(HashOf(mount, "f"), Is.EqualTo(HashOf(source)));
        Assert.That(mount.Session.Counters.LostReplies, Is.Zero);
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Reads_allocate_nothing()
    {
        const int reads = 10_000;
        using var image = new TestImage(ImageLength);
        var tree = new TestTree();
        tree.AddFile("f", image.Layout((2048, 1_000_000), (513, 1_000_000)));
        using MountedTree mount = Mount(tree);
        Read(mount, 500);

        // All threads of this process, and what starting the reader takes: an allocation for each READ would be 24 bytes each at least.
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Read(mount, 0);
            long around = GC.GetTotalAllocatedBytes(precise: true);
            Read(mount, reads);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - around - (around - before));
        }

        Assert.That(Replies(mount, ReplyWay.Ring), Is.GreaterThanOrEqualTo(3 * reads));
        Assert.That(least, Is.LessThan(5 * reads));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_request_that_is_too_long_is_an_error_of_its_own()
    {
        using MountedTree mount = Mount(new TestTree(), options => options with { Status = () => "{}" });

        // 16000 bytes that go with an ioctl.
        const string script =
            """
            import fcntl, os, sys
            f = os.open(sys.argv[1], os.O_RDONLY)
            try: fcntl.ioctl(f, 0x40004900 | 16000 << 16, bytearray(16000))
            except OSError as e: print(e.errno)
            os.listdir(sys.argv[1])
            """;
        Assert.That(Shell.Output($"python3 - '{mount.Directory}' <<'END'\n{script}\nEND"), Is.EqualTo($"{(int)Errno.EIO}"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Twenty_mounts_side_by_side()
    {
        using var image = new TestImage(ImageLength);
        MappedSource source = image.Layout((513, 2_000_000));
        var tree = new TestTree();
        tree.AddFile("f", source);
        var mounts = new List<MountedTree>();
        try
        {
            for (int i = 0; i < 20; i++)
            {
                mounts.Add(Mount(tree));
            }

            string files = string.Join(' ', mounts.Select(mount => $"'{mount.Directory}/f'"));
            string sums = Shell.Output($"for f in {files}; do sha256sum < $f & done; wait");
            Assert.That(sums.Split('\n').Select(line => line.Split(' ')[0]), Is.All.EqualTo(HashOf(source)).And.Exactly(20).Items);
        }
        finally
        {
            mounts.ForEach(mount => mount.Dispose());
        }
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Where_it_is_not_offered_the_device_serves() => AssertDeviceServes(RingOffer.Withdraw(), RingFault.None, "does not offer it");

    [Test]
    [CancelAfter(Limits.Test)]
    public void Where_rings_are_forbidden_the_device_serves() =>
        AssertDeviceServes(RingOffer.MakeInVain(), RingFault.None, "io_uring: Operation not permitted");

    [Test]
    [CancelAfter(Limits.Test)]
    public void Where_a_queue_cannot_be_made_the_device_serves() =>
        AssertDeviceServes(RingOffer.Make(), RingFault.Setup, "io_uring: Operation not permitted");

    [Test]
    [CancelAfter(Limits.Test)]
    public void Where_a_promised_queue_does_not_come_the_device_serves() =>
        AssertDeviceServes(RingOffer.Make(), RingFault.Registration, "Operation not permitted");

    [Test]
    [CancelAfter(Limits.Test)]
    public void Who_did_not_ask_for_it_is_not_told_of_its_absence()
    {
        using RingOffer offer = RingOffer.Withdraw();
        var said = new List<string>();
        using var mount = new MountedTree(new TestTree(), options => options with { Log = said.Add });
        Assert.That(mount.Session.Transport, Is.EqualTo(FuseTransport.Device));
        Assert.That(said, Is.Empty);
    }

    private static void AssertDeviceServes(RingOffer offer, RingFault fault, string reason)
    {
        using (offer)
        {
            using var image = new TestImage(ImageLength);
            MappedSource source = image.Layout((513, 2_000_000));
            var tree = new TestTree();
            tree.AddFile("f", source);
            var said = new List<string>();
            using var mount = new MountedTree(
                tree, options => options with { Transport = FuseTransport.Ring, RingFault = fault, Log = said.Add });
            offer.Dispose();
            Assert.That(mount.Session.Transport, Is.EqualTo(FuseTransport.Device));
            Assert.That(said, Has.Count.EqualTo(1).And.One.Contains(reason));
            Assert.That(HashOf(mount, "f"), Is.EqualTo(HashOf(source)));
            Assert.That(Shell.Output($"for i in 1 2 3 4; do cat '{mount.Directory}/f' | wc -c & done; wait"), Is.EqualTo("2000000\n2000000\n2000000\n2000000"));
            Assert.That(Replies(mount, ReplyWay.Ring), Is.Zero);
            Shell.Output($"umount '{mount.Directory}'");
            var end = new Thread(mount.Session.Wait) { IsBackground = true };
            end.Start();
            Assert.That(end.Join(Limits.Soon), Is.True, "the session ends");
        }
    }

    private static long Replies(MountedTree mount, ReplyWay way) => mount.Session.Counters.Replies.GetValueOrDefault(way);

    private static void Read(MountedTree mount, int reads) =>
        Shell.Output($"python3 - '{mount.Directory}/f' {reads} <<'END'\n{ManyReadsScript}\nEND");

    private static string HashOf(MountedTree mount, string name) => Shell.Output($"sha256sum < '{mount.Directory}/{name}'").Split(' ')[0];

    private static string HashOf(BlockSource source) => Convert.ToHexStringLower(SHA256.HashData(TestImage.Contents(source)));
}
