using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary><c>imagefs tar</c>: what tar(1) and bsdtar(1) take out of it is the tree.</summary>
internal sealed class TarTests
{
    // What a copy has in common with its origin; of directories no size, of the image's own nothing.
    private const string Show = """
        cd "$1" && find . \( -type d -printf '%p %M %U:%G %T@\n' \) -o -printf '%p %M %U:%G %T@ %s %n %l\n' | LC_ALL=C sort | grep -av '^\. '; getfattr -Rm- . 2>/dev/null
        find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; find . -type b,c -print0 | LC_ALL=C sort -z | xargs -0r stat -c '%n %t %T'
        """;

    [TestCase("tar --xattrs --xattrs-include=* --numeric-owner -xp -f")]
    [TestCase("bsdtar --numeric-owner -xp -f")]
    public void Every_file_comes_out_of_it(string reader)
    {
        Need.Root();
        using var tree = new ScriptTree();
        Tool.Run("touch", "-d", "2020-01-01", $"{tree.Tree}/lost+found").Succeeded();
        ImageFsProgram.Run("tar", tree.Image, "-f", tree["archive"]).Succeeded();
        Tool.Run("bash", "-ec", $"mkdir \"$2\"; cd \"$2\"; {reader} \"$1\" --exclude lost+found; mkdir -m 700 lost+found; touch -d 2020-01-01 lost+found", "bash", tree["archive"], tree["out"]).Succeeded();

        Assert.That(Tool.Run("bash", "-c", Show, "bash", tree["out"]).Text, Is.EqualTo(Tool.Run("bash", "-c", Show, "bash", tree.Tree).Text));
        Assert.That(DiskBlocks.Of(tree["out/hole"]), Is.LessThan(100), "holes are kept");
        Assert.That(DiskBlocks.Of(tree["out/zeros"]), Is.Zero);
    }

    // bsdtar does not know how GNU tar writes them.
    [Test]
    public void Names_of_attributes_may_have_any_bytes()
    {
        using var tree = new ScriptTree();
        string show = "getfattr -dm- --absolute-names \"$1\" | grep -a ^user | LC_ALL=C sort";
        Tool.Run(
            "bash", "-ec", "cd \"$1\"; touch t/named; setfattr -n 'user.a=b%c%3D' -v 1 t/named; setfattr -n \"$(printf 'user.\\351t\\351')\" -v 2 t/named; rm image; mke2fs -q -t ext4 -I 256 -d t image 32M",
            "bash", Path.GetDirectoryName(tree.Tree)!).Succeeded();
        Tool.Run(
            "bash", "-o", "pipefail", "-ec", "mkdir \"$3\"; \"$1\" tar \"$2\" named | tar -C \"$3\" --xattrs --xattrs-include='*' -xp", "bash", ImageFsProgram.Path, tree.Image, tree["out"]).Succeeded();
        string expected = Tool.Run("bash", "-c", show, "bash", $"{tree.Tree}/named").Succeeded().Text;
        Assert.That(Tool.Run("bash", "-c", show, "bash", tree["out/named"]).Text, Is.EqualTo(expected));
        Assert.That(expected.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(2));
    }

    // bsdtar takes the parts of a second before 1970 for parts after it.
    [Test]
    public void A_time_before_1970_has_parts_of_a_second()
    {
        using var tree = new ScriptTree();
        Tool.Run("debugfs", "-w", "-R", "set_inode_field etc/conf.d mtime_extra 1000000000", tree.Image).Succeeded();
        ToolResult taken = Tool.Run(
            "bash", "-o", "pipefail", "-c", "mkdir \"$3\"; \"$1\" tar \"$2\" etc/conf.d | tar -C \"$3\" -xp && find \"$3/etc/conf.d\" -newermt '1969-12-31 23:59:58.2 UTC' -not -newermt '1969-12-31 23:59:58.25 UTC'",
            "bash", ImageFsProgram.Path, tree.Image, tree["out"]).Succeeded();
        Assert.That(taken.Text.Trim(), Does.EndWith("etc/conf.d"));
    }

