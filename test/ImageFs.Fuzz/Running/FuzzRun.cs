using System.Diagnostics;
using ImageFs.Fuzz.Coverage;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Fuzz.Targets;

namespace ImageFs.Fuzz.Running;

/// <summary>
/// Mutants of one format, one after the other in one thread. The same seed number gives the same mutants: the corpus grows by what they
/// give, and by nothing else.
/// </summary>
internal sealed class FuzzRun : IDisposable
{
    private const int MaxFindings = 20;
    private const int Retries = 3;
    private const long MinCost = 1 << 20;
    private const long MaxCost = 4 << 20;

    private readonly FuzzTarget _target;
    private readonly Random _random;
    private readonly SeedRun[] _seeds;
    private readonly HashSet<ulong> _features = [];
    private readonly HashSet<string> _places = [];
    private readonly Outcome _outcome = new();
    private readonly Watchdog _watchdog;

    /// <param name="target">The parser.</param>
    /// <param name="seed">What the mutants are made by.</param>
    /// <param name="corpus">Mutants that are tried first, and kept as a start for others.</param>
    public FuzzRun(FuzzTarget target, int seed, IEnumerable<Patch> corpus)
    {
        _target = target;
        _random = new Random(seed);
        var starts = new List<Patch>();
        _seeds = [.. target.Seeds.Concat(TakeDamage(target, starts)).Select(image => new SeedRun(target, image)).Where(run => run.IsRead)];
        _watchdog = new Watchdog(() => new Finding(target.Name, Patch.Of(Current!.Mutant), $"it was used for more than {Limits.Hang.TotalSeconds} s of processor time", "hang"));
        foreach (SeedRun run in _seeds)
        {
            run.Mutant.Restore();
            Try(run, runsChecks: true);
            _features.UnionWith(_outcome.Features);
        }

        foreach (Patch patch in corpus.Concat(starts))
        {
            SeedRun run = Find(patch.Seed);
            run.Mutant.Restore();
            patch.Apply(run.Mutant);
            Try(run, runsChecks: true);
            run.Corpus.Add(patch);
            _features.UnionWith(_outcome.Features);
        }
    }

    /// <summary>Whether a mutant is a start for others when it had code run that never ran before, where that is counted.</summary>
    public bool IsGuided { get; init; }

    /// <summary>Whether <see cref="Added"/> goes to the corpus.</summary>
    public bool KeepsCorpus { get; init; }

    /// <summary>Mutants that were tried.</summary>
    public long Mutants { get; private set; }

    /// <summary>Those of them that could be opened.</summary>
    public long Opened { get; private set; }

    /// <summary>Those of which bytes were read.</summary>
    public long Read { get; private set; }

    /// <summary>Checksums that are repaired.</summary>
    public int Seals => _seeds.Sum(seed => seed.Repair.Count);

    /// <summary>Errors of different kinds that were given.</summary>
    public int Features => _features.Count;

    /// <summary>What was found, each once.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>Mutants that gave an error which none before them gave.</summary>
    public List<Patch> Added { get; } = [];

    private SeedRun? Current { get; set; }

