using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Completion, by the shells themselves.</summary>
internal sealed class CompletionTests
{
    private static readonly string s_scripts = Path.Combine(TestImages.Sources, "packaging/completions");

    private static readonly Lazy<string> s_disk = new(MakeDisk);

    private static IEnumerable<string> Verbs => HelpPage.Verbs;

    [Test]
    public void Bash_completes_every_command() => Assert.That(Bash("imagefs "), Is.EquivalentTo(Verbs));

    [TestCaseSource(nameof(Verbs))]
    public void Bash_completes_every_option_of_a_command(string verb) =>
        Assert.That(Bash($"imagefs {verb} -"), Is.SupersetOf(HelpPage.Get(verb).Options).And.SupersetOf(new[] { "-h", "--help" }));

    [Test]
    public void Bash_completes_every_word_of_o()
    {
        IEnumerable<string> words = HelpPage.Get("mount").MountOptions.SelectMany(group => group).Distinct();
        Assert.That(Bash("imagefs mount -o ro,").Select(word => word["ro,".Length..].TrimEnd('=')), Is.EquivalentTo(words));
    }

    [TestCase("imagefs umo", "umount")]
    [TestCase("imagefs mount -o ro,fs=is", "iso9660")]
    [TestCase("imagefs mount -o ro,overr", "ro,overriderockperm")]
    [TestCase("imagefs info my", "my disk.iso")]
    [TestCase("imagefs info my\\ disk.iso --js", "--json")]
    [TestCase("imagefs my\\ disk.iso fo", "folder")]
    [TestCase("imagefs my\\ disk.iso my", "my disk.iso")]
    [TestCase("imagefs my\\ disk.iso my\\ disk.iso fo", "folder")]
    [TestCase("imagefs extract my\\ disk.iso -C fo", "folder")]
    [TestCase("imagefs extract my\\ disk.iso --directory=fo", "folder")]
    [TestCase("imagefs cat my\\ disk.iso REA", "README.txt")]
    [TestCase("imagefs cat my\\ disk.iso docs/m", "docs/manual.txt")]
    [TestCase("imagefs cat my\\ disk.iso do", "docs/")]
    [TestCase("imagefs ls disk//li", "disk//live/")]
    [TestCase("imagefs ls disk//live/d", "disk//live/disc.iso")]
    [TestCase("imagefs mount disk//live/disc.iso//do", "disk//live/disc.iso//docs/")]
    [TestCase("imagefs cat disk//live/disc.iso REA", "README.txt")]
    [TestCase("imagefs cat disk//live/disc.iso docs/m", "docs/manual.txt")]
    [TestCase("imagefs ls disk//live/none.iso//do")]
    [TestCase("imagefs cat no-such-image REA")]
    [TestCase("imagefs cat folder REA")]
    [TestCase("imagefs info my\\ disk.iso REA")]
    public void Bash_completes_a_word(string line, params string[] expected) => Assert.That(Bash(line), Is.EqualTo(expected));

    [TestCase("imagefs umo", "umount")]
    [TestCase("imagefs mount -o ro,fs=is", "ro,fs=iso9660")]
    [TestCase("imagefs info my", "my disk.iso")]
    [TestCase("imagefs cat my\\ disk.iso REA", "README.txt")]
    [TestCase("imagefs extract my\\ disk.iso --directory=fo", "--directory=folder/")]
    public void Fish_completes_a_word(string line, string expected)
    {
        Need.Program("fish", "fish");
        using TestFolder folder = Prepare();
        const string Script = "cd $argv[1]; set -x PATH $argv[2] $PATH; source $argv[3]/imagefs.fish; complete -C $argv[4]";
        string text = Tool.Run("env", $"HOME={folder.Path}", "fish", "--no-config", "-c", Script, folder.Path, ProgramFolder, s_scripts, line).Succeeded().Text;
        Assert.That(text.TrimEnd('\n').Split('\n').Select(word => word.Split('\t')[0]), Is.EqualTo(new[] { expected }));
    }

    [TestCase("imagefs umo", "imagefs umount ")]
    [TestCase("imagefs mount -o ro,overr", "imagefs mount -o ro,overriderockperm ")]
    [TestCase("imagefs info my", "imagefs info my\\ disk.iso ")]
    [TestCase("imagefs cat my\\ disk.iso REA", "imagefs cat my\\ disk.iso README.txt ")]
    public void Zsh_completes_a_word(string line, string expected)
    {
        Need.Program("zsh", "zsh");
        using TestFolder folder = Prepare();
        string script = Path.Combine(AppContext.BaseDirectory, "Native/complete.zsh");
        ToolResult said = Tool.Run("zsh", "-f", script, folder.Path, ProgramFolder, s_scripts, line).Succeeded();
        Assert.That(said.Text, Is.EqualTo($"{expected}\n"));
    }

    [Test]
    public void Mount_points_complete_where_one_is_wanted([Values("umount", "stats")] string verb)
    {
        using var mount = ImageMount.Mount(TestImages.Get("sample"));
        Assert.That(Bash($"imagefs {verb} {mount.Directory[..^1]}"), Is.EqualTo(new[] { mount.Directory }));
    }

    // An image with the other inside.
    private static string MakeDisk()
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("tree");
        folder.CreateDirectory("tree/live");
        File.Copy(TestImages.Get("sample"), folder["tree/live/disc.iso"]);
        string disk = Path.Combine(RunFolder.Path, "completion.ext4");
        Tool.Run("mke2fs", "-q", "-F", "-t", "ext4", "-d", folder["tree"], disk, "4M").Succeeded();
        return disk;
    }

    private static string ProgramFolder => Path.GetDirectoryName(ImageFsProgram.Path)!;

    private static TestFolder Prepare()
    {
        var folder = new TestFolder();
        File.Copy(TestImages.Get("sample"), folder["my disk.iso"]);
        folder.CreateDirectory("folder");
        File.Copy(s_disk.Value, folder["disk"]);
        return folder;
    }

    private static string[] Bash(string line)
    {
        using TestFolder folder = Prepare();
        const string Script = """
            cd "$1" && PATH=$2:$PATH && . "$3/imagefs.bash" && complete -p imagefs >&2 && COMP_LINE=$4 COMP_POINT=${#4} && _imagefs imagefs
            [[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
            """;
        ToolResult said = Tool.Run("bash", "--norc", "-ic", Script, "bash", folder.Path, ProgramFolder, s_scripts, line);
        Assert.That(said.Error, Does.Contain("complete -F _imagefs imagefs"));
        return said.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
