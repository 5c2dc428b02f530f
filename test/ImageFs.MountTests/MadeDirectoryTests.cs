using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Mounts without a directory: the one that the program makes, and that nothing is left of.</summary>
[BuiltToo]
internal sealed class MadeDirectoryTests
{
    private const int Usage = 1;
    private const int System = 2;
    private const int MountFailure = 32;

    private TestFolder _folder = null!;

    [SetUp]
    public void SetUp()
    {
        Need.Fuse();
        Need.Root();
        _folder = new TestFolder();
        File.Copy(TestImages.Get("sample"), _folder["debian.iso"]);
    }

    [TearDown]
    public void TearDown()
    {
        const string Script = "awk -v f=\"$1/\" 'index($5, f) == 1 { print $5 }' /proc/self/mountinfo | xargs -r umount -l; true";
        Tool.CleanUp("sh", "-c", Script, "sh", _folder.Path);
        _folder.Dispose();
    }

    [TestCase("debian.iso", "debian")]
    [TestCase("a b.IMG", "a b")]
    [TestCase("disk.tar.img.raw", "disk")]
    [TestCase("version-1.2", "version-1.2.d")]
    [TestCase("plain", "plain.d")]
    [TestCase(".iso", ".iso.d")]
    public void It_is_beside_the_image_and_called_like_it(string name, string directory)
    {
        string image = _folder.CreateDirectory("in") + $"/{name}";
        File.Move(_folder["debian.iso"], image);
        ToolResult said = ImageFsProgram.Run("mount", image).Succeeded();
        Assert.That((said.Text, said.Error), Is.EqualTo(($"{_folder.Path}/in/{directory}\n", string.Empty)));
        Assert.That(File.Exists(_folder[$"in/{directory}/README.txt"]));
        ImageFsProgram.Run("umount", image).Succeeded();
        Assert.That(Directory.GetFileSystemEntries(_folder["in"]), Is.EqualTo(new[] { image }));
    }

    [Test]
    public void A_compressed_one_loses_both_extensions()
    {
        Tool.Run("gzip", _folder["debian.iso"]).Succeeded();
        Assert.That(ImageFsProgram.Run(_folder["debian.iso.gz"]).Succeeded().Text, Is.EqualTo($"{_folder["debian"]}\n"));
    }

    [Test]
    public void A_script_gets_its_path_and_does_not_wait()
    {
        const string Script = "cd \"$2\" && dir=$(\"$1\" mount debian.iso) && cat \"$dir/README.txt\" && \"$1\" umount \"$dir\" && ls";
        Need.Program("bsdtar", "libarchive-tools");
        string text = Tool.Run("bsdtar", "-xOf", _folder["debian.iso"], "README.txt").Succeeded().Text;
        ToolResult said = Tool.Run("bash", "-ec", Script, "bash", ImageFsProgram.Path, _folder.Path).Succeeded();
        Assert.That(said.Text, Does.EndWith("\ndebian.iso\n").And.StartWith(text));
    }

    [TestCase("\"$imagefs\" umount debian")]
    [TestCase("\"$imagefs\" umount debian.iso")]
    [TestCase("\"$imagefs\" umount -z debian")]
    [TestCase("umount debian")]
    [TestCase("fusermount3 -u debian")]
    [TestCase("kill $server")]
    [TestCase("kill -KILL $server")]
    public void It_goes_with_the_mount(string end)
    {
        Need.Program("fusermount3", "fuse3");
        ImageFsProgram.Run("mount", _folder["debian.iso"]).Succeeded();
        int server = ServerOf(_folder["debian"]);
        Tool.Run("env", $"imagefs={ImageFsProgram.Path}", $"server={server}", "sh", "-c", $"cd \"$1\" && {end}", "sh", _folder.Path).Succeeded();
        Assert.That(ImageMount.Eventually(() => !Directory.Exists(_folder["debian"])), "it is still there");
        Assert.That(MountTable.IsMounted(_folder["debian"]), Is.False);
        Assert.That(ImageMount.Eventually(() => !Processes.IsRunning(server)), "the server still runs");
    }

