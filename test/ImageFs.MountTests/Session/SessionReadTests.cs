using System.Security.Cryptography;
using ImageFs.Fuse;
using ImageFs.MountTests.Support;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tests.Fuse;

namespace ImageFs.MountTests.Session;

/// <summary>What is read through the mount is what the layout says, by every way.</summary>
public sealed class SessionReadTests : FuseDeviceFixture
{
    // Four processes, each reading at random places and lengths; O_DIRECT needs no alignment in FUSE.
    internal const string ReadScript =
        """
        import os, random, sys
        expected = open(sys.argv[2], "rb").read()
        children = []
        for seed in range(4):
            child = os.fork()
            if child == 0:
                r = random.Random(seed)
                f = os.open(sys.argv[1], os.O_RDONLY | (os.O_DIRECT if sys.argv[3] == "1" else 0))
                for i in range(200):
                    at, length = r.randrange(len(expected) + 5000), r.randrange(1, 1 << r.randrange(1, 20))
                    if os.pread(f, length, at) != expected[at:at + length]:
                        print("wrong", at, length, flush=True)
                        os._exit(1)
                    if i % 50 == 0: os.posix_fadvise(f, 0, 0, os.POSIX_FADV_DONTNEED)
                os._exit(0)
            children.append(child)
        good = [os.waitpid(child, 0)[1] == 0 for child in children]
        print("good" if all(good) else "bad")
        """;

    [Test]
    [CancelAfter(Limits.Test)]
    public void Files_read_as_they_are_laid_out([Values(ReplyWay.Splice, ReplyWay.Gather, ReplyWay.Direct, ReplyWay.Copy)] ReplyWay way)
    {
        using var image = new TestImage(3_000_001);
        var tree = new TestTree();
        Dictionary<string, BlockSource> files = new()
        {
            ["aligned"] = image.Layout((8192, 1 << 20)),
            ["sectors"] = image.Layout((2048, 1_234_567)),
            ["odd"] = image.Layout((513, 700_001)),
            ["pieces"] = image.Layout((1_000_000, 2048), (2048, 6144), (2_000_001, 99), (777, 300_000)),
            ["tail"] = image.Layout((2_999_000, 1001)),
            ["empty"] = image.Layout(),
            ["memory"] = new MemorySource(image.Bytes.AsMemory(5, 10_000)),
        };
        foreach ((string name, BlockSource source) in files)
        {
            tree.AddFile(name, source);
        }

        using var mount = new MountedTree(tree, options => options with { ForceReply = way });
        using (Assert.EnterMultipleScope())
        {
            foreach ((string name, BlockSource source) in files)
            {
                string expected = Convert.ToHexStringLower(SHA256.HashData(TestImage.Contents(source)));
                Assert.That(Shell.Output($"sha256sum < '{mount.Directory}/{name}'"), Does.StartWith(expected), name);
            }
        }

        FuseCounters counters = mount.Session.Counters;
        Assert.That(counters.Replies[ReplyWay.Copy], way == ReplyWay.Copy ? Is.GreaterThan(6) : Is.EqualTo(1), "only what is in memory is copied");
        if (way != ReplyWay.Direct || image.Device.Direct is not null)
        {
            Assert.That(counters.Replies[way], Is.GreaterThan(2), "the others go the way that is forced");
        }

        Assert.That(counters.LostReplies, Is.Zero);
        Assert.That(counters.Errors.Keys, Is.SubsetOf(new[] { Linux.Errno.ENOSYS }));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Decoded_files_are_read_in_parallel_at_any_offset_and_kept_within_bounds(
        [Values(null, ReplyWay.Splice, ReplyWay.Gather, ReplyWay.Direct, ReplyWay.Copy)] ReplyWay? way, [Values] bool direct)
    {
        using var image = new TestImage(1_000_000);
        var cache = new DecodedBlockCache(300_000);
        var file = new MixedFile(image, cache, 40);
        var tree = new TestTree();
        tree.AddFile("pieces", file);
        string expected = Path.GetTempFileName();
        File.WriteAllBytes(expected, file.Contents);
        try
        {
            using var mount = new MountedTree(tree, options => options with { ForceReply = way });
            Assert.That(Shell.Output($"python3 - '{mount.Directory}/pieces' '{expected}' {(direct ? 1 : 0)} <<'END'\n{ReadScript}\nEND"), Is.EqualTo("good"));
            Assert.That(mount.Session.Counters.LostReplies, Is.Zero);
            if (way is null or ReplyWay.Gather)
            {
                Assert.That(mount.Session.Counters.ReplyBytes.GetValueOrDefault(ReplyWay.Gather), Is.GreaterThan(file.Length / 2));
            }
        }
        finally
        {
            File.Delete(expected);
        }
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void What_is_read_in_order_is_decoded_once([Values(1, 2)] int readers)
    {
        using var image = new TestImage(1_000_000);
        var cache = new DecodedBlockCache(4 << 20);
        var file = new MixedFile(image, cache, 40);
        var tree = new TestTree();
        tree.AddFile("pieces", file);
        using var mount = new MountedTree(tree);
        string expected = Convert.ToHexStringLower(SHA256.HashData(file.Contents));
        string command = string.Concat(Enumerable.Repeat($"sha256sum < '{mount.Directory}/pieces' & ", readers));
        Assert.That(Shell.Output($"{command} wait").Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(readers).And.All.StartsWith(expected));
        Assert.That(cache.Counts.Decoded, Is.EqualTo(40L * MixedFile.DecodedInRound));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Parallel_reads_at_any_offset([Values(ReplyWay.Splice, ReplyWay.Gather, ReplyWay.Direct, ReplyWay.Copy)] ReplyWay way, [Values] bool direct)
    {
        using var image = new TestImage(3_000_001);
        (long, long)[] runs = [.. Enumerable.Range(0, 300).Select(i => (i * 9973L % 2_900_000, 1L + (i * 7919L % 30_000)))];
        MappedSource source = image.Layout(runs);
        var tree = new TestTree();
        tree.AddFile("pieces", source);
        string expected = Path.GetTempFileName();
        File.WriteAllBytes(expected, TestImage.Contents(source));
        try
        {
            using var mount = new MountedTree(tree, options => options with { ForceReply = way });
            Assert.That(Shell.Output($"python3 - '{mount.Directory}/pieces' '{expected}' {(direct ? 1 : 0)} <<'END'\n{ReadScript}\nEND"), Is.EqualTo("good"));
            Assert.That(mount.Session.Counters.LostReplies, Is.Zero);
        }
        finally
        {
            File.Delete(expected);
        }
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Readers_that_are_killed_harm_nobody()
    {
        using var image = new TestImage(8 << 20);
        MappedSource source = image.Layout((513, 8_000_000));
        var tree = new TestTree();
        tree.AddFile("f", source);
        using var mount = new MountedTree(tree);
        Shell.Output(
            $"""
            for i in $(seq 60); do
                dd if='{mount.Directory}/f' of=/dev/null bs=1M iflag=direct 2> /dev/null & reader=$!
                sleep 0.00$((i % 10)); kill -9 $reader; wait $reader
            done 2> /dev/null
            true
            """);
        string expected = Convert.ToHexStringLower(SHA256.HashData(TestImage.Contents(source)));
        Assert.That(Shell.Output($"dd if='{mount.Directory}/f' bs=1M iflag=direct 2> /dev/null | sha256sum"), Does.StartWith(expected));
        Assert.That(mount.Session.Counters.LostReplies, Is.Zero);
    }
}
