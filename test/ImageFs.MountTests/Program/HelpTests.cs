using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary>What <c>--help</c> and <c>--version</c> say.</summary>
internal sealed class HelpTests
{
    private const int Usage = 1;

    private static IEnumerable<string> Verbs => HelpPage.Verbs;

    [Test]
    public void The_programs_help_names_its_commands_with_examples_first()
    {
        string text = HelpPage.Get().Text;
        Assert.That(text, Does.StartWith("Usage: imagefs [-o OPTIONS] IMAGE [DIR]\n").And.EndWith("'man imagefs'.\n"));
        Assert.That(Verbs, Is.SupersetOf(new[] { "mount", "umount", "info", "ls", "tree", "cat", "extract", "extents", "stats" }));
        Assert.That(text.IndexOf("Examples:", StringComparison.Ordinal), Is.InRange(0, text.IndexOf("Options:", StringComparison.Ordinal)));
    }

    [TestCaseSource(nameof(Verbs))]
    public void A_commands_help_has_usage_purpose_examples_and_the_manual(string verb)
    {
        string[] lines = HelpPage.Get(verb).Text.Split('\n');
        Assert.That(lines[0], Does.StartWith($"Usage: imagefs {verb} [OPTION]..."));
        Assert.That(lines[2], Is.Not.Empty);
        Assert.That(lines, Has.Member("Examples:").And.Member("More: the manual, 'man imagefs'."));
        Assert.That(lines, Has.All.Length.LessThanOrEqualTo(80));
    }

    [Test]
    public void Options_of_the_mount_stand_in_groups_with_their_defaults()
    {
        HelpPage page = HelpPage.Get("mount");
        Assert.That(page.Text, Does.Contain("\nServing:\n").And.Match(@"reply=auto[^=]*\(default:\s+auto\)"));
        Assert.That(page.MountOptions["iso9660"], Does.Contain("norock"));
    }

    [TestCase("--help")]
    [TestCase("-h")]
    public void Help_goes_before_what_else_is_wrong(string option)
    {
        ToolResult said = ImageFsProgram.Run("cat", option, "--no-such-option");
        Assert.That(said.ExitCode, Is.Zero);
        Assert.That(said.Text, Does.StartWith("Usage: imagefs cat"));
    }

    [TestCase("--version")]
    [TestCase("-V")]
    public void The_version_is_a_line(string option) => Assert.That(ImageFsProgram.Run(option).Succeeded().Text, Does.Match(@"\Aimagefs \d+\.\d+\.\d+\n\z"));

    [TestCase("ls")]
    [TestCase("mount", "--no-such-option", "x", "y")]
    public void Wrong_usage_is_told_on_standard_error_with_where_to_look(params string[] arguments)
    {
        ToolResult said = ImageFsProgram.Run(arguments);
        Assert.That(said.ExitCode, Is.EqualTo(Usage));
        Assert.That(said.Text, Is.Empty);
        Assert.That(said.Error, Does.Contain($"try 'imagefs {arguments[0]} --help'"));
    }

    [TestCase("", true)]
    [TestCase("NO_COLOR=1", false)]
    [TestCase("TERM=dumb", false)]
    public void Headings_are_bold_on_a_terminal_that_wants_it(string setting, bool isBold)
    {
        Need.Program("script", "bsdutils");
        string text = Tool.Run("env", "TERM=xterm", "script", "-qec", $"env {setting} '{ImageFsProgram.Path}' --help", "/dev/null").Succeeded().Text;
        Assert.That(text, Does.Contain("Usage:"));
        Assert.That(text.Contains("\e[1mUsage:", StringComparison.Ordinal), Is.EqualTo(isBold));
    }

    [TestCase("--help")]
    [TestCase("doctor")]
    [TestCase("info /etc/passwd")]
    [TestCase("cat /no/such/image x")]
    public void The_terminal_is_left_as_it_was(string line)
    {
        ToolResult said = Tool.Run("script", "-qec", $"TERM=xterm {ImageFsProgram.Path} {line}", "/dev/null");
        Assert.That(said.Text, Does.Not.Contain("\u001b[?1h").And.Not.Contain("\u001b=").And.Not.Empty);
    }
}
