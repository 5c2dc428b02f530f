namespace ImageFs.Tests.Program;

public sealed class CommandLineTests
{
    [TestCase("-u dir", ExpectedResult = "umount dir")]
    [TestCase("help", ExpectedResult = "--help")]
    [TestCase("help ls", ExpectedResult = "ls --help")]
    [TestCase("version", ExpectedResult = "--version")]
    [TestCase("a.iso dir", ExpectedResult = "mount a.iso dir")]
    [TestCase("-o ls a.iso dir", ExpectedResult = "mount -o ls a.iso dir")]
    [TestCase("-f umount", ExpectedResult = "-f umount")]
    public string The_verb_may_be_left_out(string line) => string.Join(' ', CommandLine.WithVerb(ImageFs.Program.CreateRoot(), line.Split(' ')));

    [TestCase("a.iso dir")]
    [TestCase("mount -fd -o ro,uid=5 a.iso dir")]
    [TestCase("mount -- -a.iso dir")]
    [TestCase("cat x.img -- -name")]
    [TestCase("umount a b c")]
    [TestCase("ls --version")]
    [TestCase("mount --ready-fd 3 a.iso dir")]
    public void Nothing_is_wrong_with(string line) => Assert.That(Explain(line), Is.Null);

    [TestCase("umount -q m", ExpectedResult = "unknown option '-q'")]
    [TestCase("mount -q x.iso m", ExpectedResult = "unknown option '-q'")]
    [TestCase("ls -1 x.iso", ExpectedResult = "unknown option '-1'")]
    [TestCase("info --no-such-option=5 x.iso", ExpectedResult = "unknown option '--no-such-option=5'")]
    [TestCase("-x x.iso", ExpectedResult = "unknown option '-x'")]
    [TestCase("my.iso", ExpectedResult = "DIR is missing: imagefs mount IMAGE DIR")]
    [TestCase("ls", ExpectedResult = "IMAGE is missing: imagefs ls IMAGE PATH")]
    [TestCase("moutn a.iso b c", ExpectedResult = "there is no command 'moutn', and no image of that name")]
    [TestCase("mount --ready-fd x a.iso m", ExpectedResult = "--ready-fd x: not a number")]
    public string? What_is_wrong_is_said(string line) => Explain(line);

    private static string? Explain(string line)
    {
        var root = ImageFs.Program.CreateRoot();
        string[] words = line.Split(' ');
        return CommandLine.Explain(root.Parse(CommandLine.WithVerb(root, words), CommandLine.Configuration), words);
    }
}
