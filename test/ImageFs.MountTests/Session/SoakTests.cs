using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.MountTests.Support;
using ImageFs.Storage;
using ImageFs.Tests.Fuse;

namespace ImageFs.MountTests.Session;

/// <summary>
/// Never a wrong byte: four readers at once, at random places and lengths, by read, mmap and direct I/O, while the caches of mount and
/// image are dropped again and again.
/// </summary>
[NonParallelizable]
public sealed class SoakTests : FuseDeviceFixture
{
    private const int ImageLength = 24 << 20;
    private const double Seconds = 4;

    // Arguments: the mount, the folder with the same files, the image, seconds.
    private const string Script =
        """
        import hashlib, mmap, os, random, sys, time
        mount, plain, image, seconds = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
        names = sorted(os.listdir(plain))
        expected = {name: open(f"{plain}/{name}", "rb").read() for name in names}
        sums = {name: hashlib.sha256(expected[name]).digest() for name in names}
        until = time.monotonic() + seconds

        def check(name, how, at, got, length):
            if got != expected[name][at:at + length]:
                print("wrong", name, how, at, length, len(got), flush=True)
                os._exit(1)

        def read(seed):
            r = random.Random(seed)
            rounds = 0
            while time.monotonic() < until or rounds < 20:
                rounds += 1
                name = r.choice(names)
                direct = r.random() < 0.4
                f = os.open(f"{mount}/{name}", os.O_RDONLY | (os.O_DIRECT if direct else 0))
                size = len(expected[name])
                for i in range(20):
                    at, length = r.randrange(size + 5000), r.randrange(1, 1 << r.randrange(1, 21))
                    check(name, "pread", at, os.pread(f, length, at), length)
                if r.random() < 0.3:
                    with mmap.mmap(f, 0, prot=mmap.PROT_READ) as m:
                        for i in range(20):
                            at, length = r.randrange(size), r.randrange(1, 100000)
                            check(name, "mmap", at, m[at:at + length], length)
                if r.random() < 0.2:
                    with open(f, "rb", closefd=False) as whole:
                        if hashlib.file_digest(whole, "sha256").digest() != sums[name]:
                            print("wrong sum", name, flush=True)
                            os._exit(1)
                os.posix_fadvise(f, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(f)
            os._exit(0)

        readers = []
        for seed in range(4):
            child = os.fork()
            if child == 0: read(seed)
            readers.append(child)
        source = os.open(image, os.O_RDONLY)
        while time.monotonic() < until:
            time.sleep(0.05)
            os.posix_fadvise(source, 0, 0, os.POSIX_FADV_DONTNEED)
            try:
                with open("/proc/sys/vm/drop_caches", "w") as caches: caches.write("1")
            except OSError:
                pass
        good = [os.waitpid(reader, 0)[1] == 0 for reader in readers]
        print("good" if all(good) else "bad")
        """;

    [TestCase(null, false)]
    [TestCase(null, true)]
    [TestCase(ReplyWay.Splice, false)]
    [TestCase(ReplyWay.Gather, false)]
    [TestCase(ReplyWay.Direct, false)]
    [TestCase(ReplyWay.Copy, false)]
    [CancelAfter(Limits.Test)]
    public void Every_byte_is_right(ReplyWay? way, bool cachesOnce) =>
        Soak(options => options with { ForceReply = way, CachesOnce = cachesOnce }, way ?? (cachesOnce ? ReplyWay.Direct : ReplyWay.Gather));

    [Test]
    [CancelAfter(Limits.Test)]
    public void Every_byte_is_right_over_the_ring()
    {
        using RingOffer offer = RingOffer.Make();
        Soak(options => options with { Transport = FuseTransport.Ring }, ReplyWay.Ring);
    }

    private static void Soak(Func<FuseMountOptions, FuseMountOptions> change, ReplyWay expected)
    {
        using var image = new TestImage(ImageLength);
        var tree = new TestTree();
        string plain = MountedTree.NewDirectory();
        try
        {
            foreach ((string name, BlockSource source) in Files(image))
            {
                tree.AddFile(name, source);
                File.WriteAllBytes(Path.Combine(plain, name), TestImage.Contents(source));
            }

            using var mount = new MountedTree(tree, change);
            string said = Shell.Output($"python3 - '{mount.Directory}' '{plain}' '{image.FilePath}' {Seconds} <<'END'\n{Script}\nEND");
            Assert.That(said, Is.EqualTo("good"));
            FuseCounters counters = mount.Session.Counters;
            TestContext.Out.WriteLine($"{string.Join(' ', counters.Replies)}, fallbacks {string.Join(' ', counters.Fallbacks)}");

            // Python asks of each file that it reads whole whether it is a terminal: ENOTTY.
            Assert.That(counters.Errors.Keys, Is.SubsetOf(new[] { Errno.ENOSYS, Errno.ENOTTY }));
            Assert.That(counters.LostReplies, Is.Zero);
            Assert.That(counters.Replies, Does.ContainKey(expected));
        }
        finally
        {
            Directory.Delete(plain, recursive: true);
        }
    }

    // Runs that begin at 0, 512 and 2048 modulo a page, and others that nothing is aligned in.
    private static Dictionary<string, BlockSource> Files(TestImage image)
    {
        ExtentMap sparse = new ExtentMapBuilder().AppendMapped(1 << 20, 4096).Append(3 << 20, ExtentKind.Hole).AppendMapped(65536, 512)
            .Append(100_000, ExtentKind.Unwritten).AppendMapped(5000, 2048).Build();
        return new Dictionary<string, BlockSource>
        {
            ["page"] = image.Layout((4096, 6_000_000)),
            ["sector"] = image.Layout((8_000_512, 6_000_001)),
            ["block"] = image.Layout((16_001_024 / 2048 * 2048, 7_000_777)),
            ["blocks"] = image.Layout([.. Enumerable.Range(0, 1500).Select(i => (i * 7L * 2048 % (20 << 20), 2048L))]),
            ["pieces"] = image.Layout([.. Enumerable.Range(0, 300).Select(i => (i * 9973L, 1L + (i * 7919L % 30_000)))]),
            ["sparse"] = new MappedSource(image.Device, sparse),
            ["small"] = image.Layout((2048, 3000)),
        };
    }
}
