using System.Diagnostics;
using System.Text.Json;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>The program over io_uring: the same tree as over /dev/fuse, and an end whatever ends it.</summary>
[NonParallelizable]
internal sealed class RingTests
{
    private const int Limit = Limits.Test;

    [TestCase("rockridge")]
    [TestCase("multisession")]
    [TestCase("zisofs2")]
    [TestCase("ext/ext4")]
    [TestCase("ext/hash-tea")]
    [CancelAfter(Limit)]
    public void A_tree_is_the_same_as_over_the_device(string image)
    {
        using var device = ImageMount.Mount(TestImages.Get(image), "transport=dev");
        using ImageMount ring = Mount(TestImages.Get(image));
        Assert.That(ring.List().DifferencesFrom(device.List(), Facts.All), Is.Empty);
    }

    // A ring's replies come from one place for each processor, and who waits for a server would hold it up: the device is used.
    [Test]
    [CancelAfter(Limit)]
    public void An_image_of_a_server_comes_by_the_device()
    {
        using var folder = new TestFolder();
        Tool.Shell("cd \"$1\" && mkdir tree && head -c 9000000 /dev/urandom >tree/noise && seq 100000 >tree/numbers && mke2fs -q -t ext4 -d tree disk.img 32M", folder.Path).Succeeded();
        using var web = new WebServer();
        File.Copy(folder["disk.img"], web["disk.img"]);
        using var nbd = NbdServer.Nbdkit(folder, "file", folder["disk.img"]);
        foreach (string address in (string[])[nbd.Uri, $"{web.Plain}disk.img"])
        {
            using ImageMount ring = Mount(address);
            Tool.Run("diff", "-r", "--exclude=lost+found", folder["tree"], ring.Directory).Succeeded();
            using var stats = JsonDocument.Parse(ImageFsProgram.Run("stats", "-J", ring.Directory).Succeeded().Text);
            Assert.That(stats.RootElement.GetProperty("connection").GetProperty("transport").GetString(), Is.EqualTo("dev"), address);
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void Its_stats_say_which_transport_it_has()
    {
        using ImageMount ring = Mount(TestImages.Get("sample"));
        Tool.Run("cat", ring["numbers.txt"]).Succeeded();
        using var stats = JsonDocument.Parse(ImageFsProgram.Run("stats", "-J", ring.Directory).Succeeded().Text);
        Assert.That(stats.RootElement.GetProperty("connection").GetProperty("transport").GetString(), Is.EqualTo("uring"));
        Assert.That(stats.RootElement.GetProperty("replies").GetProperty("ring").GetInt64(), Is.GreaterThan(0));

        using var device = ImageMount.Mount(TestImages.Get("sample"), "transport=dev");
        Assert.That(ImageFsProgram.Run("stats", device.Directory).Succeeded().Text, Does.Match("transport: +dev"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void After_imagefs_umount_the_process_has_ended()
    {
        using ImageMount mount = Mount(TestImages.Get("sample"));
        int server = Processes.ServerOf(mount.Directory);
        mount.Unmount().Succeeded();
        Assert.That(mount.IsMounted, Is.False);
        Assert.That(Processes.IsRunning(server), Is.False);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Kill_9_ends_its_readers()
    {
        using ImageMount mount = Mount(TestImages.Get("sample"));
        using Process reader = ReadForEver(mount);
        Tool.Run("kill", "-9", $"{Processes.ServerOf(mount.Directory)}").Succeeded();
        Assert.That(reader.WaitForExit(Limits.Soon), "the reader hangs");
        mount.Unmount().Succeeded();
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Unmounting_under_load_ends_cleanly()
    {
        using ImageMount mount = Mount(TestImages.Get("sample"));
        int server = Processes.ServerOf(mount.Directory);
        using Process reader = ReadForEver(mount);
        Tool.Run("umount", "-l", mount.Directory).Succeeded();
        Assert.That(reader.WaitForExit(Limits.Soon), "the reader hangs");
        Assert.That(ImageMount.Eventually(() => !Processes.IsRunning(server)), "still running");
    }

    [TestCase("EINTR")]
    [TestCase("EAGAIN")]
    [TestCase("EBUSY")]
    [CancelAfter(Limit)]
    public void What_passes_harms_no_byte(string error)
    {
        string image = TestImages.Get("sample");
        using var folder = new TestFolder();
        using ImageMount mount = MountUnderFault(image, $"io_uring_enter:error={error}:when=9+3", folder["trace"]);
        using var device = ImageMount.Mount(image, "transport=dev");
        Tool.Shell("for i in 1 2 3; do cmp \"$1/numbers.txt\" \"$2/numbers.txt\" && dd if=\"$1/numbers.txt\" iflag=direct bs=64k status=none | cmp - \"$2/numbers.txt\" || exit 1; done", mount.Directory, device.Directory).Succeeded();
        mount.Unmount().Succeeded();
        Assert.That(File.ReadAllText(folder["trace"]), Does.Contain("INJECTED"), "the fault came");
    }

    [TestCase("ENOMEM")]
    [TestCase("EIO")]
    [CancelAfter(Limit)]
    public void A_ring_that_fails_ends_the_mount_and_nobody_hangs(string error)
    {
        using ImageMount mount = MountUnderFault(TestImages.Get("sample"), $"io_uring_enter:error={error}:when=30", "/dev/null");
        Tool.Run("timeout", Limits.Script, "sh", "-c", "while dd if=\"$1\" of=/dev/null bs=4k iflag=direct 2>/dev/null; do :; done; exit 0", "sh", mount["numbers.txt"]).Succeeded();
        Assert.That(ImageMount.Eventually(() => !mount.IsMounted), "something is left mounted");
    }

    // Some calls are made before requests come; those go through.
    private static ImageMount MountUnderFault(string image, string fault, string trace)
    {
        Need.Program("strace", "strace");
        using RingOffer offer = RingOffer.Make();
        return ImageMount.MountInForeground(image, "transport=uring", awaitAnswer: true, "strace", "-f", "-qq", "-o", trace, "-e", "trace=io_uring_enter", "-e", $"inject={fault}");
    }

    private static ImageMount Mount(string image)
    {
        using RingOffer offer = RingOffer.Make();
        return ImageMount.Mount(image, "transport=uring");
    }

    // Past the page cache, until it fails.
    private static Process ReadForEver(ImageMount mount)
    {
        const string Script = "n=0; while dd if=\"$1\" of=/dev/null bs=4k iflag=direct; do n=$((n+1)); [ $n = 3 ] && touch \"$2\"; done >/dev/null 2>&1";
        using var folder = new TestFolder();
        Process reader = Process.Start(Tool.Start("timeout", Limits.Script, "sh", "-c", Script, "sh", mount["numbers.txt"], folder["ready"]))!;
        Assert.That(ImageMount.Eventually(() => File.Exists(folder["ready"])), "nothing is read");
        return reader;
    }
}
