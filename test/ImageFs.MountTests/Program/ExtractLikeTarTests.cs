using System.Diagnostics;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary>What <c>imagefs extract</c> leaves out and strips, beside tar(1) with the same options; and that it never leaves half a file.</summary>
internal sealed class ExtractLikeTarTests
{
    // Sizes of directories are the file system's own.
    private const string Facts = """
        find . -mindepth 1 -not -name lost+found \( -type d -printf '%P %y %m %Ts\n' -o -printf '%P %y %m %s %Ts %l %n %U:%G\n' \) | LC_ALL=C sort
        find . -type f -exec sha256sum {} + | LC_ALL=C sort
        """;

    private ScriptTree _tree = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        Need.Root();
        _tree = new ScriptTree();
        const string Script = "cd \"$1\"; find . -mindepth 1 -printf '%P\\0' | LC_ALL=C sort -z | tar --no-recursion --null -T - -cf ../tree.tar";
        Tool.Run("bash", "-ec", Script, "bash", _tree.Tree).Succeeded();
    }

    [OneTimeTearDown]
    public void TearDown() => _tree.Dispose();

    [TestCase("--strip-components=1")]
    [TestCase("--strip-components=2")]
    [TestCase("--strip-components=9")]
    [TestCase("--strip-components=1 usr")]
    [TestCase("--strip-components=2 usr/bin etc/a.conf")]
    [TestCase("--exclude=*.conf")]
    [TestCase("--exclude=etc")]
    [TestCase("--exclude=bin")]
    [TestCase("--exclude=usr/bin")]
    [TestCase("--exclude=*/tr2 --exclude=e*")]
    [TestCase("--exclude=sr/bin")]
    [TestCase("--exclude=[a-e]*")]
    [TestCase("--exclude=u*n")]
    [TestCase("--exclude=conf.?")]
    [TestCase("--exclude=.*")]
    [TestCase("--exclude=bin usr etc")]
    [TestCase("--exclude=etc --strip-components=1")]
    [TestCase("--exclude=*.conf --strip-components=1 etc")]
    public void The_same_comes_out(string arguments)
    {
        using var folder = new TestFolder();
        string[] words = arguments.Split(' ');
        string[] options = [.. words.Where(word => word[0] == '-')];
        string[] paths = [.. words.Where(word => word[0] != '-')];
        string ours = folder.CreateDirectory("ours");
        ImageFsProgram.Run(["extract", "--preserve=all,devices", _tree.Image, "-C", ours, .. options, "--", .. paths]).Succeeded();
        Tool.Run("tar", ["-xpf", _tree["tree.tar"], "-C", folder.CreateDirectory("theirs"), .. options, "--", .. paths]).Succeeded();
        string Listing(string name) => Tool.Run("bash", "-c", $"cd \"$0\" && {Facts}", folder[name]).Succeeded().Text;
        Assert.That(Listing("ours"), Is.EqualTo(Listing("theirs")));
    }

    [Test]
    public void A_pattern_with_a_slash_first_is_that_of_the_root([Values("/etc", "./etc")] string pattern)
    {
        using var folder = new TestFolder();
        ImageFsProgram.Run("extract", _tree.Image, "-C", folder.Path, $"--exclude={pattern}", "etc", "usr").Succeeded();
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo(new[] { folder["usr"] }));
    }

    [Test]
    public void A_pattern_with_a_slash_last_is_that_of_a_directory()
    {
        // As bsdtar has it; GNU tar finds nothing by it.
        using var folder = new TestFolder();
        ImageFsProgram.Run("extract", _tree.Image, "-C", folder.Path, "--exclude=usr/bin/", "usr").Succeeded();
        Assert.That(Directory.GetFileSystemEntries(folder["usr"]), Is.Empty);
    }

    [TestCase("INT", 130)]
    [TestCase("TERM", 143)]
    [TestCase("HUP", 129)]
    public void A_signal_leaves_no_half_file(string signal, int status)
    {
        Need.Program("strace", "strace");
        using var folder = new TestFolder();
        string[] slow = ["-f", "-qq", "-o", folder["trace"], "-e", "trace=ftruncate", "-e", "inject=ftruncate:delay_exit=3000000"];
        string target = folder.CreateDirectory("out");
        using Process process = Process.Start(Tool.Start("strace", [.. slow, ImageFsProgram.Path, "extract", _tree.Image, "big", "-C", target]))!;
        Assert.That(ImageMount.Eventually(() => Directory.GetFileSystemEntries(target).Length > 0), "nothing was begun");
        Assert.That(File.Exists($"{target}/big"), Is.False, "it has its name when it is whole");
        int program = ProcessTable.Find("imagefs", target).Single();
        Tool.Run("kill", $"-{signal}", $"{program}").Succeeded();
        Assert.That(process.WaitForExit(Limits.Soon));
        Assert.That(process.ExitCode, Is.EqualTo(status));
        Assert.That(Directory.GetFileSystemEntries(target), Is.Empty);
    }

    [Test]
    public void What_is_there_is_replaced_and_no_other_name_is_left()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["big"], "older");
        ImageFsProgram.Run("extract", _tree.Image, "big", "empty", "-C", folder.Path).Succeeded();
        Assert.That(Directory.GetFileSystemEntries(folder.Path).Order(StringComparer.Ordinal), Is.EqualTo(new[] { folder["big"], folder["empty"] }));
        Tool.Run("cmp", folder["big"], $"{_tree.Tree}/big").Succeeded();
    }
}
