using ImageFs.Fuzz.Targets;

namespace ImageFs.Fuzz.Running;

/// <summary>What the tests run: the corpus of a format, and some mutants more, the same ones each time.</summary>
public static class ShortRun
{
    /// <summary>The formats that are fuzzed.</summary>
    public static IEnumerable<string> Formats => FuzzTargets.All.Select(target => target.Name);

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
