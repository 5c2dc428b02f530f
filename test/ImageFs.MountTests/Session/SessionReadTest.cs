using System.Security.Cryptography;
using ImageFs.Fuse;
using ImageFs.Storage;
using ImageFs.Tests.Fuse;

namespace ImageFs.MountTests.Session;

/// <summary>What is read through the mount is what the layout says, by every way.</summary>
public sealed class SessionReadTest : FuseDeviceFixture
{
    [Test]
    [CancelAfter(60_000)]
    public void FilesReadAsTheyAreLaidOut([Values] ReplyWay way)
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
        Assert.That(counters.CopiedReplies, way == ReplyWay.Copy ? Is.GreaterThan(6) : Is.EqualTo(1), "only what is in memory is copied");
        Assert.That(counters.LostReplies, Is.Zero);
        Assert.That(counters.Errors.Keys, Is.SubsetOf(new[] { Linux.Errno.ENOSYS }));
    }
}
