using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>How a mount ends: whatever ends it, the mount is gone and so is the process.</summary>
[BuiltToo]
internal sealed class EndTests
{
    private const string Interrupted = "INT";

    [Test]
    public void It_ends_by_umount([Values("umount", "fusermount3 -u", "imagefs umount")] string command)
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get("sample"));
        string[] words = command.Split(' ');
        string program = words[0] == "imagefs" ? ImageFsProgram.Path : words[0];
        Tool.Run(program, [.. words[1..], mount.Directory]).Succeeded();
        AssertEnded(mount, exitCode: 0);
    }

    [Test]
    public void It_ends_by_a_signal([Values("TERM", Interrupted, "HUP")] string signal)
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get("sample"));
        Kill(mount, signal);
        AssertEnded(mount, exitCode: 0);
    }

    [Test]
    public void A_signal_that_comes_while_it_mounts_leaves_nothing_behind()
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get("sample"), "", awaitAnswer: false);
        Kill(mount, "TERM");
        Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited), "still running");
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    public void In_the_background_it_ends_by_a_signal_too([Values("TERM", Interrupted, "HUP")] string signal)
    {
        using var mount = ImageMount.Mount(TestImages.Get("sample"));
        int server = Processes.ServerOf(mount.Directory);
        Tool.Run("kill", $"-{signal}", $"{server}").Succeeded();
        Assert.That(ImageMount.Eventually(() => !mount.IsMounted), "still mounted");
        Assert.That(ImageMount.Eventually(() => !Processes.IsRunning(server)), "still running");
    }

    [Test]
    public void After_imagefs_umount_the_process_in_the_background_has_ended()
    {
        using var mount = ImageMount.Mount(TestImages.Get("sample"));
        int server = Processes.ServerOf(mount.Directory);
        mount.Unmount().Succeeded();
        Assert.That(mount.IsMounted, Is.False);
        Assert.That(Processes.IsRunning(server), Is.False);
    }

    [TestCase("sample.iso")]
    [TestCase("./sample.iso")]
    [TestCase("link.iso")]
    public void The_image_names_its_mount(string name)
    {
        using var folder = new TestFolder();
        File.Copy(TestImages.Get("sample"), folder["sample.iso"]);
        File.CreateSymbolicLink(folder["link.iso"], "sample.iso");
        Directory.CreateDirectory(folder["one"]);
        Directory.CreateDirectory(folder["two"]);
        string script = $"""
            cd "$1"; "$2" mount sample.iso one; "$2" umount {name}; ! mountpoint -q one
            "$2" mount sample.iso one; "$2" mount sample.iso two; ! "$2" umount {name} 2>said || exit 9; mountpoint -q one; mountpoint -q two
            "$2" umount one; "$2" umount {name}; ! mountpoint -q two; ! "$2" umount {name} 2>>said
            """;
        try
        {
            Tool.Run("timeout", Limits.Script, "bash", "-ec", script, "bash", folder.Path, ImageFsProgram.Path).Succeeded();
        }
        finally
        {
            Tool.CleanUp("umount", "-ql", folder["one"], folder["two"]);
        }

        Assert.That(File.ReadAllText(folder["said"]), Does.Contain($"mounted on {folder["one"]}, {folder["two"]}").And.Contain("not mounted by imagefs"));
    }

    [Test]
    public void A_mount_in_the_background_does_not_hold_the_callers_directory_or_output()
    {
        using var mount = ImageMount.Prepare(TestImages.Get("sample"));
        Tool.Run("timeout", Limits.Script, "sh", "-c", "\"$@\" 2>&1 | cat", "sh", ImageFsProgram.Path, "mount", mount.Image, mount.Directory).Succeeded();
        int server = Processes.ServerOf(mount.Directory);
        Assert.That(Directory.ResolveLinkTarget($"/proc/{server}/cwd", false)!.FullName, Is.EqualTo("/"));
    }

    [Test]
    public void It_ends_by_an_abort()
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get("sample"));
        mount.Abort();
        Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited), "still running");
        mount.Unmount();
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    public void After_kill_9_umount_mends_the_directory()
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get("sample"));
        mount.Server!.Kill();
        mount.Server.WaitForExit();
        Assert.That(mount.IsMounted, "the kernel keeps the mount of a dead server");
        mount.Unmount().Succeeded();
        Assert.That(mount.IsMounted, Is.False);
        ImageFsProgram.Run("mount", mount.Image, mount.Directory).Succeeded();
        Assert.That(mount.IsMounted);
    }

    [Test]
    public void A_busy_mount_is_not_unmounted()
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get("sample"));
        using var folder = new TestFolder();
        const string Script = "cd \"$1\" && touch \"$2\" && exec sleep 300";
        using var user = System.Diagnostics.Process.Start(Tool.Start("sh", "-c", Script, "sh", mount["docs"], folder["ready"]))!;
        try
        {
            Assert.That(ImageMount.Eventually(() => File.Exists(folder["ready"])));
            ToolResult said = mount.Unmount();
            Assert.That(said.ExitCode, Is.EqualTo(32));
            Assert.That(said.Error, Does.Match("busy|in use"));
            Assert.That(mount.IsMounted);
            Assert.That(mount.List().Contains("/README.txt"), "it goes on working");
        }
        finally
        {
            user.Kill();
            user.WaitForExit();
        }
    }

    [Test]
    public void Unmounting_under_load_ends_cleanly()
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get("sample"));
        const string Script = "while cat \"$1\"; do :; done >/dev/null 2>&1";
        using var reader = System.Diagnostics.Process.Start(Tool.Start("sh", "-c", Script, "sh", mount["numbers.txt"]))!;
        Tool.Run("umount", "-l", mount.Directory).Succeeded();
        Assert.That(reader.WaitForExit(Limits.Soon), "the reader hangs");
        AssertEnded(mount, exitCode: 0);
    }

    private static void Kill(ImageMount mount, string signal) => Tool.Run("kill", $"-{signal}", $"{mount.Server!.Id}").Succeeded();

    private static void AssertEnded(ImageMount mount, int exitCode)
    {
        Assert.That(ImageMount.Eventually(() => !mount.IsMounted), "still mounted");
        Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited), "still running");
        Assert.That(mount.Server!.ExitCode, Is.EqualTo(exitCode));
    }
}
