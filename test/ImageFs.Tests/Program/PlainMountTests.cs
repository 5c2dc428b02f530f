using System.CommandLine;
using ImageFs.Commands;
using ImageFs.Mounting;

namespace ImageFs.Tests.Program;

/// <summary>The short way of the plain mount command, against the parser that it goes around.</summary>
public sealed class PlainMountTests
{
    private static readonly string[] s_words =
    [
        "mount", "umount", "info", "ls", "help", "a.iso", "./b", "/dev/sr0", "dir", "/mnt", "ro", "uid=1000,ro", "-o", "--options", "-oro", "-o=ro",
        "-f", "--tree", "--", "-", "@file", "[suggest]", "/h", "/?", "-?", "", "x=y", "disk.img//inner.iso",
    ];

    [TestCase("a.iso dir")]
    [TestCase("mount a.iso dir")]
    [TestCase("mount image dir -o ro")]
    [TestCase("-o ro,uid=1 ./image /mnt -o gid=2")]
    public void What_people_type_goes_the_short_way(string line) => Assert.That(PlainMount.Parse(line.Split(' ')), Is.Not.Null);

    [TestCase("info a.iso")]
    [TestCase("umount /mnt")]
    [TestCase("mount -f a.iso dir")]
    [TestCase("mount a.iso")]
    [TestCase("image dir")]
    [TestCase("mount a.iso dir -o")]
    public void All_else_is_for_the_parser(string line) => Assert.That(PlainMount.Parse(line.Split(' ')), Is.Null);

    [Test]
    public void It_means_what_the_parser_takes_it_for()
    {
        var random = new Random(20261123);
        var root = ImageFs.Program.CreateRoot();
        int compared = 0;
        for (int i = 0; i < 200_000; i++)
        {
            string[] line = [.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => s_words[random.Next(s_words.Length)])];
            if (PlainMount.Parse(line) is { } request)
            {
                compared++;
                ParseResult parsed = root.Parse(CommandLine.WithVerb(root, line), CommandLine.Configuration);
                string shown = string.Join(' ', line);
                Assert.That(parsed.Errors, Is.Empty, shown);
                Assert.That(parsed.CommandResult.Command.Name, Is.EqualTo("mount"), shown);
                string options = string.Join(',', parsed.GetValue<string[]>("-o") ?? []);
                Assert.That(request, Is.EqualTo(new MountRequest(parsed.GetValue<string[]>("IMAGE")!.Single(), parsed.GetValue<string>("DIR")!, options)), shown);
            }
        }

        Assert.That(compared, Is.GreaterThan(1000));
    }
}
