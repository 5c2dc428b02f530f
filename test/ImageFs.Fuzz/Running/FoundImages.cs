using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Targets;

namespace ImageFs.Fuzz.Running;

/// <summary>The images that a mistake was found with, as files: what has a comment in the corpus says which one.</summary>
public static class FoundImages
{
    /// <summary>The formats that there are some of.</summary>
    public static IEnumerable<string> Formats => FuzzTargets.All.Select(target => target.Name).Where(name => Corpus.ReadMistakes(name).Count > 0);

    /// <summary>Writes those of a format.</summary>
    /// <param name="format">The format.</param>
    /// <param name="folder">Where to.</param>
    /// <returns>What was wrong when each was found, the file, and the mount options that it is opened with.</returns>
    public static IReadOnlyList<(string Mistake, string Path, string Options)> Write(string format, string folder)
    {
        FuzzTarget target = FuzzTargets.Of([format])[0];
        var written = new List<(string, string, string)>();
        foreach ((string mistake, Patch patch) in Corpus.ReadMistakes(format))
        {
            string path = Path.Combine(folder, $"{format}-{written.Count + 1}.img");
            var mutant = new Mutant(target.Seeds.Concat(target.Damaged).First(seed => seed.Name == patch.Seed));
            patch.Apply(mutant);
            File.WriteAllBytes(path, mutant.Bytes.Span);
            written.Add((mistake, path, mutant.Seed.Options));
        }

        return written;
    }
}
