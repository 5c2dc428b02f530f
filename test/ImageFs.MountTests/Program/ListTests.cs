using System.Text.Json;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary><c>imagefs ls</c>: what ls(1) prints.</summary>
internal sealed class ListTests
{
    [TestCase("")]
    [TestCase("-1")]
    [TestCase("-a")]
    [TestCase("-t")]
    [TestCase("-S")]
    [TestCase("-r")]
    [TestCase("-tr")]
    [TestCase("-Sr")]
    [TestCase("", "etc", "usr/bin", "far")]
    [TestCase("-d", "etc", "usr")]
    [TestCase("-R", "usr", "a b")]
    public void It_lists_what_ls_does(string options, params string[] paths)
    {
        using var tree = new ScriptTree();

        // Of directories, and of files of one size, a file system of another kind has other sizes.
        Tool.Run("bash", "-ec", "cd \"$0\"; touch -d 2020-01-01 usr; touch -d 2021-01-01 etc; touch -d 2019-01-01 'a b'", tree.Tree).Succeeded();
        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] sorted = options.Contains('S', StringComparison.Ordinal) || options.Contains('t', StringComparison.Ordinal) ? ["usr/bin"] : [];
        string[] named = paths.Length > 0 ? paths : sorted;
        string hidden = options.Contains('a', StringComparison.Ordinal) ? "-A" : string.Empty;
        string expected = tree.InTree($"LC_ALL=C ls {hidden} {options.Replace("-a", string.Empty, StringComparison.Ordinal)} {string.Join(' ', named.Select(path => $"'{path}'"))} | tr '\\200-\\377' '?'").Text;
        string found = Tool.Run("bash", ["-c", "\"$@\" | LC_ALL=C tr '\\200-\\377' '?'", "bash", ImageFsProgram.Path, "ls", .. words, tree.Image, .. named]).Succeeded().Text;
        Assert.That(found, Is.EqualTo(expected));
    }

    [TestCase(60)]
    [TestCase(20)]
    [TestCase(200)]
    public void On_a_terminal_names_stand_in_columns(int width)
    {
        Need.Program("script", "bsdutils");
        using var folder = new TestFolder();
        Tool.Run("bash", "-ec", "cd \"$1\"; mkdir t; cd t; for i in $(seq 1 37); do touch \"$(printf '%*s' $((i * 7 % 13 + 1)) x | tr ' ' a)$i\"; done; touch 漢字 ä; cd ..; mke2fs -q -t ext4 -d t image 8M; rmdir t/lost+found 2>/dev/null || true; mkdir t/lost+found", "bash", folder.Path).Succeeded();
        string Shown(string command) =>
            Tool.Run("script", "-qec", $"stty cols {width} rows 50; export LC_ALL=C.UTF-8 TERM=dumb; cd {folder.Path}/t; {command}", "/dev/null").Succeeded().Text.Replace("\r", string.Empty, StringComparison.Ordinal);
        Assert.That(Lines(Shown($"{ImageFsProgram.Path} ls ../image")), Is.EqualTo(Lines(Shown("ls -C --color=never -N -T0"))));
    }

    [TestCase("TERM=xterm", true)]
    [TestCase("TERM=xterm NO_COLOR=1", false)]
    [TestCase("TERM=dumb", false)]
    public void Names_have_the_colours_of_the_user(string variables, bool isColoured)
    {
        Need.Program("script", "bsdutils");
        using var tree = new ScriptTree();
        string shown = Tool.Run("script", "-qec", $"stty cols 80; export {variables} LS_COLORS='di=01;35:*.conf=33:ex=31;evil\\033[2J'; {ImageFsProgram.Path} ls -1 {tree.Image} etc; {ImageFsProgram.Path} ls -1 {tree.Image} usr/bin", "/dev/null").Succeeded().Text;
        Assert.That(shown, isColoured ? Does.Contain("\e[33ma.conf\e[0m").And.Contain("\e[01;35mconf.d\e[0m").And.Contain("\e[37;41mtr\e[0m").And.Contain("\e[01;36mlink\e[0m") : Does.Not.Contain('\e'));
        Assert.That(shown, Does.Not.Contain("evil").And.Not.Contain("[2J"));
    }

    [Test]
    public void Sizes_have_units()
    {
        using var folder = new TestFolder();
        long[] sizes = [0, 1, 1023, 1024, 1025, 1536, 9 * 1024 + 1, 10 * 1024, 10 * 1024 + 1, 1023 * 1024, 1023 * 1024 + 1, 1 << 20, (1 << 20) + 1, 5_000_000_000, 1L << 40];
        string make = string.Join("; ", sizes.Select((size, i) => $"truncate -s {size} t/{i:d2}"));
        Tool.Run("bash", "-ec", $"cd \"$1\"; mkdir t; {make}; mke2fs -q -t ext4 -d t image 8M; ls -lh t | tail -n +2 | awk '{{print $5}}' >expected", "bash", folder.Path).Succeeded();
        string found = Tool.Run("bash", "-c", "\"$1\" ls -lh \"$2\" | grep -v lost | awk '{print $5}'", "bash", ImageFsProgram.Path, folder["image"]).Succeeded().Text;
        Assert.That(found, Is.EqualTo(File.ReadAllText(folder["expected"])));
    }

    [Test]
    public void Json_is_that_of_find()
    {
        using var tree = new ScriptTree();
        IEnumerable<string?> Paths(params string[] words)
        {
            using var json = JsonDocument.Parse(ImageFsProgram.Run(words).Succeeded().Text);
            return [.. json.RootElement.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString())];
        }

        Assert.That(Paths("ls", "--json", tree.Image, "etc", "empty"), Is.EqualTo(new[] { "empty", "etc/.hidden", "etc/a.conf", "etc/conf.d" }));
        Assert.That(Paths("ls", "--json", "-R", tree.Image, "usr"), Is.EqualTo(Paths("find", "--json", "-mindepth", "1", tree.Image, "usr")));
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Select(line => line.TrimEnd())];
}
