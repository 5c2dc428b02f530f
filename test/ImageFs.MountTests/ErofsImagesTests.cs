using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// EROFS with what only newer releases of mkfs.erofs write than Debian has (images/erofs), against Linux's own driver.
/// </summary>
internal sealed class ErofsImagesTests
{
    private const int Limit = Limits.Test;

    // Linux has no SEEK_HOLE for what is compressed; what reads as a hole is told here.
    private static readonly string[] s_facts = [.. Facts.Recorded.Except(["data"])];

    private static readonly Lazy<TreeListing> s_full = new(() => KernelTree.List(TestImages.Get("erofs/full"), "erofs"));

    [TestCase("plain")]
    [TestCase("chunks")]
    [TestCase("compact")]
    [TestCase("dedupe")]
    [TestCase("lzma")]
    [TestCase("deflate")]
    [TestCase("zstd")]
    [TestCase("several")]
    [TestCase("metabox")]
    [TestCase("48bit")]
    [TestCase("zone")]
    [CancelAfter(Limit)]
    public void The_tree_is_what_Linux_shows(string name)
    {
        string image = TestImages.Get($"erofs/{name}");
        TreeListing expected = KernelTree.List(image, "erofs");
        using var mount = ImageMount.Mount(image);
        Assert.That(mount.List().DifferencesFrom(expected, s_facts), Is.Empty);
    }

    // Linux shows as much of it as of a processor's pages; these are of 4 KiB.
    [Test]
    [CancelAfter(Limit)]
    public void Blocks_of_64_KiB_have_the_same_tree()
    {
        using var mount = ImageMount.Mount(TestImages.Get("erofs/blocks64k"));
        Assert.That(mount.List().DifferencesFrom(s_full.Value, s_facts.Except(["blocks", "ino", "size", "data"]).ToArray()), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Data_is_read_from_a_further_device_given_or_beside_the_image()
    {
        string image = TestImages.Get("erofs/device");
        string blob = TestImages.Get("erofs/blob");
        TreeListing expected = KernelTree.List(image, "erofs", moreImages: blob);
        using (var given = ImageMount.Mount(image, $"device={blob}"))
        {
            Assert.That(given.List().DifferencesFrom(expected, s_facts), Is.Empty);
        }

        // The table has its name.
        Assert.That(File.Exists(Path.Combine(Path.GetDirectoryName(image)!, "blob.img")));
        using (var beside = ImageMount.Mount(image))
        {
            Assert.That(beside.List().DifferencesFrom(expected, s_facts), Is.Empty);
        }

        using var folder = new TestFolder();
        File.Copy(image, folder["alone.img"]);
        ToolResult said = ImageFsProgram.Run("cat", folder["alone.img"], "text");
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.Contain("device 1 of the file system (\"blob.img\") is missing"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_volume_begins_where_fsoffset_says()
    {
        using var folder = new TestFolder();
        Tool.Shell("head -c 65536 /dev/zero >\"$1\" && cat \"$2\" >>\"$1\"", folder["moved.img"], TestImages.Get("erofs/full")).Succeeded();
        TreeListing expected = KernelTree.List(folder["moved.img"], "erofs", "fsoffset=65536");
        using var mount = ImageMount.Mount(folder["moved.img"], "fsoffset=65536");
        Assert.That(mount.List().DifferencesFrom(expected, s_facts), Is.Empty);
    }

    [TestCase("plain")]
    [TestCase("dedupe")]
    [TestCase("metabox")]
    [CancelAfter(Limit)]
    public void Every_position_of_a_directory_leads_back_to_its_name(string name)
    {
        using var mount = ImageMount.Mount(TestImages.Get($"erofs/{name}"));
        foreach (string path in (string[])["", "many", "directory"])
        {
            int expected = Directory.EnumerateFileSystemEntries(mount[path]).Count() + 2;
            Assert.That(TreeWalker.CheckPositions(mount[path]), Is.EqualTo(expected), path);
        }
    }
}
