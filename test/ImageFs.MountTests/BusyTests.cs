using System.Diagnostics;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>A mount in use: who uses it is told.</summary>
[BuiltToo]
internal sealed class BusyTests
{
    private const int MountFailure = 32;

    [TestCase("cd \"$1/docs\"; touch \"$2\"; exec sleep 300", "working directory")]
    [TestCase("exec 3<\"$1/README.txt\"; touch \"$2\"; exec sleep 300", "/README.txt")]
    [TestCase(
        "exec python3 -c 'import mmap, os, sys, time\nf = os.open(sys.argv[1] + \"/numbers.txt\", os.O_RDONLY)\nm = mmap.mmap(f, 0, prot=mmap.PROT_READ)\n"
        + "os.close(f)\nopen(sys.argv[2], \"w\")\ntime.sleep(300)' \"$1\" \"$2\"",
        "/numbers.txt")]
    public void A_process_is_named_with_what_it_does(string script, string use)
    {
        using var mount = ImageMount.Mount(TestImages.Get("sample"));
        using var folder = new TestFolder();
        using Process user = Process.Start(Tool.Start("sh", "-c", script, "sh", mount.Directory, folder["ready"]))!;
        try
        {
            Assert.That(ImageMount.Eventually(() => File.Exists(folder["ready"])));
            ToolResult said = mount.Unmount();
            Assert.That(said.ExitCode, Is.EqualTo(MountFailure));
            Assert.That(said.Error, Does.Match($@"in use by \w+ \(process {user.Id}: [^)]*{use}").And.EndsWith($"imagefs umount -z {mount.Directory}\n"));
            Assert.That(mount.IsMounted);

            ImageFsProgram.Run("umount", "-z", mount.Directory).Succeeded();
            Assert.That(mount.IsMounted, Is.False);
        }
        finally
        {
            user.Kill();
            user.WaitForExit();
        }
    }

    [Test]
    public void A_mount_inside_is_named()
    {
        using var mount = ImageMount.Mount(TestImages.Get("sample"));
        Tool.Run("mount", "-t", "tmpfs", "none", mount["docs"]).Succeeded();
        ToolResult said = mount.Unmount();
        Tool.Run("umount", mount["docs"]).Succeeded();
        Assert.That(said.Error, Does.Contain($"in use by the mount on {mount["docs"]}:"));
        mount.Unmount().Succeeded();
    }

    [Test]
    public void A_loop_device_is_named()
    {
        using var mount = ImageMount.Mount(TestImages.Get("sample"));
        ToolResult said;
        using (var device = new LoopDevice(mount["numbers.txt"], "-r"))
        {
            said = mount.Unmount();
            Assert.That(said.Error, Does.Contain($"{device.Path} ({mount["numbers.txt"]})"));
        }

        Assert.That(ImageMount.Eventually(() => mount.Unmount().ExitCode == 0));
    }

    [Test]
    public void A_user_is_told_of_his_own_processes()
    {
        ToolResult said = AsUser.Run(
            """
            $user "$IMAGEFS" /mnt/image $dir
            $user sh -c "exec sleep 300 < $dir/README.txt" &
            until [ "$(cat /proc/$!/comm)" = sleep ]; do sleep 0.05; done
            $user "$IMAGEFS" umount $dir 2>&1 || echo "status $?"
            kill %1; wait || true
            $user "$IMAGEFS" umount $dir && echo gone
            """);
        Assert.That(said.Succeeded().Text, Does.Match(@"in use by sleep \(process \d+: /mnt/user/README.txt\)").And.EndsWith("\nstatus 32\ngone\n"));
    }
}