    /// <summary>Tries mutants until there were enough, or the time is over.</summary>
    public void Run(TimeSpan time, long mutants = long.MaxValue)
    {
        var clock = Stopwatch.StartNew();
        BlockHits.TakeNew();
        for (long i = 0; i < mutants && clock.Elapsed < time && Findings.Count < MaxFindings; i++)
        {
            SeedRun run = Choose();
            bool runsChecks = _random.Next(run.ChecksEvery) == 0;
            run.Change(_random);
            Try(run, runsChecks);
            Keep(run, runsChecks);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watchdog.Dispose();

    // Takes the patches out of what is damaged, and gives what is none.
    private static List<Seed> TakeDamage(FuzzTarget target, List<Patch> patches)
    {
        var seeds = new List<Seed>();
        foreach (Seed damaged in target.Damaged)
        {
            if (target.Seeds.Select(sound => Patch.Between(sound, damaged.Bytes)).FirstOrDefault(patch => patch is not null) is { } patch)
            {
                patches.Add(patch);
            }
            else
            {
                seeds.Add(damaged);
            }
        }

        return seeds;
    }

    // As much work for each seed, and so more mutants of those that cost less.
    private SeedRun Choose()
    {
        double place = _random.NextDouble() * _seeds.Sum(WeightOf);
        foreach (SeedRun run in _seeds)
        {
            place -= WeightOf(run);
            if (place < 0)
            {
                return run;
            }
        }

        return _seeds[^1];

        static double WeightOf(SeedRun run) => 1.0 / Math.Clamp(run.Cost, MinCost, MaxCost);
    }

    private SeedRun Find(string name) => Array.Find(_seeds, run => run.Mutant.Seed.Name == name)
        ?? throw new InvalidDataException($"the corpus of {_target.Name} names a seed \"{name}\" that there is not");

    private void Try(SeedRun run, bool runsChecks)
    {
        Current = run;
        Mutants++;
        if (Problem(run, runsChecks) is { } finding)
        {
            if (_places.Add(finding.Place))
            {
                Findings.Add(Minimise(run, finding, runsChecks));
            }
        }

        Opened += _outcome.IsOpened ? 1 : 0;
        Read += _outcome.IsRead ? 1 : 0;
    }

    private Finding? Problem(SeedRun run, bool runsChecks)
    {
        Finding? slow = null;
        for (int i = 0; i < Retries; i++)
        {
            _outcome.Clear();
            _watchdog.Begin();
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                _target.Use(new MutantDevice(run.Mutant.Bytes), run.Mutant.Seed, new Use(_outcome, new Random(run.Mutant.Length), true, runsChecks));
            }
            catch (Exception e) when (e is not OutOfMemoryException { InnerException: not null })
            {
                return Finding.Of(_target.Name, Patch.Of(run.Mutant), e);
            }
            finally
            {
                _watchdog.End();
            }

            TimeSpan elapsed = _watchdog.Taken;
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            if (allocated > _target.MaxAllocated)
            {
                return new Finding(_target.Name, Patch.Of(run.Mutant), $"{allocated} bytes were allocated", "memory");
            }

            if (elapsed <= Limits.Time)
            {
                return null;
            }

            // It counts if it is slow each time: methods are compiled meanwhile, and threads collect garbage.
            slow = new Finding(_target.Name, Patch.Of(run.Mutant), $"it took {elapsed.TotalSeconds:F1} s", "time");
        }

        return slow;
    }

    private void Keep(SeedRun run, bool runsChecks)
    {
        ulong[] news = [.. _outcome.Features.Where(_features.Add)];
        bool isNewCode = CountedCopy.IsThis && BlockHits.TakeNew() && IsGuided;
        if (news.Length == 0)
        {
            if (isNewCode)
            {
                run.Corpus.Add(Patch.Of(run.Mutant));
            }

            return;
        }

        Patch patch = Minimiser.Run(Patch.Of(run.Mutant), KeepsCorpus ? Minimiser.Thorough : Minimiser.Rough, candidate =>
        {
            run.Mutant.Restore();
            candidate.Apply(run.Mutant);
            return Problem(run, runsChecks) is null && news.All(_outcome.Features.Contains);
        });
        run.Corpus.Add(patch);
        Added.Add(patch);
    }

    private Finding Minimise(SeedRun run, Finding finding, bool runsChecks)
    {
        Finding last = finding;
        Minimiser.Run(finding.Patch, Minimiser.Thorough, candidate =>
        {
            run.Mutant.Restore();
            candidate.Apply(run.Mutant);
            Finding? found = Problem(run, runsChecks);
            last = found?.Place == finding.Place ? found : last;
            return found?.Place == finding.Place;
        });
        return last;
    }
}
