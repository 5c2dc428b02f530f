using System.Buffers.Binary;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Images inside a mounted image, as folders beside them: <c>imagefs mount --nested</c>.</summary>
internal sealed class NestedFolderTests
{
    private const string Secret = "secret.iso";

    // Inode numbers of several images under one root cannot be those of each.
    private static readonly string[] s_facts = [.. Facts.Recorded.Except(["ino"])];

    private TestFolder _folder = null!;

    private string Disk => _folder["disk"];

    [OneTimeSetUp]
    public void MakeDisk()
    {
        _folder = new TestFolder();
        string tree = _folder.CreateDirectory("tree");
        string iso = TestImages.Get("rockridge");
        Directory.CreateDirectory(In("taken.iso.d"));
        File.WriteAllText(In("taken.iso.d/own"), "of the disk itself");
        foreach (string name in (string[])["one.iso", "taken.iso", "plain", Secret])
        {
            File.Copy(iso, In(name));
        }

        MakePartitions(In("parts.raw"));
        VirtualDisk.Make(iso, In("sparse.qcow2"), "qcow2");
        VirtualDisk.Make(iso, In("flat.vmdk"), "vmdk", "subformat=twoGbMaxExtentFlat");
        Directory.CreateDirectory(In("below"));
        File.Copy(TestImages.Get("fat/fat16"), In("below/base.raw"));
        VirtualDisk.Image(In("below"), "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base.raw", "over.qcow2");
        Directory.CreateDirectory(In("parts"));
        Tool.Run("split", "-b", "99999", "-d", "-a", "3", "--numeric-suffixes=1", iso, In("parts/disc.iso.")).Succeeded();
        Directory.CreateDirectory(In("chunks"));
        MakeChunks(In("chunks/root.erofs"), In("chunks/blob"));
        MakeDeep(In("deep1.iso"));
        File.WriteAllText(In("notes.img"), "no image\n");
        byte[] bad = new byte[65536];
        ((ReadOnlySpan<byte>)[.. "QFI"u8, 0xFB, 0, 0, 0, 99]).CopyTo(bad);
        File.WriteAllBytes(In("bad.qcow2"), bad);
        Tool.Run("chmod", "600", In(Secret)).Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", tree, Disk, "48M").Succeeded();
    }

    [OneTimeTearDown]
    public void RemoveDisk() => _folder.Dispose();

    [TestCase("one.iso")]
    [TestCase("parts.raw")]
    [TestCase("sparse.qcow2")]
    [TestCase("flat.vmdk")]
    [TestCase("below/over.qcow2")]
    [TestCase("below/base.raw")]
    [TestCase("parts/disc.iso.001")]
    [TestCase("chunks/root.erofs")]
    public void A_folder_shows_what_its_image_shows_alone(string image)
    {
        using var alone = ImageMount.Mount(In(image));
        TreeListing expected = WithoutRoot(alone.List());
        Assert.That(expected.Count, Is.GreaterThan(5));

        using ImageMount mount = Mount();
        Assert.That(WithoutRoot(TreeWalker.List(mount[$"{image}.d"])).DifferencesFrom(expected, s_facts), Is.Empty);
        using var stats = System.Text.Json.JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", mount.Directory).Succeeded().Text);
        string[] ways = [.. stats.RootElement.GetProperty("reply_bytes").EnumerateObject().Select(way => way.Name)];
        Assert.That(ways, Is.Not.Empty.And.None.EqualTo("copy"), "data goes by reference through all layers");
        Assert.That(stats.RootElement.GetProperty("images_open").GetInt32(), Is.EqualTo(1), "those that nobody enters are not opened");
    }

