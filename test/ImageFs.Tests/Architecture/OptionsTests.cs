using System.Text.RegularExpressions;
using ImageFs.Help;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Architecture;

/// <summary>What the layers take as mount options is told in the help. The manual is held to the help by a test of its own.</summary>
public sealed partial class OptionsTests
{
    [Test]
    public void Every_option_that_is_taken_is_in_the_help()
    {
        string[] taken = [.. Directory.EnumerateFiles(Path.Combine(SourceTree.Folder, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Take().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["option"].Value).Distinct()];
        string[] told = [.. MountOptionHelp.Groups.SelectMany(group => group.Rows).Select(row => row.Term.Split('=')[0])];
        Assert.That(taken, Does.Contain("reply").And.Contain("tree").And.Contain("codepage").And.Contain("session"));
        Assert.That(taken.Except(told), Is.Empty);
    }

    // Each layer takes from one list what it knows: the first would take the other's. Formats do not meet, and may have an option each.
    [Test]
    public void No_option_means_two_things_to_layers_that_meet()
    {
        HelpGroup last = MountOptionHelp.Groups.First(group => group.Title == "How it is served (-o)");
        string[] names = [.. MountOptionHelp.Groups.TakeWhile(group => group != last).Append(last).SelectMany(group => group.Rows).Select(row => row.Term.Split('=')[0])];
        Assert.That(names, Does.Contain("header").And.Contain("reply-header"));
        Assert.That(names, Is.Unique);
    }

    // options.TakeFlag("tree"), options.TryTake("uid", out ...), TakeChoice(options, "cache", ...)
    [GeneratedRegex("""Take\w*\((options, )?"(?<option>[a-z_][\w-]*)"[,)]""")]
    private static partial Regex Take();
}
