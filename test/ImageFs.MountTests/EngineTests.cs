using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Images that Linux mounts by itself (<c>engine=kernel</c>), against the same over FUSE.</summary>
internal sealed class EngineTests
{
    private const int Limit = 120_000;
    private const int MountFailure = 32;

    // What EROFS has no place for, or of its own.
    private static readonly string[] s_differ = ["ino", "atime", "ctime", "btime", "blocks", "data", "spellings", "order", "statfs"];

    // With names of more than 255 bytes, which a server may hand out and Linux itself does not.
    private static readonly string[] s_longNames = ["ntfs/small"];

    private static IEnumerable<string> Images =>
    [
        .. TestImages.Names(), .. TestImages.Names("udf"), .. TestImages.Names("ext"), .. TestImages.Names("fat"), .. TestImages.Names("exfat"),
        .. TestImages.Names("ntfs"), .. TestImages.Names("xfs"), "btrfs/small", "btrfs/default", .. TestImages.OfDebian.Keys,
    ];

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_that_of_the_server([ValueSource(nameof(Images))] string name)
    {
        using var server = ImageMount.Mount(TestImages.Get(name));
        using var kernel = ImageMount.Prepare(TestImages.Get(name));
        ToolResult tried = ImageFsProgram.Run("mount", "-o", "engine=kernel", kernel.Image, kernel.Directory);
        TreeListing expected = server.List();
        if (expected.Entries.Any(entry => entry["error"] is not null || entry["list"] is not null))
        {
            // Of a tree with damage there is no manifest.
            Assert.That((tried.ExitCode, kernel.IsMounted), Is.EqualTo((MountFailure, false)), tried.Error);
            return;
        }

        if (s_longNames.Contains(name))
        {
            Assert.That((tried.ExitCode, kernel.IsMounted), Is.EqualTo((MountFailure, false)), tried.Error);
            Assert.That(tried.Error, Does.Contain("a name cannot be told to Linux"));
            return;
        }

        tried.Succeeded();
        Assert.That(MountTable.Find(kernel.Directory), Does.Contain(" erofs ").And.Contain($" imagefs:{kernel.Image} "));
        bool isAll = !tried.Error.Contains("extended attributes have no place", StringComparison.Ordinal);
        Assert.That(kernel.List().Select(Comparable).AllDifferencesFrom(expected.Select(Comparable), isAll ? s_differ : [.. s_differ, "xattr"]), Is.Empty);
        Assert.That(kernel.Unmount().Succeeded().Error, Is.Empty);
        Assert.That(kernel.IsMounted, Is.False);
    }

    [Test]
    [CancelAfter(Limit)]
    [BuiltToo]
    public void Files_in_virtual_disks_are_read_where_they_lie([Values("qcow2", "vhdx", "vmdk", "vdi")] string format)
    {
        Need.Program("qemu-img", "qemu-utils");
        using var folder = new TestFolder();
        Tool.Run("qemu-img", "convert", "-O", format, TestImages.Get("ext/ext4"), folder["disk"]).Succeeded();
        Compare(folder["disk"], TestImages.Get("ext/ext4"));
    }

    [Test]
    [CancelAfter(Limit)]
    [BuiltToo]
    public void A_block_device_is_given_as_it_is_with_the_manifest_on_a_loop_device([Values("512", "4096")] string sector)
    {
        using var device = new LoopDevice(TestImages.Get("ext/ext4"), "-r", "-b", sector);
        Compare(device.Path, TestImages.Get("ext/ext4"));
        Assert.That(File.ReadAllText("/proc/mounts"), Does.Not.Contain(device.Path));
    }

