using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>A mount point <c>/dev/fd/N</c>: a descriptor of /dev/fuse that the caller has mounted.</summary>
[BuiltToo]
internal sealed class DescriptorMountTests
{
    // Mounts, and starts the program with the descriptor.
    private const string Script =
        """
        import ctypes, os, subprocess, sys
        libc = ctypes.CDLL(None, use_errno=True)
        fuse = os.open("/dev/fuse", os.O_RDWR)
        data = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % fuse
        assert libc.mount(b"by the test", sys.argv[1].encode(), b"fuse.test", 7, data) == 0, ctypes.get_errno()
        os.set_inheritable(fuse, True)
        sys.exit(subprocess.run([*sys.argv[2:], f"/dev/fd/{fuse}"], close_fds=False, stdin=subprocess.DEVNULL).returncode)
        """;

    private static string Image => TestImages.Get("sample");

    [Test]
    public void The_tree_is_served_and_the_server_ends_with_the_mount()
    {
        using var mount = ImageMount.Prepare(Image);
        Mount(mount).Succeeded();
        Assert.That(MountTable.Find(mount.Directory), Does.Contain(" fuse.test by\\040the\\040test "));
        Assert.That(mount.List().Contains("/README.txt"));
        int server = ServerOf(mount);
        Tool.Run("umount", mount.Directory).Succeeded();
        Assert.That(ImageMount.Eventually(() => !Processes.IsRunning(server)), "still running");
    }

    [Test]
    public void A_signal_ends_the_server_and_the_mount_is_left_to_who_made_it()
    {
        using var mount = ImageMount.Prepare(Image);
        Mount(mount).Succeeded();
        int server = ServerOf(mount);
        Tool.Run("kill", $"{server}").Succeeded();
        Assert.That(ImageMount.Eventually(() => !Processes.IsRunning(server)), "still running");
        Assert.That(mount.IsMounted);
    }

    [TestCase(9, "9<>/dev/null", "not a descriptor of /dev/fuse")]
    [TestCase(9, "9<>/dev/fuse", "not mounted")]
    [TestCase(987, "", "Bad file descriptor")]
    public void Another_descriptor_is_refused(int number, string redirection, string reason)
    {
        Need.Fuse();
        ToolResult said = Tool.Run("bash", "-c", $"\"$@\" /dev/fd/{number} {redirection}", "bash", ImageFsProgram.Path, Image);
        Assert.That(said.ExitCode, Is.EqualTo(32));
        Assert.That(said.Error, Does.StartWith("imagefs: ").And.Contain(reason));
    }

    // Other classes serve the same image at the same time, but none of them by a descriptor.
    private static int ServerOf(ImageMount mount) =>
        ProcessTable.Find("imagefs", words => words.Contains(mount.Image) && words.Any(word => word.StartsWith("/dev/fd/", StringComparison.Ordinal))).Single();

    private static ToolResult Mount(ImageMount mount) => Tool.Run("python3", "-c", Script, mount.Directory, ImageFsProgram.Path, mount.Image);
}
