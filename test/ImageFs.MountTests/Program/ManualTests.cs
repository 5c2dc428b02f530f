using System.Text.RegularExpressions;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary>The manual pages, beside what the program says of itself.</summary>
internal sealed partial class ManualTests
{
    private static readonly string s_folder = Path.Combine(TestImages.Sources, "artifacts/man");

    private static IEnumerable<string> Verbs => HelpPage.Verbs;

    [OneTimeSetUp]
    public void Make() => Tool.Run("make", "--no-print-directory", "-C", TestImages.Sources, "man").Succeeded();

    [TestCase("imagefs.1")]
    [TestCase("mount.imagefs.8")]
    public void A_page_is_shown_without_a_warning(string page)
    {
        Need.Program("man", "man-db");
        ToolResult said = Tool.Run("env", "MANROFFOPT=-ww", "MANWIDTH=80", "man", "--warnings", "-E", "UTF-8", "-l", Path.Combine(s_folder, page)).Succeeded();
        Assert.That(said.Error, Is.Empty);
        Assert.That(said.Text, Does.Contain("MOUNT OPTIONS").And.Contain("EXIT STATUS"));
    }

    [TestCaseSource(nameof(Verbs))]
    public void A_command_and_its_options_are_in_the_manual(string verb)
    {
        string page = Read("imagefs.1");
        Assert.That(page, Does.Contain($".B imagefs {verb}\n").And.Contain($".TP\n.B {verb}\n"));
        Assert.That(OptionsOf(page), Is.SupersetOf(HelpPage.Get(verb).Options));
    }

    [Test]
    public void The_manual_has_no_option_that_the_help_has_not() =>
        Assert.That(OptionsOf(Read("imagefs.1")), Is.SubsetOf(Verbs.Append(string.Empty).SelectMany(verb => HelpPage.Get(verb).Options)));

    [Test]
    public void Every_word_of_o_is_in_the_help_and_in_the_manual()
    {
        ILookup<string, string> help = HelpPage.Get("mount").MountOptions;
        string text = File.ReadAllText(Path.Combine(TestImages.Sources, "docs/man/mount-options.man"));
        var sections = Section().Matches(text).ToDictionary(match => match.Groups[1].Value, match => WordsOf(match.Groups[2].Value));
        Assert.That(sections, Has.Count.GreaterThan(3));
        foreach ((string title, string[] words) in sections)
        {
            // "Every format" has several headings in the help.
            IEnumerable<string> shown = help.Contains(title) ? help[title] : help.Where(group => !sections.ContainsKey(group.Key)).SelectMany(group => group);
            Assert.That(words, Is.EquivalentTo(shown), title);
        }
    }

    private static string Read(string page) => File.ReadAllText(Path.Combine(s_folder, page));

    // Options are the tags of paragraphs: .BR \-o ", " \-\-options " \fIOPTIONS"
    private static IEnumerable<string> OptionsOf(string page) =>
        Tag().Matches(page).SelectMany(tag => OptionName().Matches(tag.Groups[1].Value.Replace(@"\-", "-", StringComparison.Ordinal)))
            .Select(match => match.Value).Distinct();

    // .BI name= VALUE, .B name, .BR name ", " name
    private static string[] WordsOf(string section) =>
        [.. Tag().Matches(section).SelectMany(tag => tag.Groups[1].Value.Split("\", \"").Select(word => word.Trim(' ', '"').Split('=')[0]))];

    [GeneratedRegex(@"^\.T[PQ]\n\.B[RI]? (.*)$", RegexOptions.Multiline)]
    private static partial Regex Tag();

    [GeneratedRegex(@"(?<=^| )--?[A-Za-z][A-Za-z0-9-]*")]
    private static partial Regex OptionName();

    [GeneratedRegex(@"^\.SS (.*)\n((?:(?!\.S[SH]).*\n)*)", RegexOptions.Multiline)]
    private static partial Regex Section();
}