    [Test]
    public void Umount_returns_when_it_is_gone()
    {
        for (int i = 0; i < 5; i++)
        {
            Assert.That(ImageFsProgram.Run("mount", _folder["debian.iso"]).Succeeded().Text, Is.EqualTo($"{_folder["debian"]}\n"));
            ImageFsProgram.Run("umount", _folder["debian"]).Succeeded();
            Assert.That(Directory.Exists(_folder["debian"]), Is.False);
        }
    }

    [Test]
    public void An_empty_one_is_taken_and_stays()
    {
        _folder.CreateDirectory("debian");
        Assert.That(ImageFsProgram.Run("mount", _folder["debian.iso"]).Succeeded().Text, Is.EqualTo($"{_folder["debian"]}\n"));
        ImageFsProgram.Run("umount", _folder["debian.iso"]).Succeeded();
        Assert.That(Directory.GetFileSystemEntries(_folder["debian"]), Is.Empty);
    }

    [Test]
    public void One_that_is_taken_gets_a_number()
    {
        _folder.CreateDirectory("debian");
        File.WriteAllText(_folder["debian/file"], "mine");
        File.WriteAllText(_folder["debian-2"], "mine");
        string[] before = Directory.GetFileSystemEntries(_folder.Path);
        Assert.That(ImageFsProgram.Run("mount", _folder["debian.iso"]).Succeeded().Text, Is.EqualTo($"{_folder["debian-3"]}\n"));
        Assert.That(ImageFsProgram.Run("mount", _folder["debian.iso"]).Succeeded().Text, Is.EqualTo($"{_folder["debian-4"]}\n"), "mounted twice");
        ImageFsProgram.Run("umount", _folder["debian-3"], _folder["debian-4"]).Succeeded();
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.EquivalentTo(before));
        Assert.That(File.ReadAllText(_folder["debian/file"]), Is.EqualTo("mine"));
    }

    [Test]
    public void Mounts_at_the_same_instant_have_one_each([Values] bool isThere)
    {
        // Each has made its folder for a while before it locks it, and has it for a while before it starts its server, by way of a pipe.
        Need.Program("strace", "strace");
        string[] delays = ["-e", "inject=?mkdir,mkdirat,flock:delay_exit=300000", "-e", "inject=pipe2:delay_enter=1500000"];
        string[] slow = ["-qq", "-o", "/dev/null", "-e", "trace=?mkdir,mkdirat,flock,pipe2", .. delays];
        string[] expected = [_folder["debian"], _folder["debian-2"], _folder["debian-3"]];
        if (isThere)
        {
            _folder.CreateDirectory("debian");
        }

        Task<ToolResult>[] all =
        [
            .. expected.Select((_, number) => Task.Run(() => Tool.Shell(
                "out=$1; shift; exec \"$@\" >\"$out\"", [_folder[$"said-{number}"], "strace", .. slow, ImageFsProgram.Path, "mount", _folder["debian.iso"]]))),
        ];
        Array.ForEach(all, one => one.Result.Succeeded());
        string[] told = [.. expected.Select((_, number) => File.ReadAllText(_folder[$"said-{number}"]).TrimEnd('\n'))];
        Assert.That(told, Is.EquivalentTo(expected));
        Assert.That(expected.Select(directory => File.Exists($"{directory}/README.txt")), Is.All.True);
        ImageFsProgram.Run(["umount", .. expected]).Succeeded();
        Assert.That(Directory.GetDirectories(_folder.Path), Is.EqualTo(isThere ? [_folder["debian"]] : Array.Empty<string>()));
    }

    [Test]
    public void It_has_the_permissions_that_the_umask_leaves()
    {
        ToolResult said = Tool.Run(
            "bash", "-c", "umask 027 && cd \"$1\" && mkdir other && \"$2\" mount debian.iso >/dev/null && umount -l debian; stat -c %a other debian", "bash", _folder.Path, ImageFsProgram.Path);
        Assert.That(said.Text, Does.StartWith("750\n").And.Not.Contain("1750"));
    }

    [Test]
    public void A_mount_that_cannot_tell_it_is_taken_back([Values("", "-f")] string way)
    {
        string[] before = Directory.GetFileSystemEntries(_folder.Path);
        ToolResult said = Tool.Run("sh", "-c", $"exec \"$1\" mount {way} \"$2\" >/dev/full", "sh", ImageFsProgram.Path, _folder["debian.iso"]);
        Assert.That((said.ExitCode, said.Text), Is.EqualTo((System, string.Empty)), said.Error);
        Assert.That(said.Error, Does.Contain("No space left on device"));
        Assert.That(ImageMount.Eventually(() => Directory.GetFileSystemEntries(_folder.Path).Length == before.Length), "the folder is still there");
        Assert.That(MountTable.IsAnythingUnder(_folder.Path), Is.False);
    }

    [TestCase("mount debian.iso -o no-such-option", Usage)]
    [TestCase("mount -f debian.iso -o no-such-option", Usage)]
    [TestCase("mount broken.iso", MountFailure)]
    [TestCase("mount -f broken.iso", MountFailure)]
    [TestCase("mount gone.iso", MountFailure)]
    [TestCase("gone.iso", MountFailure)]
    [TestCase("mount gone", MountFailure)]
    public void A_mount_that_fails_leaves_none(string arguments, int status)
    {
        File.WriteAllText(_folder["broken.iso"], "nothing");
        string[] before = Directory.GetFileSystemEntries(_folder.Path);
        ToolResult said = Tool.Run("sh", "-c", $"cd \"$1\" && \"$2\" {arguments}", "sh", _folder.Path, ImageFsProgram.Path);
        Assert.That((said.ExitCode, said.Text), Is.EqualTo((status, string.Empty)), said.Error);
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.EquivalentTo(before));
    }

    [Test]
    public void In_the_foreground_it_is_told_when_the_mount_answers([Values("INT", "TERM", "HUP")] string signal)
    {
        using Process server = ImageFsProgram.Start("mount", "-f", _folder["debian.iso"]);
        Assert.That(server.StandardOutput.ReadLine(), Is.EqualTo(_folder["debian"]));
        Assert.That(File.Exists(_folder["debian/README.txt"]));
        Tool.Run("kill", $"-{signal}", $"{server.Id}").Succeeded();
        Assert.That(server.WaitForExit(Limits.Soon));
        Assert.That(Directory.Exists(_folder["debian"]), Is.False);
    }

    [Test]
    public void Of_an_image_inside_another_it_is_called_like_the_inner()
    {
        Need.Program("mksquashfs", "squashfs-tools");
        Need.Program("xorriso", "xorriso");
        Tool.Shell("cd \"$1\" && mkdir -p a/in live/boot && echo x >a/in/file && mksquashfs a live/boot/root.squashfs -quiet", _folder.Path).Succeeded();
        Tool.Run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", _folder["live.iso"], _folder["live"]).Succeeded();
        Assert.That(ImageFsProgram.Run("mount", $"{_folder["live.iso"]}//boot/root.squashfs").Succeeded().Text, Is.EqualTo($"{_folder["root"]}\n"));
        Assert.That(File.ReadAllText(_folder["root/in/file"]), Is.EqualTo("x\n"));
        ImageFsProgram.Run("umount", _folder["root"]).Succeeded();
        Assert.That(Directory.Exists(_folder["root"]), Is.False);
    }

    [Test]
    public void Of_what_is_no_file_it_is_in_the_current_directory()
    {
        using var web = new WebServer();
        web.Start();
        File.Copy(_folder["debian.iso"], web["a b.iso"]);
        string here = _folder.CreateDirectory("here");
        (string Command, string Name)[] ways = [("mount - <../debian.iso", "image"), ("/dev/fd/3 3<../debian.iso", "image"), ($"mount {web.Plain}a%20b.iso", "a b")];
        foreach ((string command, string name) in ways)
        {
            ToolResult said = Tool.Run("bash", "-c", $"cd \"$1\" && \"$2\" {command}", "bash", here, ImageFsProgram.Path).Succeeded();
            Assert.That(said.Text, Is.EqualTo($"{here}/{name}\n"), command);
            Assert.That(File.Exists($"{here}/{name}/README.txt"), command);
            ImageFsProgram.Run("umount", $"{here}/{name}").Succeeded();
            Assert.That(Directory.GetFileSystemEntries(here), Is.Empty, command);
        }
    }

    [Test]
    public void Linux_itself_leaves_it_to_umount()
    {
        File.Copy(TestImages.Get("ext/ext4"), _folder["disk.img"]);
        Assert.That(ImageFsProgram.Run("mount", "-o", "engine=kernel", _folder["disk.img"]).Succeeded().Text, Is.EqualTo($"{_folder["disk"]}\n"));
        Assert.That(MountTable.Find(_folder["disk"]), Does.Contain(" erofs "));
        string listed = ImageFsProgram.Run("mounts").Succeeded().Text;
        Assert.That(listed, Does.Match($@"{Regex.Escape(_folder["disk"])} +kernel +{Regex.Escape(_folder["disk.img"])}\n"));
        ImageFsProgram.Run("umount", _folder["disk.img"]).Succeeded();
        Assert.That(Directory.Exists(_folder["disk"]), Is.False);
    }

    [Test]
    public void Where_it_cannot_be_beside_the_image_it_is_in_the_users_own_folder()
    {
        ToolResult said = AsUser.Run(
            """
            mkdir -m 755 /mnt/own; mkdir -m 700 /mnt/run; chown 65534 /mnt/run; cp /mnt/image /mnt/own/debian.iso
            made=$($user env XDG_RUNTIME_DIR=/mnt/run "$IMAGEFS" mount /mnt/own/debian.iso)
            echo $made
            $user head -c1 $made/README.txt >/dev/null
            $user "$IMAGEFS" umount $made
            find /mnt/own /mnt/run
            $user env -u XDG_RUNTIME_DIR "$IMAGEFS" mount /mnt/own/debian.iso 2>&1 || echo $?
            """);
        Assert.That(
            said.Succeeded().Text,
            Is.EqualTo(
                """
                /mnt/run/imagefs/debian
                /mnt/own
                /mnt/own/debian.iso
                /mnt/run
                /mnt/run/imagefs
                imagefs: /mnt/own/debian: Permission denied: a directory to mount on cannot be made there; name one: imagefs mount /mnt/own/debian.iso DIR
                1

                """));
    }

    [Test]
    public void A_server_in_a_sandbox_has_it_taken_away([Values("TERM", "KILL")] string signal, [Values] bool inForeground)
    {
        string[] words = ["mount", "-o", "sandbox=strict", _folder["debian.iso"], .. inForeground ? (string[])["-f"] : []];
        using Process process = Process.Start(Tool.Start(Make.Published, words))!;
        Assert.That(process.StandardOutput.ReadLine(), Is.EqualTo(_folder["debian"]));
        int server = ServerOf(_folder["debian"]);
        Tool.Run("kill", $"-{signal}", $"{server}").Succeeded();
        Assert.That(ImageMount.Eventually(() => !Directory.Exists(_folder["debian"])), "it is still there");
        Assert.That(ImageMount.Eventually(() => !Processes.IsRunning(server)), "the server still runs");
    }

    private static int ServerOf(string directory)
    {
        using var stats = JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", directory).Succeeded().Text);
        return stats.RootElement.GetProperty("pid").GetInt32();
    }
}
