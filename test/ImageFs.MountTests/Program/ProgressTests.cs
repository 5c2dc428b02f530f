using System.Text.RegularExpressions;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary>What a terminal shows of a command that takes its time.</summary>
internal sealed partial class ProgressTests
{
    private const string Erase = "\r\u001b[K";

    private TestFolder _folder = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        Need.Program("script", "bsdutils");
        Need.Program("strace", "strace");
        _folder = new TestFolder();
        const string Script = "mkdir t && for i in 1 2 3 4 5 6; do head -c 3M /dev/urandom >t/$i; done && mke2fs -q -t ext4 -d t image 64M && cp image other";
        Tool.Shell($"cd \"$1\" && {Script}", _folder.Path).Succeeded();
    }

    [OneTimeTearDown]
    public void TearDown() => _folder.Dispose();

    // Each read of the image takes a tenth of a second.
    [TestCase("sums image", "MiB", 80)]
    [TestCase("sums image >sums", "MiB", 20)]
    [TestCase("diff image other", "MiB", 20)]
    [TestCase("find image -name 3", "files", 80)]
    [TestCase("tar image -f archive", "MiB", 80)]
    [TestCase("tar image | cat >piped", "MiB", 20)]
    [TestCase("extract image -C out", "MiB", 20)]
    [TestCase("export image raw", "MiB", 80)]
    [TestCase("verify image", "MiB", 80)]
    public void A_command_shows_how_far_it_is_and_takes_that_away(string command, string unit, int width)
    {
        string shown = Show(command, width);
        string[] bars = [.. Bar().Matches(shown).Select(match => match.Groups[1].Value)];
        Assert.That(bars, Has.Length.GreaterThan(1), shown);
        Assert.That(bars, Has.Some.Contain(unit));
        Assert.That(bars.Max(bar => bar.Length), Is.LessThan(width), "a line that is wider would stay on the terminal");
        Assert.That(bars.Any(bar => width == 20 || unit == "files" || WholeBar().IsMatch(bar)), shown);
        AssertOnlyLinesStay(shown, command);
    }

    [TestCase("--exclude=[1-4]", "6 MiB")]
    [TestCase("--exclude=1 1 2 3", "6 MiB")]
    public void The_whole_is_without_what_is_left_out(string arguments, string whole)
    {
        string[] totals = [.. Total().Matches(Show($"extract image -C out {arguments}", 80)).Select(match => match.Groups[1].Value).Distinct()];
        Assert.That(totals, Is.EqualTo(new[] { whole }));
    }

    [Test]
    public void Where_standard_error_is_no_terminal_there_is_none() =>
        Assert.That(Show("sums image 2>errors", 80), Does.Not.Contain('\r' + "\u001b").And.Not.Contain("MiB"));

    private string Show(string command, int width)
    {
        string line = $"stty cols {width}; cd '{_folder.Path}'; rm -rf out raw archive; {Slow(command)}";
        return Tool.Run("script", "-qec", line, "/dev/null").Succeeded().Text;
    }

    private string Slow(string command)
    {
        const string Calls = "pread64,preadv,copy_file_range,sendfile";
        return $"strace -f --seccomp-bpf -qq -o trace -P '{_folder.Path}/image' -e trace={Calls} -e inject={Calls}:delay_enter=100000 '{ImageFsProgram.Path}' {command}";
    }

    // What is left when each bar is taken away are the lines that the command prints elsewhere as well.
    private void AssertOnlyLinesStay(string shown, string command)
    {
        string screen = string.Concat(shown.Split('\n').Select(line => AfterLastErase(line.TrimEnd('\r')) + '\n'));
        string plain = command.AsSpan().ContainsAny('|', '>')
            ? string.Empty
            : Tool.Run("bash", "-c", $"cd '{_folder.Path}'; rm -rf out raw archive; '{ImageFsProgram.Path}' {command}").Succeeded().Text;
        Assert.That(screen.TrimEnd('\n'), Is.EqualTo(plain.TrimEnd('\n')));
    }

    private static string AfterLastErase(string line) => line.LastIndexOf(Erase, StringComparison.Ordinal) is >= 0 and var at ? line[(at + Erase.Length)..] : line;

    [GeneratedRegex(@"\r\u001b\[K([^\r\n\u001b]+)(?=\r\u001b)")]
    private static partial Regex Bar();

    [GeneratedRegex(@" of ([\d.]+ [KMG]iB)")]
    private static partial Regex Total();

    [GeneratedRegex(@"^\[#+-*\] [\d.]+ [KM]iB of [\d.]+ MiB, [\d.]+ [KM]iB/s, \d+ s left$")]
    private static partial Regex WholeBar();
}
