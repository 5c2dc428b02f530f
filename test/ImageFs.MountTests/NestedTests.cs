using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Images in parts, and images inside images: what they show is what the plain image shows.</summary>
internal sealed class NestedTests
{
    private static readonly Lazy<TreeListing> s_expected = new(ListPlain);

    private static string Iso => TestImages.Get("rockridge");

    private static TreeListing Expected => s_expected.Value;

    [Test]
    public void A_raw_image_in_parts_is_one()
    {
        using var folder = new TestFolder();
        Tool.Run("split", "-b", "99999", "-d", "-a", "3", "--numeric-suffixes=1", Iso, folder["image.iso."]).Succeeded();
        Assert.That(File.Exists(folder["image.iso.003"]), Is.True);

        using var mount = ImageMount.Mount(folder["image.iso.001"]);
        Assert.That(mount.List().DifferencesFrom(Expected, Facts.All), Is.Empty);
    }

    [Test]
    public void A_part_that_is_missing_at_the_end_is_an_error_and_no_zeros()
    {
        using var folder = new TestFolder();
        Tool.Run("split", "-b", "99999", "-d", "-a", "3", "--numeric-suffixes=1", Iso, folder["image.iso."]).Succeeded();
        File.Delete(folder["image.iso.003"]);

        using var mount = ImageMount.Mount(folder["image.iso.001"]);
        ToolResult read = Tool.Run("cat", mount["size-100000"]);
        Assert.That(read.ExitCode, Is.Not.Zero);
        Assert.That(read.Error, Does.Contain("Input/output error"));
    }

    [TestCase("image.iso")]
    [TestCase("below/link.iso")]
    public void An_image_inside_a_partition_is_stepped_into(string path)
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("tree");
        folder.CreateDirectory("tree/below");
        File.Copy(Iso, folder["tree/image.iso"]);
        File.CreateSymbolicLink(folder["tree/below/link.iso"], "/image.iso");
        Tool.Shell("truncate -s 12M $1 && printf 'label: gpt\\nstart=2048, size=16384\\n' | sfdisk -q $1", folder["disk"]).Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", folder["tree"], "-E", "offset=1048576", folder["disk"], "8M").Succeeded();

