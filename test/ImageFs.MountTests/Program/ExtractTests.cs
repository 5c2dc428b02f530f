using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary>What <c>extract</c> keeps of a file, what only when it is asked to, and how much it writes.</summary>
internal sealed class ExtractTests
{
    private const string Tree = """
        cd "$1"; mkdir t; cd t; umask 022
        mknod null c 1 3; mknod disk b 8 0; mkfifo pipe; cp /bin/true su; chmod 6755 su; mkdir sg; chmod 2777 sg; mkdir st; chmod 1777 st
        echo x >file; chmod 666 file; chown 1000:1001 file; touch -d '2001-02-03 UTC' file; ln file other; ln -s file link; ln -s nowhere dangling; ln -s . self
        setfattr -n user.note -v y file; setfattr -n trusted.note -v y file; setfattr -n security.note -v y file; setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 file
        cd ..; mke2fs -q -t ext4 -d t image 8M >/dev/null
        """;

    // Name, type and permissions, owner, year, links; then names of attributes.
    private const string Show = """cd "$1" && find . -mindepth 1 -not -name 'lost*' -printf '%P %M %U:%G %TY %n\n' | LC_ALL=C sort; getfattr -Rm- . 2>/dev/null | grep -E '^(user|trusted|security)' | sort""";

    [TestCase("", "su -rwxr-xr-x", "sg drwxrwxrwx", "st drwxrwxrwt", "file -rw-rw-rw- 1000:1001 2001 2", "pipe p", "link l", "user.note", "!null", "!disk", "!trusted", "!security")]
    [TestCase("--no-same-owner", "file -rw-rw-rw- 0:0 2001 2", "su -rwxr-xr-x", "!null", "!trusted", "!security")]
    [TestCase("--preserve=all", "su -rwsr-sr-x", "sg drwxrwsrwx", "null crw", "disk brw", "user.note", "trusted.note", "security.note", "security.capability")]
    [TestCase("--preserve=all --no-same-owner", "su -rwsr-sr-x", "file -rw-rw-rw- 0:0")]
    [TestCase("--preserve=mode", "su -rwsr-sr-x", "!null", "!trusted", "!security")]
    [TestCase("-p", "su -rwsr-sr-x", "!null")]
    [TestCase("--preserve=xattr", "su -rwxr-xr-x", "trusted.note", "security.capability", "!null")]
    [TestCase("--preserve=devices", "null crw-r--r--", "disk brw-r--r--", "su -rwxr-xr-x", "!trusted")]
    [TestCase("--no-preserve=links,timestamps", "!file -rw-rw-rw- 1000:1001 2001", "file -rw-rw-rw- 1000:1001")]
    [TestCase("--no-preserve=links", "file -rw-rw-rw- 1000:1001 2001 1")]
    [TestCase("--no-preserve=xattr", "file -rw", "!user.note")]
    [TestCase("--no-same-permissions", "file -rw-r--r--", "su -rwxr-xr-x", "sg drwxr-xr-x")]
    public void Root_gets_what_gives_power_only_by_asking(string options, params string[] lines)
    {
        Need.Root();
        using var folder = new TestFolder();
        Tool.Run("bash", "-ec", Tree, "bash", folder.Path).Succeeded();
        ToolResult said = Tool.Run("sh", ["-c", "umask 022; exec \"$@\"", "sh", ImageFsProgram.Path, "extract", folder["image"], "-C", folder["out"], .. Words(options)]).Succeeded();
        string[] shown = Tool.Run("bash", "-c", Show, "bash", folder["out"]).Succeeded().Text.Split('\n');

        foreach (string line in lines)
        {
            Assert.That(shown.Any(found => found.StartsWith(line.TrimStart('!'), StringComparison.Ordinal)), Is.EqualTo(line[0] != '!'), $"{line}\n{string.Join('\n', shown)}");
        }

        Assert.That(said.Error, options.Contains("all", StringComparison.Ordinal) ? Is.Empty : Does.Match("^imagefs: not kept: .*--preserve"));
    }

    [Test]
    public void A_user_gets_all_that_users_may_have()
    {
        Need.Root();
        using var folder = new TestFolder();
        Tool.Run("bash", "-ec", Tree, "bash", folder.Path).Succeeded();
        Tool.Run("chmod", "777", folder.Path).Succeeded();
        ToolResult said = Tool.Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ImageFsProgram.Path, "extract", folder["image"], "-C", folder["out"]);
        string shown = Tool.Run("bash", "-c", Show, "bash", folder["out"]).Succeeded().Text;

