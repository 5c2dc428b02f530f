using System.Text.RegularExpressions;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Architecture;

/// <summary>A format stands on what all share, and never on another format: either can be changed, or taken away, alone (docs/design.md).</summary>
public sealed class FormatsTests
{
    // File systems that are made of a disc's tracks: their format is the disc's.
    private const string Discs = "CompactDisc";

    private static readonly string s_sources = Path.Combine(SourceTree.Folder, "src", "ImageFs.FileSystems");

    private static readonly string[] s_formats =
    [
        Discs,
        .. Directory.EnumerateDirectories(s_sources).Where(folder => Directory.EnumerateFiles(folder, "*Format.cs").Any()).Select(folder => Path.GetFileName(folder)),
    ];

    [Test]
    public void The_formats_are_found() => Assert.That(s_formats, Is.SupersetOf(new[] { "Iso9660", "Udf", "Ext", "Fat", "ExFat" }));

    [TestCaseSource(nameof(s_formats))]
    public void A_format_names_no_other(string format) =>
        Assert.That(FindNames(format, [.. s_formats.Where(other => other != format)]), Is.Empty);

    [Test]
    public void What_formats_share_names_none_of_them()
    {
        IEnumerable<string> shared = Directory.EnumerateDirectories(s_sources).Select(folder => Path.GetFileName(folder)).Except(s_formats);
        Assert.That(shared.SelectMany(folder => FindNames(folder, s_formats)), Is.Empty);
    }

    private static IEnumerable<string> FindNames(string folder, string[] formats)
    {
        var name = new Regex($@"(?<!//.*)\b(FileSystems\.)?({string.Join('|', formats)})(?(1)\b|\.[A-Z])");
        return Directory.EnumerateFiles(Path.Combine(s_sources, folder), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => name.Matches(File.ReadAllText(file)).Select(match => $"{Path.GetRelativePath(s_sources, file)}: {match.Value}"));
    }
}