        using var mount = ImageMount.Mount($"{folder["disk"]}//{path}");
        Assert.That(mount.List().DifferencesFrom(Expected, Facts.All), Is.Empty);
        Assert.That(MountTable.Find(mount.Directory), Does.Contain($" {folder["disk"]}//{path} "));
        using var stats = System.Text.Json.JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", mount.Directory).Succeeded().Text);
        string[] ways = [.. stats.RootElement.GetProperty("reply_bytes").EnumerateObject().Select(way => way.Name)];
        Assert.That(ways, Is.Not.Empty.And.None.EqualTo("copy"), "data in a nested image goes by reference as well");
    }

    [TestCase("raw", "vhdx")]
    [TestCase("vmdk", "qcow2")]
    [TestCase("qcow2", "vdi")]
    public void A_virtual_disk_inside_a_virtual_disk_is_stepped_into(string inner, string outer)
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("tree");
        VirtualDisk.Make(Iso, folder["tree/inner"], inner);
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", folder["tree"], folder["disk.raw"], "16M").Succeeded();
        VirtualDisk.Make(folder["disk.raw"], folder["disk"], outer);

        using var mount = ImageMount.Mount($"{folder["disk"]}//inner");
        Assert.That(mount.List().DifferencesFrom(Expected, Facts.All), Is.Empty);
        using var stats = System.Text.Json.JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", mount.Directory).Succeeded().Text);
        string[] ways = [.. stats.RootElement.GetProperty("reply_bytes").EnumerateObject().Select(way => way.Name)];
        Assert.That(ways, Is.Not.Empty.And.None.EqualTo("copy"), "data goes by reference through all layers");
    }

    [TestCase("missing.iso", "No such file or directory")]
    [TestCase("below", "Is a directory")]
    [TestCase("null", "no regular file")]
    public void What_is_not_there_or_no_file_is_named(string path, string reason)
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("tree");
        folder.CreateDirectory("tree/below");
        Tool.Run("mknod", folder["tree/null"], "c", "1", "3").Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", folder["tree"], folder["disk"], "4M").Succeeded();

        (ToolResult said, bool mounted) = ImageMount.TryMount($"{folder["disk"]}//{path}");
        Assert.That(mounted, Is.False);
        Assert.That(said.Error, Does.Contain(path).And.Contain(reason).IgnoreCase);
    }

    [TestCase("live/filesystem.sqashfs/etc", "(did you mean {0}//live/filesystem.squashfs?)")]
    [TestCase("life/filesystem.squashfs", "(did you mean {0}//live/filesystem.squashfs?)")]
    [TestCase("live/filesystem.squashfs/etc", "(two slashes lead into an image: {0}//live/filesystem.squashfs//etc)")]
    [TestCase("live", "(an image is a file; a folder in one is a word behind it: imagefs ls IMAGE FOLDER)")]
    [TestCase("frobnicate", "{0}//frobnicate: open: No such file or directory\n")]
    public void What_was_meant_inside_an_image_is_told(string path, string advice)
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("tree/live");
        File.Copy(Iso, folder["tree/live/filesystem.squashfs"]);
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", folder["tree"], folder["disk"], "8M").Succeeded();
        string expected = advice.Replace("{0}", folder["disk"], StringComparison.Ordinal);
        Assert.That(ImageFsProgram.Run("ls", $"{folder["disk"]}//{path}").Error, Does.Contain(expected));
        (ToolResult said, bool isMounted) = ImageMount.TryMount($"{folder["disk"]}//{path}");
        Assert.That(isMounted, Is.False);
        Assert.That(said.Error, Does.Contain(expected));
    }

    [TestCase("0", "600", "base.raw", true, TestName = "An image of root's names what root may read")]
    [TestCase("1000", "644", "base.raw", true, TestName = "A file that all may read is named by anybody's image")]
    [TestCase("1000", "600", "base.raw", false, TestName = "An image gains no rights in the image that it lies in")]
    [TestCase("0", "644", "link", false, TestName = "No link leads out of the folder of an image inside an image")]
    public void A_file_beside_an_image_inside_is_one_that_its_owner_may_read(string owner, string mode, string backing, bool isOpened)
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("tree");
        folder.CreateDirectory("tree/own");
        File.Copy(Iso, folder["tree/secret"]);
        File.Copy(Iso, folder["tree/own/base.raw"]);
        File.CreateSymbolicLink(folder["tree/own/link"], "../secret");
        VirtualDisk.Image(folder["tree/own"], "create", "-q", "-f", "qcow2", "-F", "raw", "-b", backing, "disk.qcow2");
        Tool.Run("chmod", mode, folder["tree/own/base.raw"]).Succeeded();
        Tool.Run("chown", owner, folder["tree/own/disk.qcow2"]).Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", folder["tree"], folder["disk"], "8M").Succeeded();

        string image = $"{folder["disk"]}//own/disk.qcow2";
        ToolResult said = ImageFsProgram.Run("ls", image);
        Assert.That(said.ExitCode == 0, Is.EqualTo(isOpened), said.Error);
        Assert.That(isOpened || said.Error.Contains("backing=any allows it", StringComparison.Ordinal), Is.True, said.Error);
        string expected = ImageFsProgram.Run("ls", "-lR", Iso).Succeeded().Text;
        Assert.That(ImageFsProgram.Run("ls", "-lR", "-o", "backing=any", image).Succeeded().Text, Is.EqualTo(expected));
    }

    private static TreeListing ListPlain()
    {
        using var mount = ImageMount.Mount(Iso);
        return mount.List();
    }
}
