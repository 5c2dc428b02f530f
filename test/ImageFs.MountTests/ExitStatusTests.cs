using System.Text.RegularExpressions;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>How the program ends, by mount(8)'s statuses.</summary>
[BuiltToo]
internal sealed class ExitStatusTests
{
    private const int Success = 0;
    private const int Usage = 1;
    private const int System = 2;
    private const int Interrupted = 8;
    private const int MountFailure = 32;

    [TestCase(Success, "--version")]
    [TestCase(Success, "mount", "--help")]
    [TestCase(Usage)]
    [TestCase(Usage, "mount")]
    [TestCase(Usage, "mount", "--no-such-option", "IMAGE", "/mnt")]
    [TestCase(Usage, "mount", "-o", "no-such-option", "IMAGE", "/mnt")]
    [TestCase(Usage, "mount", "-o", "timeout=soon", "IMAGE", "/mnt")]
    [TestCase(Usage, "mount", "-o", "allow_root,allow_other", "IMAGE", "/mnt")]
    [TestCase(MountFailure, "mount", "/no/such/image", "/mnt")]
    [TestCase(MountFailure, "mount", "IMAGE", "/no/such/directory")]
    [TestCase(MountFailure, "mount", "/etc/passwd", "/mnt")]
    [TestCase(MountFailure, "mount", "nbd://host/export", "/mnt")]
    [TestCase(MountFailure, "umount", "/proc")]
    public void The_command_line_and_the_image(int status, params string[] words)
    {
        ToolResult said = ImageFsProgram.Run(words.Select(word => word == "IMAGE" ? TestImages.Get("sample") : word));
        Assert.That(said.ExitCode, Is.EqualTo(status), said.Error);
        Assert.That(MountTable.IsMounted("/mnt"), Is.False);
    }

    [TestCase("chmod 600 /mnt/image; $user \"$IMAGEFS\" /mnt/image $dir", Usage, TestName = "An_image_that_may_not_be_read")]
    [TestCase("$user \"$IMAGEFS\" /mnt/image /etc", Usage, TestName = "A_directory_of_somebody_else")]
    [TestCase("umount /dev/fuse; FUSERMOUNT_PROG=/nowhere $user \"$IMAGEFS\" /mnt/image $dir", Usage, TestName = "No_way_to_mount")]
    [TestCase("\"$IMAGEFS\" /mnt/image $dir; $user \"$IMAGEFS\" umount $dir", Usage, TestName = "Anothers_mount")]
    [TestCase("$user \"$IMAGEFS\" mount --pid-file /pid /mnt/image $dir", System, TestName = "A_file_that_may_not_be_written")]
    public void Permission(string script, int status)
    {
        ToolResult said = AsUser.Run($"set +e; {{ {script}; }} 2>&1; echo \"status $?\"; umount $dir 2>/dev/null");
        Assert.That(said.Text, Does.StartWith("imagefs: ").And.EndsWith($"\nstatus {status}\n"));
    }

    [TestCase("ls", "-lR", "IMAGE")]
    [TestCase("ls", "-J", "IMAGE")]
    [TestCase("find", "IMAGE")]
    [TestCase("sums", "IMAGE")]
    [TestCase("tar", "IMAGE")]
    [TestCase("export", "IMAGE", "-")]
    [TestCase("extents", "IMAGE", "size-100000")]
    [TestCase("doctor", "--json")]
    [TestCase("mounts", "--json")]
    [TestCase("extract", "-v", "IMAGE", "-C", "/no/such/directory/copy")]
    [TestCase("tree", "IMAGE")]
    [TestCase("cat", "IMAGE", "size-100000")]
    [TestCase("info", "IMAGE")]
    [TestCase("verify", "IMAGE")]
    [TestCase("extract", "IMAGE", "-C", "/no/such/directory/copy")]
    [TestCase("extract", "IMAGE", "-C", "/etc/passwd")]
    public void Output_that_cannot_be_written(params string[] words)
    {
        string[] said = [.. words.Select(word => word == "IMAGE" ? TestImages.Get("rockridge") : word)];
        ToolResult ended = Tool.Run("sh", ["-c", "exec \"$@\" >/dev/full", "sh", ImageFsProgram.Path, .. said]);
        Assert.That(ended.ExitCode, Is.EqualTo(System), ended.Error);
        Assert.That(ended.Error, Does.StartWith("imagefs: ").And.Not.Contain("bug"));
    }

