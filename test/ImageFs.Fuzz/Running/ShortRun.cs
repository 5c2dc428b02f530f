using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Fuzz.Targets;

namespace ImageFs.Fuzz.Running;

/// <summary>What the tests run: the corpus of a format, and some mutants more, the same ones each time.</summary>
public static class ShortRun
{
    /// <summary>What is fuzzed in the process of the tests.</summary>
    public static IEnumerable<string> Formats => FuzzTargets.All.Where(target => !target.IsAlone).Select(target => target.Name);

    /// <summary>What has a process for itself: <c>dotnet fuzz.dll NAME</c>.</summary>
    public static IEnumerable<string> Alone => FuzzTargets.All.Where(target => target.IsAlone).Select(target => target.Name);

    /// <summary>The names of the formats that open the seeds, or what is in them.</summary>
    public static IReadOnlySet<string> FindFormats()
    {
        var outcome = new Outcome();
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (FuzzTarget target in FuzzTargets.All)
        {
            foreach (Seed seed in target.Seeds)
            {
                outcome.Clear();
                target.Use(new MutantDevice(seed.Bytes), seed, new Use(outcome, new Random(1), ReadsContents: false));
                found.UnionWith(outcome.Formats);
            }
        }

        return found;
    }

    /// <summary>The sound seeds that do not open, though nothing in them was changed; and those of volumes whose key opens nothing that can be read.</summary>
    public static IEnumerable<string> FindUnopened()
    {
        var outcome = new Outcome();
        foreach (FuzzTarget target in FuzzTargets.All.Where(target => !target.IsAlone))
        {
            foreach (Seed seed in target.Seeds)
            {
                outcome.Clear();
                target.Use(new MutantDevice(seed.Bytes), seed, new Use(outcome, new Random(1)));
                if (!outcome.IsOpened || (seed.Key.Length > 0 && !outcome.IsRead))
                {
                    yield return seed.Name;
                }
            }
        }
    }

    /// <summary>The images of images/ that mutants are made of, by their paths there.</summary>
    public static IEnumerable<string> Seeds => FuzzTargets.All.SelectMany(target => target.Seeds.Concat(target.Damaged)).Select(seed => seed.Name);

    /// <summary>Runs the corpus and some mutants.</summary>
    /// <param name="format">The format.</param>
    /// <param name="mutants">How many.</param>
    /// <param name="time">Time for them, on a slow machine.</param>
    /// <returns>What was found; of all mutants how many were opened, and of how many bytes were read.</returns>
    public static (IReadOnlyList<string> Findings, long Mutants, long Opened, long Read) Do(string format, long mutants, TimeSpan time)
    {
        using var run = new FuzzRun(FuzzTargets.Of([format])[0], seed: 1, Corpus.Read(format));
        run.Run(time, mutants);
        return ([.. run.Findings.Select(finding => finding.ToString())], run.Mutants, run.Opened, run.Read);
    }
}
