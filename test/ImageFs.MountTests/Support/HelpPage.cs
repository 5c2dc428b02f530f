using System.Text.RegularExpressions;

namespace ImageFs.MountTests.Support;

/// <summary>What <c>--help</c> prints, taken apart.</summary>
internal sealed partial class HelpPage
{
    private HelpPage(string text) => Text = text;

    /// <summary>The program's commands.</summary>
    public static IReadOnlyList<string> Verbs { get; } = FindVerbs();

    public string Text { get; }

    /// <summary>Options by all their names: "-o", "--options".</summary>
    public IEnumerable<string> Options => Rows().SelectMany(row => OptionName().Matches(row)).Select(match => match.Value).Distinct();

    /// <summary>The words of <c>-o</c>, by their headings: "iso9660".</summary>
    public ILookup<string, string> MountOptions =>
        (from heading in MountHeading().Matches(Text)
         from row in Rows(heading.Groups[2].Value)
         select (heading.Groups[1].Value, Name: row.Split('=')[0])).ToLookup(pair => pair.Value, pair => pair.Name);

    /// <summary>The help of a command; without a name the program's.</summary>
    public static HelpPage Get(string verb = "")
    {
        ToolResult said = ImageFsProgram.Run([.. verb.Length == 0 ? [] : new[] { verb }, "--help"]).Succeeded();
        return said.Error.Length == 0 ? new HelpPage(said.Text) : throw new InvalidOperationException(said.Error);
    }

    private static List<string> FindVerbs()
    {
        HelpPage page = Get();
        return [.. page.Rows().Where(row => VerbName().IsMatch(row))];
    }

    private IEnumerable<string> Rows() => Rows(Text);

    // What is typed stands two columns in, and ends before two blanks.
    private static IEnumerable<string> Rows(string text) => RowStart().Matches(text).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"^  (\S+( \S+)*)", RegexOptions.Multiline)]
    private static partial Regex RowStart();

    [GeneratedRegex(@"(?<=^|, )--?[A-Za-z][A-Za-z0-9-]*")]
    private static partial Regex OptionName();

    [GeneratedRegex(@"^(.+) \(-o\):\n((  .*\n)+)", RegexOptions.Multiline)]
    private static partial Regex MountHeading();

    [GeneratedRegex(@"^[a-z]+$")]
    private static partial Regex VerbName();
}