    [Test]
    public void Folders_are_listed_beside_images_only()
    {
        using ImageMount mount = Mount();
        string[] files = [.. Names(_folder["tree"])];
        string[] folders = ["bad.qcow2.d", "deep1.iso.d", "flat.vmdk.d", "one.iso.d", "parts.raw.d", $"{Secret}.d", "sparse.qcow2.d"];
        Assert.That(Names(mount.Directory), Is.EquivalentTo((string[])[.. files, .. folders, "lost+found"]));
        Assert.That(Names(mount["taken.iso.d"]), Is.EqualTo(new[] { "own" }), "what the image has itself comes first");
        Assert.That(Names(mount["plain.d"]), Is.EqualTo(Names(mount["one.iso.d"])), "an image of any name is entered");
        Assert.That(Names(mount["flat-f001.vmdk.d"]), Is.EqualTo(Names(mount["one.iso.d"])), "and so is one that its name is not for");
        foreach (string name in (string[])["notes.img.d", "below.d", "none.d", ".d"])
        {
            Assert.That(Tool.Run("ls", mount[name]).Error, Does.Contain("No such file"), name);
        }
    }

    [Test]
    public void The_tree_around_is_as_it_is_alone()
    {
        using var alone = ImageMount.Mount(Disk);
        TreeListing expected = alone.List();
        using ImageMount mount = Mount();
        TreeListing shown = mount.List().Where(entry => !entry.Path.Contains(".d", StringComparison.Ordinal) || entry.Path.StartsWith("/taken", StringComparison.Ordinal));
        Assert.That(shown.DifferencesFrom(expected, Facts.All), Is.Empty);
        Assert.That(Tool.Run("stat", "-f", "-c", "%s %b %f %a %c %d", mount.Directory).Text, Is.EqualTo(Tool.Run("stat", "-f", "-c", "%s %b %f %a %c %d", alone.Directory).Text));
    }

