using ImageFs.Fuzz.Mutation;
using ImageFs.Tests.Support;

namespace ImageFs.Fuzz.Running;

/// <summary>Mutants that are kept, a file of patches for each format: those that gave an error of a new kind, and those that found a mistake.</summary>
internal static class Corpus
{
    /// <summary>The file of a format.</summary>
    public static string PathOf(string target) => Path.Combine(SourceTree.Folder, "test", "ImageFs.Fuzz", "corpus", $"{target}.txt");

    /// <summary>Reads those of a format; none where there is no file.</summary>
    public static IReadOnlyList<Patch> Read(string target) =>
        [.. ReadLines(target).Where(line => line.Length > 0 && line[0] != '#').Select(Patch.Parse)];

    /// <summary>Reads those of a format that a mistake was found with, each with what it was.</summary>
    public static IReadOnlyList<(string Mistake, Patch Patch)> ReadMistakes(string target)
    {
        string[] lines = ReadLines(target);
        return [.. lines.Zip(lines.Skip(1)).Where(pair => pair.First.StartsWith('#')).Select(pair => (pair.First.TrimStart('#', ' '), Patch.Parse(pair.Second)))];
    }

    /// <summary>Adds some.</summary>
    public static void Add(string target, IEnumerable<Patch> patches)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(target))!);
        File.AppendAllLines(PathOf(target), patches.Select(patch => patch.ToString()));
    }

    private static string[] ReadLines(string target) => File.Exists(PathOf(target)) ? File.ReadAllLines(PathOf(target)) : [];
}
