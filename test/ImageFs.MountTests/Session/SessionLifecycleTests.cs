using System.Diagnostics;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.MountTests.Support;
using ImageFs.Storage;
using ImageFs.Tests.Fuse;

namespace ImageFs.MountTests.Session;

/// <summary>Every end of a session: nothing hangs, nothing stays mounted.</summary>
[TestFixture(FuseTransport.Device)]
[TestFixture(FuseTransport.Ring)]
public sealed class SessionLifecycleTests(FuseTransport transport) : FuseDeviceFixture(transport)
{

    private TestImage _image = null!;
    private TestTree _tree = null!;

    [SetUp]
    public void Fill()
    {
        _image = new TestImage(8 << 20);
        _tree = new TestTree();
        _tree.AddFile("f", _image.Layout((2048, 8_000_000)));
    }

    [TearDown]
    public void Close() => _image.Dispose();

    [Test]
    [CancelAfter(Limits.Test)]
    public void The_mount_is_shown_as_what_it_is()
    {
        using var mount = Mount(_tree, options => options with { Flags = options.Flags | MountFlags.NoExec });
        string line = Shell.Output($"grep ' {mount.Directory} ' /proc/mounts");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(line, Does.StartWith(@"/test\040image "));
            Assert.That(line, Does.Contain(" fuse.imagefs ro,nosuid,nodev,noexec"));
            Assert.That(mount.Session.Connection.Flags, Does.Not.EqualTo(FuseInitFlags.None));
            Assert.That(mount.Session.Connection.MaxRead, Is.EqualTo(512 * 1024));
            Assert.That(Shell.Run($"touch '{mount.Directory}/new'").Error, Does.Contain("Read-only file system"));
        }
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Read_ahead_is_raised()
    {
        using var mount = Mount(_tree);
        Assert.That(Shell.Output($"cat /sys/class/bdi/$(mountpoint -d '{mount.Directory}')/read_ahead_kb"), Is.EqualTo("1024"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Unmount_ends_the_session([Values("umount", "fusermount3 -u")] string command)
    {
        using var mount = Mount(_tree);
        Shell.Output($"ls '{mount.Directory}' && {command} '{mount.Directory}'");
        AssertEnds(mount);
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Unmount_by_the_session([Values] bool lazy)
    {
        using var mount = Mount(_tree);
        mount.Session.Unmount(lazy);
        AssertEnds(mount);
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_mount_in_use_is_not_unmounted_unless_lazily()
    {
        using var mount = Mount(_tree);
        using Process user = Start($"exec 3< '{mount.Directory}/f'; echo ready; read -r line; head -c 8000000 <&3 | sha256sum");
        Assert.That(user.StandardOutput.ReadLine(), Is.EqualTo("ready"));
        Assert.That(() => mount.Session.Unmount(lazy: false), Throws.TypeOf<FuseMountException>().With.Message.Contains("in use"));
        mount.Session.Unmount(lazy: true);
        Assert.That(MountedTree.IsMounted(mount.Directory), Is.False);

        user.StandardInput.WriteLine();
        string expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(_image.Bytes.AsSpan(2048, 8_000_000)));
        Assert.That(user.StandardOutput.ReadLine(), Does.StartWith(expected), "who has it open reads on");
        user.WaitForExit();
        AssertEnds(mount);
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Abort_leaves_nothing_mounted()
    {
        using var mount = Mount(_tree);
        Abort(mount.Directory);
        AssertEnds(mount);
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Abort_under_load()
    {
        using var mount = Mount(_tree);
        using Process load = Load(mount.Directory);
        Abort(mount.Directory);
        AssertEnds(mount);
        Assert.That(load.WaitForExit(Limits.Soon), Is.True);
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Dispose_under_load()
    {
        var mount = Mount(_tree);
        using Process load = Load(mount.Directory);
        mount.Session.Dispose();
        AssertEnds(mount);
        Assert.That(load.WaitForExit(Limits.Soon), Is.True);
        mount.Dispose();
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void What_is_mounted_over_it_is_left_alone()
    {
        using var mount = Mount(_tree);
        Shell.Output($"mount -t tmpfs none '{mount.Directory}'");
        mount.Session.Dispose();
        Assert.That(Shell.Output($"grep -c 'tmpfs' <(grep ' {mount.Directory} ' /proc/mounts)"), Is.EqualTo("1"));
        Shell.Output($"umount '{mount.Directory}'; umount -l '{mount.Directory}'");
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_failure_after_mounting_leaves_nothing_mounted()
    {
        string directory = MountedTree.NewDirectory();
        try
        {
            FuseMountOptions options = MountedTree.Options(directory) with
            {
                Trace = line => throw new InvalidOperationException(line),
            };
            Assert.That(() => FuseSession.Mount(_tree, options), Throws.TypeOf<InvalidOperationException>().With.Message.Contains("INIT"));
            Assert.That(MountedTree.IsMounted(directory), Is.False);
        }
        finally
        {
            MountedTree.Remove(directory);
        }
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_damaged_root_is_mounted_and_says_so()
    {
        _tree.Damage(1, new InvalidImageException("root", 0, "no"));
        using var mount = Mount(_tree);
        Assert.That(Shell.Run($"ls '{mount.Directory}'").Error, Does.Contain("Structure needs cleaning"));
        Abort(mount.Directory);
        AssertEnds(mount);
    }

    [TestCase("/nonexistent/directory", "No such file or directory")]
    [TestCase("/etc/passwd", "not a directory")]
    public void A_bad_mount_point_is_said(string path, string expected) =>
        Assert.That(() => FuseSession.Mount(_tree, MountedTree.Options(path)), Throws.TypeOf<FuseMountException>().With.Message.Contains(expected));

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_dead_mount_in_the_way_is_taken_away_and_said()
    {
        using var mount = Mount(_tree);
        using Process sleeper = Start($"cd '{mount.Directory}'; echo ready; read -r line");
        sleeper.StandardOutput.ReadLine();
        string directory = MountedTree.NewDirectory();
        Shell.Output($"mount --bind '{mount.Directory}' '{directory}'");
        Abort(mount.Directory);
        mount.Session.Wait();
        try
        {
            var said = new List<string>();
            using FuseSession session = FuseSession.Mount(_tree, MountedTree.Options(directory) with { Log = said.Add });
            Assert.That(said, Is.EqualTo(new[] { $"{directory}: a mount whose server had died was in the way: unmounted" }));
            Assert.That(Shell.Output($"ls '{directory}'; grep -c ' {directory} ' /proc/mounts"), Is.EqualTo("f\n1"));
        }
        finally
        {
            MountedTree.Remove(directory);
        }

        sleeper.StandardInput.WriteLine();
        sleeper.WaitForExit();
    }

    private static void AssertEnds(MountedTree mount)
    {
        var waiter = new Thread(mount.Session.Wait) { IsBackground = true };
        waiter.Start();
        Assert.That(waiter.Join(Limits.Soon), Is.True, "Wait returns");
        Assert.That(MountedTree.IsMounted(mount.Directory), Is.False);
    }

    private static void Abort(string directory) => Shell.Output(
        $$"""
        mountpoint -q /sys/fs/fuse/connections || mount -t fusectl none /sys/fs/fuse/connections
        connection=$(awk -v dir='{{directory}}' '$5 == dir { sub(".*:", "", $3); print $3 }' /proc/self/mountinfo)
        echo 1 > /sys/fs/fuse/connections/$connection/abort
        """);

    private static Process Start(string script) => Process.Start(new ProcessStartInfo("timeout", ["-k", "2", Limits.Script, "bash", "-c", script])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    // Reads past the page cache for as long as it can.
    private static Process Load(string directory)
    {
        Process load = Start($"echo ready; while dd if='{directory}/f' of=/dev/null bs=64k iflag=direct 2> /dev/null; do echo again; done");
        load.StandardOutput.ReadLine();
        Assert.That(load.StandardOutput.ReadLine(), Is.EqualTo("again"));
        _ = load.StandardOutput.ReadToEndAsync();
        return load;
    }
}