    [Test]
    public void No_two_nodes_have_one_inode_number_and_a_walk_finds_all()
    {
        using ImageMount mount = Mount("nested-depth=8");
        ToolResult walk = Tool.Run("find", mount.Directory, "-printf", "%i %n %y %p\\0");
        Assert.That(walk.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.One.Items.And.All.Contains("bad.qcow2.d"), "nothing else fails");
        string[][] nodes = [.. walk.Text.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 4))];
        Assert.That(nodes.Where(node => node[1] == "1" || node[2] == "d").Select(node => node[0]), Is.Unique);
        Assert.That(nodes.Select(node => node[3]), Does.Contain(mount["deep1.iso.d/deep2.iso.d/deep3.iso.d/deep4.iso.d/bottom"]));
    }

    [TestCase("", 3)]
    [TestCase("nested-depth=1", 1)]
    [TestCase("nested-depth=4", 4)]
    public void Images_lie_in_each_other_to_a_depth(string options, int depth)
    {
        using ImageMount mount = Mount(options);
        string path = mount.Directory;
        for (int level = 1; level <= depth; level++)
        {
            path += $"/deep{level}.iso.d";
            Assert.That(Names(path), Is.Not.Empty);
        }

        Assert.That(Tool.Run("ls", $"{path}/deep{depth + 1}.iso.d").Error, Does.Contain("No such file"));
        Assert.That(Names(path).Where(name => name.EndsWith(".d", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void What_cannot_be_opened_is_an_error_of_its_folder_and_said_once()
    {
        using var mount = ImageMount.Prepare(Disk);
        using var server = ImageFsProgram.Start("mount", "-f", "--nested", Disk, mount.Directory);
        Assert.That(ImageMount.Eventually(() => mount.IsMounted), Is.True);
        Assert.That(Tool.Run("ls", mount["bad.qcow2.d"]).Error, Does.Contain("Operation not supported"));
        Assert.That(Tool.Run("ls", mount["bad.qcow2.d"]).ExitCode, Is.Not.Zero);
        Assert.That(Names(mount["one.iso.d"]), Is.Not.Empty);

        mount.Unmount().Succeeded();
        Assert.That(server.WaitForExit(10_000), Is.True);
        string[] told = [.. server.StandardError.ReadToEnd().Split('\n').Where(line => line.Contains("bad.qcow2", StringComparison.Ordinal))];
        Assert.That(told, Has.Length.EqualTo(1));
        Assert.That(told[0], Does.Contain("99"), "the version that it says");
    }

    [Test]
    public void Who_may_not_read_a_file_may_not_enter_its_folder()
    {
        using ImageMount mount = Mount("allow_other");
        string[] nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        Tool.Run(nobody[0], [.. nobody[1..], "ls", mount["one.iso.d"]]).Succeeded();
        Assert.That(Tool.Run(nobody[0], [.. nobody[1..], "ls", mount[$"{Secret}.d"]]).Error, Does.Contain("Permission denied"));
    }

    [Test]
    public void Owners_that_options_give_are_those_of_images_inside()
    {
        using ImageMount mount = Mount("uid=1234,dmode=0711");
        Assert.That(Tool.Run("stat", "-c", "%u %a", mount["below"], mount["one.iso.d/size-100000"]).Text, Does.StartWith("1234 711\n1234 "));
    }

    [Test]
    public void A_file_is_right_to_its_end_when_its_image_is_closed_between()
    {
        using ImageMount mount = Mount("idle=1");
        byte[] expected = Tool.Run("cat", mount["one.iso.d/size-100000"]).Succeeded().Output;
        using FileStream file = File.OpenRead(mount["deep1.iso.d/deep2.iso.d/deep3.iso"]);
        byte[] half = new byte[file.Length / 2];
        file.ReadExactly(half);
        Assert.That(ImageMount.Eventually(() => ImageFsProgram.Run("stats", mount.Directory).Text.Contains("images_open:         0", StringComparison.Ordinal)), Is.True);

        byte[] rest = new byte[file.Length - half.Length];
        file.ReadExactly(rest);
        Assert.That((byte[])[.. half, .. rest], Is.EqualTo(File.ReadAllBytes(_folder["deep3.iso"])));
        Assert.That(Tool.Run("cat", mount["one.iso.d/size-100000"]).Succeeded().Output, Is.EqualTo(expected));
    }

    [Test]
    public void A_live_disc_shows_what_its_root_file_system_has()
    {
        Need.Program("mksquashfs", "squashfs-tools");
        string root = Path.Combine(TestImages.Sources, "docs");
        Directory.CreateDirectory(_folder["live/live"]);
        Tool.Run("mksquashfs", root, _folder["live/live/filesystem.squashfs"], "-quiet", "-no-progress", "-comp", "zstd", "-b", "16K").Succeeded();
        Tool.Shell("head -c 100000 /dev/urandom > \"$1\"", _folder["live/live/initrd.img"]).Succeeded();
        Tool.Shell("cat /bin/true \"$1/filesystem.squashfs\" > \"$1/tool.AppImage\"", _folder["live/live"]).Succeeded();
        Tool.Run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", _folder["live.iso"], _folder["live"]).Succeeded();
        Tool.Run("xorriso", "-osirrox", "on", "-indev", _folder["live.iso"], "-extract", "/live/filesystem.squashfs", _folder["extracted"]).Succeeded();

        using var alone = ImageMount.Mount(_folder["extracted"]);
        TreeListing expected = alone.List();
        using (var inner = ImageMount.Mount($"{_folder["live.iso"]}//live/filesystem.squashfs"))
        {
            Assert.That(inner.List().DifferencesFrom(expected, Facts.All), Is.Empty);
        }

        using var mount = ImageMount.Mount(_folder["live.iso"], "nested");
        Assert.That(Names(mount["live"]), Is.EqualTo((string[])["filesystem.squashfs", "filesystem.squashfs.d", "initrd.img", "tool.AppImage", "tool.AppImage.d"]));
        Assert.That(WithoutRoot(TreeWalker.List(mount["live/filesystem.squashfs.d"])).DifferencesFrom(WithoutRoot(expected), s_facts), Is.Empty);
        Tool.Run("diff", "-r", root, mount["live/filesystem.squashfs.d"]).Succeeded();
        Tool.Run("diff", "-r", root, mount["live/tool.AppImage.d"]).Succeeded();
    }

    [Test]
    public void An_image_that_has_itself_is_one_in_another_to_the_depth()
    {
        // The file of the disc is the disc: its extent is moved to the start, and made as long as all of it (ECMA-119 9.1.3, 9.1.4).
        File.WriteAllBytes(_folder["self.iso"], new byte[4321]);
        Tool.Run("xorriso", "-as", "mkisofs", "-quiet", "-o", _folder["loop"], _folder["self.iso"]).Succeeded();
        byte[] disc = File.ReadAllBytes(_folder["loop"]);
        int length = disc.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xE1, 0x10, 0, 0, 0, 0, 0x10, 0xE1]);
        BinaryPrimitives.WriteUInt64LittleEndian(disc.AsSpan(length - 8), 0);
        BinaryPrimitives.WriteInt32LittleEndian(disc.AsSpan(length), disc.Length);
        BinaryPrimitives.WriteInt32BigEndian(disc.AsSpan(length + 4), disc.Length);
        File.WriteAllBytes(_folder["loop"], disc);

        using var mount = ImageMount.Mount(_folder["loop"], "nested-depth=8");
        string[] found = Tool.Run("find", mount.Directory, "-name", "*.d").Succeeded().Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(found, Has.Length.EqualTo(8));
        Assert.That(File.ReadAllBytes($"{found[^1]}/{Names(found[^1]).Single()}"), Is.EqualTo(disc), "at the bottom too");
    }

    [Test]
    public void A_folder_of_images_has_them_too()
    {
        using var library = new TestFolder();
        File.Copy(Disk, library["disk.img"]);
        using var mount = ImageMount.Mount(library.Path, "tree,nested");
        using ImageMount alone = Mount();
        Assert.That(
            WithoutRoot(TreeWalker.List(mount["disk.img/parts.raw.d"])).DifferencesFrom(WithoutRoot(TreeWalker.List(alone["parts.raw.d"])), s_facts), Is.Empty);
        Assert.That(Names(mount["disk.img"]), Is.EqualTo(Names(alone.Directory)));
        Assert.That(Names(mount["disk.img/deep1.iso.d/deep2.iso.d"]), Does.Contain("deep3.iso.d"));
    }

    [Test]
    public void It_is_unmounted_from_under_an_open_file_in_an_image_inside()
    {
        ImageMount mount = Mount();
        using (mount)
        {
            using FileStream file = File.OpenRead(mount["one.iso.d/size-100000"]);
            ImageFsProgram.Run("umount", "-z", mount.Directory).Succeeded();
            Assert.That(mount.IsMounted, Is.False);
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
        }
    }

    private string In(string name) => System.IO.Path.Combine(_folder["tree"], name);

    private ImageMount Mount(string options = "") => ImageMount.Mount(Disk, options.Length == 0 ? "nested" : $"nested,{options}");

    private static string[] Names(string directory) =>
        [.. Tool.Run("ls", "-A", directory).Succeeded().Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static TreeListing WithoutRoot(TreeListing listing) => listing.Where(entry => entry.Path != "/");

    private static void MakePartitions(string disk)
    {
        Tool.Shell("truncate -s 12M \"$1\" && printf 'label: gpt\\nstart=2048,size=8192\\nstart=12288,size=8192\\n' | sfdisk -q \"$1\"", disk).Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", Path.Combine(TestImages.Sources, "docs"), "-E", "offset=1048576", disk, "4M").Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext2", "-d", Path.Combine(TestImages.Sources, "docs"), "-E", "offset=6291456", disk, "4M").Succeeded();
    }

    // Its data lie in a file beside it. mkfs.erofs leaves it to others to name that (erofs_deviceslot.tag).
    private static void MakeChunks(string image, string blob)
    {
        Need.Program("mkfs.erofs", "erofs-utils");
        Tool.Run("mkfs.erofs", "-E", "nosbcrc", "--chunksize=4096", $"--blobdev={blob}", image, Path.Combine(TestImages.Sources, "docs")).Succeeded();
        byte[] bytes = File.ReadAllBytes(image);
        int slot = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(1024 + 88)) * 128;
        "blob"u8.CopyTo(bytes.AsSpan(slot));
        File.WriteAllBytes(image, bytes);
    }

    // Four discs, each in the one before.
    private void MakeDeep(string first)
    {
        File.WriteAllText(_folder["bottom"], "bottom");
        string inner = _folder["bottom"];
        for (int level = 4; level >= 1; level--)
        {
            string disc = level == 1 ? first : _folder[$"deep{level}.iso"];
            Tool.Run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", disc, inner).Succeeded();
            inner = disc;
        }
    }
}
