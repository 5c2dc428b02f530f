using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Servers that are killed: what they leave behind, and who mends it.</summary>
[BuiltToo]
internal sealed class DeadServerTests
{
    private static string Image => TestImages.Get("sample");

    [Test]
    public void Mounting_again_takes_the_dead_mount_away_and_says_so()
    {
        using var mount = ImageMount.Mount(Image);
        KillServer(mount);

        // Who asks while the kernel takes the connection down is told of that instead.
        Assert.That(ImageMount.Eventually(() => Tool.Run("ls", mount.Directory).Error.Contains("Transport endpoint is not connected", StringComparison.Ordinal)));

        ToolResult said = ImageFsProgram.Run("mount", Image, mount.Directory).Succeeded();
        Assert.That(said.Error, Is.EqualTo($"imagefs: {mount.Directory}: a mount whose server had died was in the way: unmounted\n"));
        Assert.That(mount.List().Contains("/README.txt"));
        mount.Unmount().Succeeded();
        Assert.That(mount.IsMounted, Is.False, "only one was there");
    }

    [Test]
    public void Mounting_again_works_while_somebody_is_in_the_dead_mount()
    {
        using var mount = ImageMount.Mount(Image);
        using var user = System.Diagnostics.Process.Start(Tool.Start("sh", "-c", "cd \"$1\" && echo in && exec sleep \"$2\"", "sh", mount.Directory, Limits.Script))!;
        try
        {
            user.StandardOutput.ReadLine();
            KillServer(mount);
            ImageFsProgram.Run("mount", Image, mount.Directory).Succeeded();
            Assert.That(mount.List().Contains("/README.txt"));
        }
        finally
        {
            user.Kill();
        }
    }

    [Test]
    public void Umount_takes_the_dead_mount_away()
    {
        using var mount = ImageMount.Mount(Image);
        KillServer(mount);
        mount.Unmount().Succeeded();
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    public void Umount_waits_for_a_server_that_answers_late()
    {
        // Its own question is what keeps the mount in use until then.
        using var mount = ImageMount.Mount(Image);
        int server = Processes.ServerOf(mount.Directory);
        KillServer(mount, signal: "STOP");
        Tool.Shell("\"$1\" umount \"$2\" & sleep 4; kill -CONT \"$3\"; wait $!", ImageFsProgram.Path, mount.Directory, $"{server}").Succeeded();
        Assert.That(mount.IsMounted, Is.False);
        Assert.That(Processes.IsRunning(server), Is.False);
    }

    [Test]
    public void With_auto_unmount_it_goes_by_itself()
    {
        using var mount = ImageMount.Mount(Image, "auto_unmount");
        int[] processes = ProcessTable.Find("imagefs", mount.Directory);
        Assert.That(processes, Has.Length.EqualTo(2), "the server, and who watches it");
        KillServer(mount);
        Assert.That(ImageMount.Eventually(() => !mount.IsMounted), "still mounted");
        Assert.That(ImageMount.Eventually(() => processes.All(process => !Processes.IsRunning(process))), "something still runs");
        Assert.That(Tool.Run("ls", mount.Directory).Succeeded().Text, Is.Empty);
    }

    [Test]
    public void With_auto_unmount_an_end_as_usual_leaves_nothing([Values] bool inForeground)
    {
        using ImageMount mount = inForeground ? ImageMount.MountInForeground(Image, "auto_unmount") : ImageMount.Mount(Image, "auto_unmount");
        Assert.That(ImageMount.Eventually(() => ProcessTable.Find("imagefs", mount.Directory).Length == 2));
        int[] processes = ProcessTable.Find("imagefs", mount.Directory);
        mount.Unmount().Succeeded();
        Assert.That(ImageMount.Eventually(() => processes.All(process => !Processes.IsRunning(process))), "something still runs");
    }

    [Test]
    public void With_auto_unmount_what_is_mounted_there_since_stays()
    {
        using var mount = ImageMount.Mount(Image, "auto_unmount");
        int[] first = ProcessTable.Find("imagefs", mount.Directory);
        KillServer(mount, signal: "STOP");
        Tool.Run("umount", "-l", mount.Directory).Succeeded();
        ImageFsProgram.Run("mount", Image, mount.Directory).Succeeded();
        foreach (int process in first)
        {
            Tool.Run("kill", "-CONT", $"{process}");
        }

        Assert.That(ImageMount.Eventually(() => first.All(process => !Processes.IsRunning(process))), "something still runs");
        Assert.That(mount.List().Contains("/README.txt"));
    }

    [Test]
    public void A_users_mount_goes_by_itself_too()
    {
        ToolResult said = AsUser.Run(
            """
            $user "$IMAGEFS" mount --pid-file $dir.pid -o auto_unmount /mnt/image $dir
            kill -9 $(cat $dir.pid)
            for i in $(seq 1200); do grep -q " $dir " /proc/self/mountinfo || break; sleep 0.1; done
            grep -c " $dir " /proc/self/mountinfo || true
            """);
        Assert.That(said.Succeeded().Text, Is.EqualTo("0\n"));
    }

    private static void KillServer(ImageMount mount, string signal = "KILL")
    {
        // Forked, the server has the command line of whoever mounted; the watcher and the keeper have a word of their own.
        int server = ProcessTable.Find("imagefs", words => words.Contains(mount.Directory) && !words.Any(word => word is "--watcher" or "--keeper")).Single();
        Tool.Run("kill", $"-{signal}", $"{server}").Succeeded();
        Assert.That(signal != "KILL" || ImageMount.Eventually(() => !Processes.IsRunning(server)));
    }
}