        Assert.That(said.ExitCode, Is.Zero, said.Error);
        Assert.That(shown, Does.Contain("file -rw-rw-rw- 65534:65534 2001 2").And.Contain("su -rwxr-xr-x").And.Contain("user.note").And.Not.Contain("null"));
        Assert.That(said.Error, Does.Match("^imagefs: not kept: [^\n]*2 device nodes \\(devices\\)[^\n]*\n$"));
    }

    [Test]
    public void Links_can_be_followed()
    {
        Need.Root();
        using var folder = new TestFolder();
        Tool.Run("bash", "-ec", Tree, "bash", folder.Path).Succeeded();
        ToolResult said = ImageFsProgram.Run("extract", "-L", folder["image"], "-C", folder["out"]);

        Assert.That(said.ExitCode, Is.EqualTo(1));
        Assert.That(said.Error, Does.Contain("imagefs: dangling: link: No such file").And.Contain("imagefs: self: link: Too many levels"));
        Assert.That(new FileInfo(folder["out/link"]).LinkTarget, Is.Null);
        Assert.That(File.ReadAllText(folder["out/link"]), Is.EqualTo("x\n"));
        Assert.That(Path.Exists(folder["out/self"]), Is.False);
    }

    [TestCase("", 2, "100 times the image")]
    [TestCase("--limit=1M", 2, "1 MiB")]
    [TestCase("--limit=none", 0, "")]
    [TestCase("--limit=90M", 0, "")]
    [TestCase("--limit=lots", 1, "--limit=lots")]
    public void Bytes_that_are_named_again_and_again_are_not_written_for_ever(string options, int status, string message)
    {
        using var folder = new TestFolder();
        Tool.Shell("cd $1 && mkdir t && head -c 300000 /dev/urandom >t/0 && for i in $(seq 250); do ln t/0 t/$i; done && genisoimage -quiet -o image t", folder.Path).Succeeded();
        long length = new FileInfo(folder["image"]).Length;
        ToolResult said = ImageFsProgram.Run(["extract", folder["image"], "-C", folder["out"], .. Words(options)]);
        long written = Directory.Exists(folder["out"]) ? new DirectoryInfo(folder["out"]).EnumerateFiles().Sum(file => file.Length) : 0;

        Assert.That(said.ExitCode, Is.EqualTo(status), said.Error);
        Assert.That(said.Error, Does.Contain(message));
        Assert.That(written, status == 0 ? Is.EqualTo(251 * 300000L) : Is.LessThan(100 * length));
    }

    [Test]
    public void Targets_of_links_count()
    {
        using var folder = new TestFolder();
        Tool.Shell("cd $1 && mkdir t && for i in $(seq 20); do ln -s $(printf '%03900d' 7) t/$i; done && mke2fs -q -t ext4 -b 4096 -d t image 2M", folder.Path).Succeeded();
        ToolResult said = ImageFsProgram.Run("extract", "--limit=60K", folder["image"], "-C", folder["out"]);

        Assert.That(said.ExitCode, Is.EqualTo(2), said.Error);
        ImageFsProgram.Run("extract", "--limit=120K", folder["image"], "-C", folder["out"]).Succeeded();
    }

    [Test]
    public void Attributes_are_kept_where_there_is_no_proc()
    {
        Need.Root();
        using var folder = new TestFolder();
        Tool.Run("bash", "-ec", Tree, "bash", folder.Path).Succeeded();
        ToolResult said = Tool.Run(
            "unshare", "-m", "--propagation", "slave", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh", Make.Published, "extract", "--preserve=xattr", folder["image"], "file", "-C", folder["out"]);

        Assert.That(said.ExitCode, Is.Zero, said.Error);
        Assert.That(Tool.Run("getfattr", "-m", "-", "--absolute-names", folder["out/file"]).Text, Does.Contain("user.note").And.Contain("trusted.note").And.Contain("security.capability"));
    }

    [Test]
    public void Holes_count_for_nothing()
    {
        using var folder = new TestFolder();
        Tool.Shell("cd $1 && mkdir t && truncate -s 10G t/sparse && mke2fs -q -t ext4 -d t image 4M", folder.Path).Succeeded();
        ImageFsProgram.Run("extract", folder["image"], "-C", folder["out"]).Succeeded();

        Assert.That(new FileInfo(folder["out/sparse"]).Length, Is.EqualTo(10L << 30));
    }

    private static string[] Words(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