    [Test]
    public void A_pipe_gets_the_same_as_a_file()
    {
        using var tree = new ScriptTree();
        ImageFsProgram.Run("tar", tree.Image, "-f", tree["archive"]).Succeeded();
        Tool.Run("bash", "-o", "pipefail", "-c", "\"$1\" tar \"$2\" | cmp - \"$3\"", "bash", ImageFsProgram.Path, tree.Image, tree["archive"]).Succeeded();
        Assert.That(new FileInfo(tree["archive"]).Length % 10240, Is.Zero, "records of 20 blocks");
    }

    [Test]
    public void Paths_and_patterns_choose()
    {
        using var tree = new ScriptTree();
        ToolResult listed = Tool.Run("bash", "-o", "pipefail", "-c", "\"$1\" tar \"$2\" /etc 'usr/bin/t*' | tar -t", "bash", ImageFsProgram.Path, tree.Image).Succeeded();
        Assert.That(listed.Text, Is.EqualTo("etc/\netc/.hidden\netc/a.conf\netc/conf.d/\nusr/bin/tr\nusr/bin/tr2\n"));
    }

    // A file that is damaged in the middle: of a size that is read before its header is written, and of one that is not.
    [TestCase(900_000)]
    [TestCase(3_000_000)]
    public void A_damaged_file_is_left_out_and_told(int size)
    {
        using var folder = new TestFolder();
        DamagedSquashFs.Make(folder, size);
        ToolResult toFile = ImageFsProgram.Run("tar", folder["image"], "-f", folder["archive"]);
        string listed = Tool.Run("tar", "-tf", folder["archive"]).Succeeded().Text;
        ToolResult toPipe = Tool.Run("bash", "-c", "\"$1\" tar \"$2\" >\"$3\"; s=$?; cat \"$3\" | tar -t; exit $s", "bash", ImageFsProgram.Path, folder["image"], folder["piped"]);

        Assert.That(toFile.ExitCode, Is.EqualTo(1), toFile.Error);
        Assert.That(toFile.Error, Does.Contain("./b: "));
        Assert.That(listed, Is.EqualTo("./\n./a\n./c\n"));
        if (size < 1 << 20)
        {
            Assert.That(toPipe.ExitCode, Is.EqualTo(1), toPipe.Error);
            Assert.That(toPipe.Text, Is.EqualTo(listed));
        }
        else
        {
            // What is in the pipe stays there: that the archive ends early is what tells its reader.
            Assert.That(toPipe.ExitCode, Is.EqualTo(2), toPipe.Error);
            Assert.That(toPipe.Error, Does.Contain("the archive ends here").And.Contain("Unexpected EOF"));
        }
    }

    [Test]
    public void Nothing_is_left_of_an_archive_that_was_interrupted()
    {
        using var folder = new TestFolder();
        Tool.Shell("cd $1 && mkdir t && head -c 60000000 /dev/urandom >t/a && for i in $(seq 80); do ln t/a t/$i; done && genisoimage -quiet -o image t", folder.Path).Succeeded();
        ToolResult said = Tool.Run(
            "bash",
            "-c",
            "\"$1\" tar \"$2\" -f \"$3\" & p=$!; for i in $(seq 200); do test -s \"$3.$p\" && break; sleep 0.05; done; test -s \"$3.$p\" || exit 9; kill -TERM $p; wait $p; echo $?",
            "bash",
            ImageFsProgram.Path,
            folder["image"],
            folder["archive"]);
        Assert.That(said.Text.Trim(), Is.EqualTo("143"), said.Error);
        Assert.That(Directory.GetFiles(folder.Path, "archive*"), Is.Empty);
    }

    // A tape is one; what stands for nothing stays what it is.
    [Test]
    public void A_device_is_written_to_as_it_is()
    {
        Need.Root();
        using var folder = new TestFolder();
        Tool.Run("mknod", folder["device"], "c", "1", "3").Succeeded();
        ImageFsProgram.Run("tar", TestImages.Get("sample"), "-f", folder["device"]).Succeeded();
        Tool.Run("test", "-c", folder["device"]).Succeeded();
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_terminal_gets_no_archive()
    {
        Need.Program("script", "bsdutils");
        ToolResult said = Tool.Run("script", "-qec", $"{ImageFsProgram.Path} tar {TestImages.Get("sample")}", "/dev/null");
        Assert.That(said.ExitCode, Is.EqualTo(1), said.Text);
        Assert.That(said.Text, Does.Contain("nothing for a terminal"));
    }
}