    [Test]
    [CancelAfter(Limit)]
    [BuiltToo]
    public void Auto_takes_the_kernel_where_nothing_is_lost_and_says_why_not()
    {
        using var folder = new TestFolder();
        using (var mount = ImageMount.Mount(TestImages.Get("ext/ext4"), "engine=auto"))
        {
            Assert.That(MountTable.Find(mount.Directory), Does.Contain(" erofs "));
        }

        using var fat = ImageMount.Prepare(TestImages.Get("fat/fat32"));
        ToolResult said = ImageFsProgram.Run("mount", "-v", "-o", "engine=auto", fat.Image, fat.Directory).Succeeded();
        Assert.That(MountTable.Find(fat.Directory), Does.Contain(" fuse.imagefs "));
        Assert.That(said.Error, Does.Contain("served over FUSE: names are found whatever their case"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_device_that_Linux_has_in_use_is_served()
    {
        using var device = new LoopDevice(TestImages.Get("ext/ext4"), "-r");
        using var other = new KernelMount(device.Path, "ext4", "ro,noload");
        (ToolResult said, bool isMounted) = ImageMount.TryMount(device.Path, "engine=kernel");
        Assert.That(isMounted, Is.False);
        Assert.That(said.Error, Does.Contain("in use elsewhere"));
        using var mount = ImageMount.Mount(device.Path, "engine=auto");
        Assert.That(MountTable.Find(mount.Directory), Does.Contain(" fuse.imagefs "));
        Assert.That(mount.List().DifferencesFrom(TreeWalker.List(other.Directory), "mode", "sha256", "target"), Is.Empty);
    }

    [Test]
    public void More_than_may_be_copied_is_refused_with_names()
    {
        (ToolResult said, bool isMounted) = ImageMount.TryMount(TestImages.Get("btrfs/default"), "engine=kernel,engine-copy=4K");
        Assert.That(isMounted, Is.False);
        Assert.That(said.Error, Does.Contain("more than 4 KiB would have to be copied: /"));
        using var served = ImageMount.Mount(TestImages.Get("btrfs/default"), "engine=auto,engine-copy=4K");
        Assert.That(MountTable.Find(served.Directory), Does.Contain(" fuse.imagefs "));
    }

    [Test]
    [CancelAfter(Limit)]
    [BuiltToo]
    public void A_user_namespace_gets_a_word_and_with_auto_a_server()
    {
        using var folder = new TestFolder();
        string image = TestImages.Get("ext/ext4");
        string script = "\"$1\" mount -o engine=kernel \"$2\" \"$3\"; echo $?; \"$1\" mount -o engine=auto \"$2\" \"$3\" && ls \"$3\" && umount \"$3\"";
        ToolResult said = Tool.Run("unshare", "-Urm", "--propagation", "slave", "sh", "-c", script, "sh", ImageFsProgram.Path, image, folder.CreateDirectory("mnt"));
        Assert.That(said.Text.Split('\n')[0], Is.EqualTo("32"));
        Assert.That(said.Text, Does.Contain("empty"));
        Assert.That(said.Error, Does.Contain("user namespace"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_is_cut_off_later_is_an_error_and_never_zeros()
    {
        using var folder = new TestFolder();
        string image = folder["disk.img"];
        File.Copy(TestImages.Get("rockridge"), image);
        using var mount = ImageMount.Mount(image, "engine=kernel");
        TreeListing whole = mount.List();
        mount.Unmount().Succeeded();
        using var again = ImageMount.Mount(image, "engine=kernel");
        long length = new FileInfo(image).Length;
        using (FileStream file = File.OpenWrite(image))
        {
            file.SetLength(length / 2 & ~0xFFFL);
        }

        Assert.That(ChangedContents(again.List(), whole), Is.Not.Empty.And.All.EqualTo("!5"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_bad_sector_is_an_error_and_never_zeros()
    {
        using var image = new FailingImage(TestImages.Get("rockridge"));
        using var mount = ImageMount.Mount(image.Path, "engine=kernel");
        Assert.That(MountTable.Find(mount.Directory), Does.Contain(" erofs "));
        TreeListing whole = mount.List();
        long length = new FileInfo(TestImages.Get("rockridge")).Length;
        image.Fail((length / 2 & ~0xFFFL, length));
        string[] changed = ChangedContents(mount.List(), whole);
        image.Fail(null);
        Assert.That(changed, Is.Not.Empty.And.All.EqualTo("!5"));
        Assert.That(mount.List().DifferencesFrom(whole, "sha256"), Is.Empty, "no longer than it is bad");
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_device_whose_bytes_are_gone_is_an_error_and_one_that_is_detached_stays_for_the_mount()
    {
        using var folder = new TestFolder();
        string image = folder["disk.img"];
        File.Copy(TestImages.Get("ext/ext4"), image);
        using var device = new LoopDevice(image, "-r");
        using var mount = ImageMount.Mount(device.Path, "engine=kernel");
        TreeListing whole = mount.List();
        device.Detach();
        Tool.Run("sh", "-c", "echo 3 >/proc/sys/vm/drop_caches").Succeeded();
        Assert.That(mount.List().DifferencesFrom(whole, "sha256"), Is.Empty);

        using (FileStream file = File.OpenWrite(image))
        {
            file.SetLength(1 << 16);
        }

        Tool.Run("sh", "-c", "echo 3 >/proc/sys/vm/drop_caches").Succeeded();
        Assert.That(ChangedContents(mount.List(), whole), Is.Not.Empty.And.All.EqualTo("!5"));
        mount.Unmount().Succeeded();
        Assert.That(ImageMount.Eventually(() => !Tool.Run("losetup", "-a").Text.Contains(image, StringComparison.Ordinal)), "a loop device is left");
    }

    [Test]
    [CancelAfter(Limit)]
    [BuiltToo]
    public void Nothing_is_left_after_many_mounts_and_after_being_killed()
    {
        using var mount = ImageMount.Prepare(TestImages.Get("rockridge"));
        for (int i = 0; i < 20; i++)
        {
            ImageFsProgram.Run("mount", "-o", "engine=kernel", mount.Image, mount.Directory).Succeeded();
            mount.Unmount().Succeeded();
        }

        for (int i = 1; i <= 20; i++)
        {
            Tool.Run("timeout", "-s", "KILL", $"0.0{i:00}", ImageFsProgram.Path, "mount", "-f", "-o", "engine=kernel", mount.Image, mount.Directory);
            Assert.That(ImageMount.Eventually(() => ProcessTable.Find("imagefs", mount.Directory).Length == 0), "a process is left");
            if (mount.IsMounted)
            {
                Assert.That(mount.List().Count, Is.GreaterThan(10));
                mount.Unmount().Succeeded();
            }
        }

        Assert.That(mount.IsMounted, Is.False);
        Assert.That(Tool.Run("losetup", "-a").Text, Does.Not.Contain("manifest"));
        Assert.That(File.ReadAllText("/proc/self/mountinfo"), Does.Not.Contain(mount.Image));
    }

    [Test]
    [BuiltToo]
    public void Mounts_are_listed_with_who_serves_them()
    {
        string image = TestImages.Get("rockridge");
        using var kernel = ImageMount.Mount(image, "engine=kernel");
        using var fuse = ImageMount.Mount(image);
        string[] lines = ImageFsProgram.Run("mounts").Succeeded().Text.Split('\n');
        Assert.That(lines, Has.One.Match($"^{kernel.Directory} +kernel +{image}$").And.One.Match($"^{fuse.Directory} +fuse +{image}$"));
        Assert.That(ImageFsProgram.Run("mounts", "-J").Succeeded().Text, Does.Contain($"\"directory\": \"{kernel.Directory}\""));
        ToolResult stats = ImageFsProgram.Run("stats", kernel.Directory);
        Assert.That(stats.Error, Does.Contain("engine=kernel"));
        foreach (ImageMount mount in (ImageMount[])[kernel, fuse])
        {
            ToolResult info = ImageFsProgram.Run("info", mount.Directory).Succeeded();
            Assert.That(info.Text, Is.EqualTo(ImageFsProgram.Run("info", image).Succeeded().Text));
            Assert.That(info.Error, Does.Contain($"{image}, mounted by"));
        }

        Assert.That(kernel.Unmount().ExitCode, Is.Zero);
    }

    // What is read of files that are not read as they were.
    private static string[] ChangedContents(TreeListing now, TreeListing before) =>
        [.. now.Entries.Where(entry => entry["sha256"] != before[entry.Path]["sha256"]).Select(entry => entry["sha256"]!)];

    private static void Compare(string image, string plain)
    {
        using var server = ImageMount.Mount(plain);
        using var kernel = ImageMount.Mount(image, "engine=kernel");
        Assert.That(MountTable.Find(kernel.Directory), Does.Contain(" erofs "));
        Assert.That(kernel.List().Select(Comparable).AllDifferencesFrom(server.List().Select(Comparable), s_differ), Is.Empty);
    }

    // A directory's size is that of its own form; what btrfs calls properties are attributes that no other file system has; none and no such thing are the same.
    private static TreeEntry Comparable(TreeEntry entry)
    {
        string[] attributes = [.. (entry["xattr"] ?? string.Empty).Split(',').Where(attribute => attribute.Length > 0 && !attribute.StartsWith("btrfs.", StringComparison.Ordinal))];
        var facts = new Dictionary<string, string>(entry.Facts) { ["xattr"] = string.Join(',', attributes) };
        if (entry["mode"]?.StartsWith('4') == true)
        {
            facts.Remove("size");
        }

        return entry with { Facts = facts };
    }
}