    // As head(1) has it, which reads no more: it has ended before anything is written.
    [TestCase("ls", "-lR", "IMAGE")]
    [TestCase("find", "IMAGE")]
    [TestCase("cat", "IMAGE", "size-100000")]
    [TestCase("sums", "IMAGE")]
    [TestCase("tar", "IMAGE")]
    [TestCase("export", "IMAGE", "-")]
    [TestCase("info", "IMAGE")]
    [TestCase("verify", "IMAGE")]
    [TestCase("doctor")]
    [TestCase("extract", "-v", "IMAGE", "-C", "DIR")]
    public void Output_that_nobody_reads_any_more_is_no_error_to_tell_of(params string[] words)
    {
        using var folder = new TestFolder();
        string[] said = [.. words.Select(word => word == "IMAGE" ? TestImages.Get("rockridge") : word == "DIR" ? folder.Path : word)];
        ToolResult ended = Tool.Run("bash", ["-c", "exec 9> >(:); wait $!; \"$@\" >&9; echo $?", "bash", ImageFsProgram.Path, .. said]);
        Assert.That(ended.Text, Is.EqualTo("141\n"));
        Assert.That(words.Contains("-v") ? string.Empty : ended.Error, Is.Empty);
    }

    // "Besides:" in the manual has a line of those of each command.
    [TestCase("mount", 32, "mount sound")]
    [TestCase("umount", 32, "umount /proc")]
    [TestCase("stats", 32, "stats t")]
    [TestCase("ls", 1, "ls -lR directory")]
    [TestCase("tree", 1, "tree directory")]
    [TestCase("find", 1, "find directory")]
    [TestCase("sums", 1, "sums image")]
    [TestCase("tar", 1, "tar image -f archive")]
    [TestCase("extract", 1, "extract image -C out")]
    [TestCase("cat", 32, "cat image b")]
    [TestCase("export", 32, "export short.qcow2 raw")]
    [TestCase("extents", 32, "extents image none")]
    [TestCase("diff", 1, "diff sound other")]
    [TestCase("diff", 32, "diff sound image")]
    [TestCase("info", 32, "info t/a")]
    [TestCase("verify", 1, "verify image")]
    [TestCase("verify", 32, "verify t/a")]
    [TestCase("manifest", 1, "manifest sound -c t/a")]
    [TestCase("manifest", 32, "manifest directory -O new")]
    public void Each_command_ends_as_the_manual_says(string verb, int status, string command)
    {
        Need.Program("qemu-img", "qemu-utils");
        using var folder = new TestFolder();
        DamagedSquashFs.Make(folder);
        const string Script = """
            cd "$1"; mkdir u; echo b >u/a; mksquashfs u other -quiet -no-progress; cp "$3" directory
            qemu-img convert -O qcow2 sound short.qcow2; truncate -s -400000 short.qcow2
            if [ "${4%% *}" = mount ]; then touch taken; set -- "$1" "$2" "$3" "$4 taken"; fi
            set +e; timeout 60 "$2" $4 >/dev/null; echo $?
            """;
        string damaged = TestImages.Get("invalid/directory-past-end");
        ToolResult said = Tool.Run("bash", "-ec", Script, "bash", folder.Path, ImageFsProgram.Path, damaged, command).Succeeded();
        Assert.That(said.Text, Is.EqualTo($"{status}\n"), said.Error);
        Assert.That(StatusesOf(verb), Does.Contain(status));
    }

    // .BR ls ", " tree
    // 1: ...; 32: ...
    private static int[] StatusesOf(string verb)
    {
        string page = File.ReadAllText(Path.Combine(TestImages.Sources, "docs/man/imagefs.1"));
        string part = page[page.IndexOf("\nBesides:\n", StringComparison.Ordinal)..page.IndexOf("\n.SH JSON", StringComparison.Ordinal)];
        string entry = part.Split("\n.TP\n").Single(entry => entry.Split('\n')[0].Replace("\", \"", "", StringComparison.Ordinal).Split(' ').Contains(verb));
        return [.. Regex.Matches(entry, @"(?:^|; )(\d+): ", RegexOptions.Multiline).Select(match => int.Parse(match.Groups[1].Value))];
    }

