using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>FUSE whose files Linux reads by itself (<c>passthrough</c>), against the same served.</summary>
internal sealed class PassthroughTests
{
    private const int Limit = 120_000;

    // Reads a file by many threads, each of which opens, maps and closes it again and again; prints what is not as the copy.
    private const string ManyReaders =
        """
        import mmap, os, sys, threading
        path, copy = sys.argv[1:]
        expected = open(copy, "rb").read()
        def read(number):
            for i in range(60):
                fd = os.open(path, os.O_RDONLY)
                at = (number * 7919 + i * 104729) % len(expected)
                if os.pread(fd, 70000, at) != expected[at:at + 70000]: print("read", number, i)
                if i % 3 == 0:
                    with mmap.mmap(fd, len(expected), prot=mmap.PROT_READ) as pages:
                        if pages[:] != expected: print("map", number, i)
                os.close(fd)
        threads = [threading.Thread(target=read, args=(i,)) for i in range(12)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """;

    [TestCase("rockridge")]
    [TestCase("udf/hd201")]
    [TestCase("ext/ext4")]
    [TestCase("ext/ext2")]
    [TestCase("fat/fat32")]
    [TestCase("xfs/small")]
    [TestCase("btrfs/default")]
    [CancelAfter(Limit)]
    public void The_tree_is_that_of_the_server(string name)
    {
        string image = TestImages.Get(name);
        using var served = ImageMount.Mount(image);
        using var passed = ImageMount.Mount(image, "passthrough");
        Assert.That(MountTable.Find(passed.Directory), Does.Contain(" fuse.imagefs "));
        Assert.That(passed.List().AllDifferencesFrom(served.List(), "statfs"), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    [BuiltToo]
    public void Linux_asks_for_no_byte_of_what_lies_in_the_image_as_it_is([Values("raw", "qcow2")] string format)
    {
        Need.Program("qemu-img", "qemu-utils");
        using var folder = new TestFolder();
        Tool.Run("qemu-img", "convert", "-O", format, TestImages.Get("rockridge"), folder["disk"]).Succeeded();
        using var served = ImageMount.Mount(TestImages.Get("rockridge"));
        using var passed = ImageMount.Mount(folder["disk"], "passthrough");
        Assert.That(passed.List().AllDifferencesFrom(served.List(), "statfs"), Is.Empty);
        string said = ImageFsProgram.Run("stats", passed.Directory).Succeeded().Text;
        Assert.That(said, Does.Not.Match(@"\n +read: +[1-9]"));
        Assert.That(ImageFsProgram.Run("stats", served.Directory).Succeeded().Text, Does.Match(@"\n +read: +[1-9]"));
    }

    [Test]
    [CancelAfter(Limit)]
    [BuiltToo]
    public void A_file_is_opened_by_many_at_once_and_nothing_is_left()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["tree"]);
        byte[] bytes = new byte[5_000_001];
        new Random(3).NextBytes(bytes);
        File.WriteAllBytes(folder["tree/large"], bytes);
        Tool.Run("xorriso", "-as", "mkisofs", "-R", "-quiet", "-o", folder["disk.iso"], folder["tree"]).Succeeded();
        using var mount = ImageMount.MountInForeground(folder["disk.iso"], "passthrough");
        Assert.That(Tool.Run("python3", "-c", ManyReaders, mount["large"], folder["tree/large"]).Succeeded().Text, Is.Empty);
        mount.Unmount().Succeeded();
        Assert.That(mount.Server!.WaitForExit(Limits.Soon));
        Assert.That(mount.Server.ExitCode, Is.Zero);
        Assert.That(mount.Server.StandardError.ReadToEnd(), Is.Empty);
        Assert.That(File.ReadAllText("/proc/self/mountinfo"), Does.Not.Contain(folder["disk.iso"]));
        Assert.That(Tool.Run("losetup", "-a").Text, Does.Not.Contain(folder["disk.iso"]));
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_is_cut_off_later_is_an_error_and_never_zeros()
    {
        using var folder = new TestFolder();
        string image = folder["disk.img"];
        File.Copy(TestImages.Get("rockridge"), image);
        using var served = ImageMount.Mount(TestImages.Get("rockridge"));
        TreeListing whole = served.List();
        using var mount = ImageMount.Mount(image, "passthrough");
        using (FileStream file = File.OpenWrite(image))
        {
            file.SetLength(file.Length / 2 & ~0xFFFL);
        }

        TreeEntry[] changed = [.. mount.List().Entries.Where(entry => entry["sha256"] != whole[entry.Path]["sha256"])];
        Assert.That(changed.Select(entry => entry["sha256"]), Is.Not.Empty.And.All.EqualTo("!5"));
    }

    [Test]
    [CancelAfter(Limit)]
    [BuiltToo]
    public void A_user_namespace_gets_a_word()
    {
        using var folder = new TestFolder();
        ToolResult said = Tool.Run(
            "unshare", "-Urm", "--propagation", "slave", ImageFsProgram.Path, "mount", "-o", "passthrough", TestImages.Get("rockridge"), folder.CreateDirectory("mnt"));
        Assert.That(said.ExitCode, Is.EqualTo(32));
        Assert.That(said.Error, Does.Contain("passthrough: only root").And.Contain("user namespace"));
    }
}
