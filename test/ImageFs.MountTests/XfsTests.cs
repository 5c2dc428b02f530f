using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>XFS against this kernel's own driver: every name, and all that is recorded of it.</summary>
internal sealed class XfsTests
{
    private const string Type = "xfs";
    private const int Limit = Limits.Test;

    // XFS_SB_FEAT_INCOMPAT_EXCHRANGE and XFS_SB_FEAT_INCOMPAT_PARENT.
    private const uint ParentPointers = 0xC0;

    // What a mount may keep of metadata if nobody says otherwise (cache-size=).
    private const long MaxGrowth = 16 << 20;

    // What reading a file may cost beside that.
    private const long MaxOfFile = 4 << 20;

    [TestCase("", "reflink bigtime names=20000 extents=6000")]
    [TestCase("-b size=1k -d agcount=9 -m rmapbt=1", "reflink bigtime", "1G")]
    [TestCase("-b size=1k -n size=64k -i nrext64=1,sparse=0", "reflink bigtime extents=10000")]
    [TestCase("-b size=2k -s size=2k -n size=8k -i size=1024", "reflink bigtime")]
    [TestCase("-m bigtime=0,reflink=0,finobt=0,inobtcount=0 -i size=2048 -n size=16k", "")]
    [TestCase("-b size=16k -s size=4k", "reflink bigtime", "600M")]
    [TestCase("-b size=32k -s size=32k -n size=64k", "reflink bigtime", "1G")]
    [TestCase("-b size=64k -m rmapbt=1", "reflink bigtime", "2G")]
    [CancelAfter(Limit)]
    public void The_tree_is_what_the_kernel_shows(string options, string words, string size = "300M")
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        XfsImage.MakeEmpty(image, options, size);
        XfsImage.Fill(image, words);
        Compare(image);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Pointers_to_parents_are_no_attributes()
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        XfsImage.MakeEmpty(image, "-b size=4k");
        XfsImage.AddFeatures(image, ParentPointers);
        XfsImage.Fill(image);
        Compare(image);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Every_position_of_a_directory_leads_back_to_its_name([Values("-b size=4k", "-b size=1k -n size=16k")] string options)
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        XfsImage.MakeEmpty(image, options);
        XfsImage.Fill(image);
        using var mount = ImageMount.Mount(image);
        foreach (string name in (string[])["", "d1", "d5", "d30", "d60", "d400", "d1500", "most-names", "names", "gaps", "few-left", "all-gone"])
        {
            int expected = Directory.EnumerateFileSystemEntries(mount[name]).Count() + 2;
            Assert.That(TreeWalker.CheckPositions(mount[name]), Is.EqualTo(expected), name);
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_directory_of_100000_names_and_a_file_of_10000_extents_cost_no_more_memory_than_a_mount_may_take()
    {
        const int Names = 100_000;
        using var folder = new TestFolder();
        string image = folder["made.img"];
        XfsImage.MakeEmpty(image, "-b size=1k", "1G");
        XfsImage.Fill(image, $"{XfsImage.Words} names={Names} extents=10000");
        string source = folder["source"];
        using (var device = new LoopDevice(image, "-r"))
        using (var kernel = new KernelMount(device.Path, Type, "ro"))
        {
            File.Copy(kernel["most"], source);
        }

        using var mount = ImageMount.MountInForeground(image);
        Assert.That(Walk("d1500"), Is.EqualTo(1501));
        long before = mount.AnonymousMemory;
        Assert.That(Walk("most-names"), Is.EqualTo(Names + 1));
        long after = mount.AnonymousMemory;
        Assert.That(after, Is.LessThan(before + MaxGrowth));
        Tool.Run("cmp", source, mount["most"]).Succeeded();
        Assert.That(Walk("most-names"), Is.EqualTo(Names + 1));
        Assert.That(mount.AnonymousMemory, Is.LessThan(after + MaxOfFile));
        Assert.That(TreeWalker.CheckPositions(mount["most-names"]), Is.EqualTo(Names + 2));

        int Walk(string name) => Tool.Run("find", mount[name], "-printf", "%s %i\\n").Succeeded().Text.Count(letter => letter == '\n');
    }

    private static void Compare(string image)
    {
        TreeListing expected = KernelTree.List(image, Type);
        using var mount = ImageMount.Mount(image);
        Assert.That(mount.List().AllDifferencesFrom(expected), Is.Empty);
    }
}