    [Test]
    public void A_full_target_of_extract_names_the_file()
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("full");
        Tool.Run("mount", "-t", "tmpfs", "-o", "size=40k", "none", folder["full"]).Succeeded();
        try
        {
            ToolResult said = ImageFsProgram.Run("extract", TestImages.Get("rockridge"), "size-100000", "-C", folder["full"]);
            Assert.That(said.ExitCode, Is.EqualTo(System), said.Error);
            Assert.That(said.Error, Does.Match("^imagefs: size-100000: .*No space left on device\n$"));
        }
        finally
        {
            Tool.Run("umount", "-l", folder["full"]).Succeeded();
        }
    }

    [TestCase("extract IMAGE -C ro/sub")]
    [TestCase("extract IMAGE -C ro/new")]
    [TestCase("export IMAGE ro/new")]
    [TestCase("tar IMAGE -f ro/new")]
    [TestCase("manifest IMAGE -O ro/new")]
    public void A_target_that_is_read_only_is_told_once(string command)
    {
        using var folder = new TestFolder();
        Tool.Run("sh", "-ec", "cd \"$1\"; mkdir ro; mount -t tmpfs none ro; mkdir ro/sub; mount -o remount,ro ro", "sh", folder.Path).Succeeded();
        try
        {
            string words = command.Replace("IMAGE", TestImages.Get("rockridge"), StringComparison.Ordinal);
            ToolResult said = Tool.Run("sh", "-c", $"cd \"$1\" && \"$2\" {words}", "sh", folder.Path, ImageFsProgram.Path);
            Assert.That(said.ExitCode, Is.EqualTo(System), said.Error);
            Assert.That(said.Error, Does.Match("^imagefs: [^\n]*Read-only file system\n$"));
        }
        finally
        {
            Tool.Run("umount", "-l", folder["ro"]).Succeeded();
        }
    }

    // No such folder; a file in its place; and one that is closed to the user, as root's own are. In the program in one file it is the keeper that looks.
    [Test]
    public void What_could_be_done_in_a_container_is_told([Values("/none", "/etc/passwd", "/mnt/closed")] string path, [Values] bool isPublished)
    {
        string program = isPublished ? Make.Published : ImageFsProgram.Built;
        ToolResult said = AsUser.Run($"IMAGEFS='{program}'; umount /dev/fuse; mkdir -m 0700 /mnt/closed; " +
            $"p=$(which setpriv); FUSERMOUNT_PROG= PATH={path} $p --reuid=65534 --clear-groups \"$IMAGEFS\" /mnt/image $dir 2>&1 || true");
        Assert.That(said.Text, Does.Contain("--device /dev/fuse --cap-add SYS_ADMIN --security-opt apparmor=unconfined").And.Contain("ls, cat and extract work without"));
    }

    [Test]
    public void A_signal_before_the_mount_is_there([Values("INT", "TERM", "HUP")] string signal, [Values] bool inForeground)
    {
        // mount(2) takes its time, as it might for a drive.
        using var mount = ImageMount.Prepare(TestImages.Get("sample"));
        using var folder = new TestFolder();
        string calls = folder["calls"];
        string[] strace = ["strace", "-f", "-qq", "-o", calls, "-e", "trace=mount", "-e", "inject=mount:delay_enter=3s"];
        Need.Program("strace", "strace");
        string[] foreground = inForeground ? ["-f"] : [];
        using var process = global::System.Diagnostics.Process.Start(
            Tool.Start(strace[0], [.. strace[1..], ImageFsProgram.Path, "mount", .. foreground, mount.Image, mount.Directory]))!;
        Assert.That(ImageMount.Eventually(() => File.Exists(calls) && File.ReadAllText(calls).Contains(" mount(", StringComparison.Ordinal)));
        int program = ProcessTable.Find("imagefs", words => words.Contains("mount") && words.Contains(mount.Directory)).First();
        Tool.Run("kill", $"-{signal}", $"{program}").Succeeded();
        Assert.That(process.WaitForExit(Limits.Soon));
        Assert.That(process.ExitCode, Is.EqualTo(Interrupted), process.StandardError.ReadToEnd());
        Assert.That(mount.IsMounted, Is.False);
    }
}
