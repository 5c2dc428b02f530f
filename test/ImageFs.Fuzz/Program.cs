using System.Globalization;
using ImageFs.Fuzz.Coverage;
using ImageFs.Fuzz.Running;
using ImageFs.Fuzz.Targets;

namespace ImageFs.Fuzz;

/// <summary><c>fuzz FORMAT[,FORMAT...] [minutes=N] [seed=N] [mutants=N] [keep] [count|guide]</c>: see docs/security.md.</summary>
internal static class Program
{
    private const int Failed = 1;
    private const int UsageError = 2;

    private static int Main(string[] arguments)
    {
        try
        {
            IReadOnlyList<FuzzTarget> targets = FuzzTargets.Of((arguments.FirstOrDefault() ?? "all").Split(',', ' '));
            Dictionary<string, string> settings = arguments.Skip(1).Select(word => word.Split('=')).ToDictionary(parts => parts[0], parts => parts[^1]);
            double minutes = settings.TryGetValue("minutes", out string? text) ? double.Parse(text, CultureInfo.InvariantCulture) : 1;
            int seed = settings.TryGetValue("seed", out text) && text.Length > 0 ? int.Parse(text, CultureInfo.InvariantCulture) : Environment.TickCount;
            long mutants = settings.TryGetValue("mutants", out text) ? long.Parse(text, CultureInfo.InvariantCulture) : long.MaxValue;
            if (!CountedCopy.IsThis && (settings.ContainsKey("count") || settings.ContainsKey("guide")))
            {
                return CountedCopy.Run(arguments);
            }

            int findings = targets.Sum(target => Run(target, TimeSpan.FromMinutes(minutes), seed, mutants, settings));
            return findings == 0 ? 0 : Failed;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            Console.Error.WriteLine($"fuzz: {e.Message}");
            return UsageError;
        }
    }

    private static int Run(FuzzTarget target, TimeSpan time, int seed, long mutants, Dictionary<string, string> settings)
    {
        using var run = new FuzzRun(target, seed, Corpus.Read(target.Name)) { IsGuided = settings.ContainsKey("guide"), KeepsCorpus = settings.ContainsKey("keep") };
        TimeSpan began = Environment.CpuUsage.TotalTime;
        run.Run(time, mutants);
        foreach (Finding finding in run.Findings)
        {
            Console.WriteLine($"FINDING {finding}");
        }

        if (run.KeepsCorpus)
        {
            Corpus.Add(target.Name, run.Added);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {target.Name}: {run.Mutants} mutants of seed={seed}, {run.Mutants / (Environment.CpuUsage.TotalTime - began).TotalSeconds:F0} in a second of processor time; {100 * run.Opened / run.Mutants} % opened, {100 * run.Read / run.Mutants} % read; {run.Features} kinds of errors, {run.Added.Count} new; {run.Seals} checksums; {run.Findings.Count} findings
            """));
        if (CountedCopy.IsThis)
        {
            Console.WriteLine($"{target.Name}: {BlockHits.Count} blocks of code have run");
        }

        return run.Findings.Count;
    }
}
