using System.CommandLine;
using ImageFs.Commands;
using ImageFs.Mounting;

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
    [TestCase("a.iso")]
    [TestCase("mount a.iso")]
    [TestCase("mount -fd -o ro,uid=5 a.iso dir")]
    [TestCase("mount -- -a.iso dir")]
    [TestCase("cat x.img -- -name")]
    [TestCase("umount a b c")]
    [TestCase("ls --version")]
    [TestCase("help")]
    [TestCase("help ls")]
    [TestCase("tree -L 2 a.iso")]
    [TestCase("mount --ready-fd 3 a.iso dir")]
    public void Nothing_is_wrong_with(string line) => Assert.That(Explain(line), Is.Null);

    [TestCase("mount a.img dir", "a.img", "dir")]
    [TestCase("a.img b.img dir", "a.img b.img", "dir")]
    [TestCase("mount -o ro a.img -f b.img -- -c.img dir", "a.img b.img -c.img", "dir")]
    [TestCase("info a.img b.img", "a.img b.img")]
    [TestCase("-o ro -//x.img dir", "-//x.img", "dir")]
    [TestCase("verify --json a.img b.img c.img", "a.img b.img c.img")]
    [TestCase("ls a.img b.img", "a.img")]
    [TestCase("extents a.img b.img", "a.img")]
    public void Several_images_are_taken_where_no_paths_follow(string line, string images, string? directory = null)
    {
        var root = ImageFs.Program.CreateRoot();
        ParseResult parsed = root.Parse(CommandLine.WithVerb(root, line.Split(' ')), CommandLine.Configuration);
        Assert.That(parsed.Errors, Is.Empty);
        Assert.That(parsed.GetValue<string[]>("IMAGE"), Is.EqualTo(images.Split(' ')));
        Assert.That(ImageArgument.First(parsed), Is.EqualTo(images.Split(' ')[0]));
        Assert.That(directory is null || parsed.GetValue<string>("DIR") == directory);
    }

    [Test]
    public void A_request_reaches_the_server_as_it_is()
    {
        var request = new MountRequest("a.img", "dir", "ro") { Further = ["b,\"c.img", "d.img"], PidFile = "pid", IsSloppy = true };
        MountRequest? arrived = MountRequest.FromWords(request.ToWords());
        Assert.That(arrived!.Further, Is.EqualTo(request.Further));
        Assert.That(arrived with { Further = request.Further }, Is.EqualTo(request));
    }

    [TestCase("umount -q m", ExpectedResult = "unknown option '-q'")]
    [TestCase("mount -q x.iso m", ExpectedResult = "unknown option '-q'")]
    [TestCase("find -size -1M x.iso", ExpectedResult = null)]
    [TestCase("find -ls -1 x.iso", ExpectedResult = "unknown option '-1'")]
    [TestCase("ls -9 x.iso", ExpectedResult = "unknown option '-9'")]
    [TestCase("info --no-such-option=5 x.iso", ExpectedResult = "unknown option '--no-such-option=5'")]
    [TestCase("ls -//x.img -q", ExpectedResult = "unknown option '-q'")]
    [TestCase("-x x.iso", ExpectedResult = "unknown option '-x'")]
    [TestCase("mount", ExpectedResult = "IMAGE is missing: imagefs mount IMAGE DIR")]
    [TestCase("mount --forground x.iso m", ExpectedResult = "unknown option '--forground'; did you mean '--foreground'?")]
    [TestCase("extract --strip-component=1 x.iso", ExpectedResult = "unknown option '--strip-component=1'; did you mean '--strip-components'?")]
    [TestCase("ls --no-such-thing-at-all x.iso", ExpectedResult = "unknown option '--no-such-thing-at-all'")]
    [TestCase("exrtact x.iso", ExpectedResult = "there is no command 'exrtact', and no image of that name; did you mean 'extract'?")]
    [TestCase("help moutns", ExpectedResult = "there is no command 'moutns'; did you mean 'mounts'?")]
    [TestCase("help something", ExpectedResult = "there is no command 'something'")]
    [TestCase("ls", ExpectedResult = "IMAGE is missing: imagefs ls IMAGE PATH")]
    [TestCase("moutn a.iso b c", ExpectedResult = "there is no command 'moutn', and no image of that name; did you mean 'mount'?")]
    [TestCase("mount --ready-fd x a.iso m", ExpectedResult = "--ready-fd x: not a number")]
    [TestCase("tree -L x a.iso", ExpectedResult = "-L x: not a number")]
    [TestCase("help foo", ExpectedResult = "there is no command 'foo'")]
    [TestCase("help ls extra", ExpectedResult = "help takes one command")]
    public string? What_is_wrong_is_said(string line) => Explain(line);

    private static string? Explain(string line)
    {
        var root = ImageFs.Program.CreateRoot();
        string[] words = line.Split(' ');
        return CommandLine.Explain(root.Parse(CommandLine.WithVerb(root, words), CommandLine.Configuration), words);
    }
}
