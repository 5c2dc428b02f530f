using ImageFs.Fuzz.Checksums;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Fuzz.Targets;

namespace ImageFs.Fuzz.Running;

/// <summary>A seed made ready: what its parser reads of it is known, and its checksums are found.</summary>
internal sealed class SeedRun
{
    private const int MinChecksEvery = 8;
    private const int FreeBytes = 64 << 10;

    private readonly Mutator _mutator;

    /// <param name="target">The parser.</param>
    /// <param name="seed">The image.</param>
    public SeedRun(FuzzTarget target, Seed seed)
    {
        Mutant = new Mutant(seed);
        Repair = new ChecksumRepair(seed.Bytes, target.FindSeals(seed.Bytes));
        Seed[] donors = [.. target.Seeds.Where(other => other.Bytes.Length > 0)];
        List<(int Offset, int Length)> structures = Record(target, seed, readsContents: false, runsChecks: false);
        List<(int Offset, int Length)> all = Record(target, seed, readsContents: true, runsChecks: false);
        List<(int Offset, int Length)> withChecks = Record(target, seed, readsContents: true, runsChecks: true);
        var structuresMap = new ReadMap(seed.Bytes, structures);
        _mutator = new Mutator(structuresMap, new ReadMap(seed.Bytes, withChecks), donors);
        IsRead = !structuresMap.IsEmpty;
        Cost = FreeBytes + all.Sum(read => (long)read.Length);
        ChecksEvery = (int)Math.Max(MinChecksEvery, 4 * withChecks.Sum(read => (long)read.Length) / Cost);
    }

    /// <summary>Its mutant.</summary>
    public Mutant Mutant { get; }

    /// <summary>Whether the parser reads anything of it, besides zeros.</summary>
    public bool IsRead { get; }

    /// <summary>Bytes that are read of it, and some for what else there is to do: what a mutant costs.</summary>
    public long Cost { get; }

    /// <summary>One mutant in so many is checked as well as read: where that reads all of a large image, seldom.</summary>
    public int ChecksEvery { get; }

    /// <summary>Its checksums.</summary>
    public ChecksumRepair Repair { get; }

    /// <summary>Corpus that was made of it: mutants whose changes are a start for others.</summary>
    public List<Patch> Corpus { get; } = [];

    /// <summary>Makes the next mutant.</summary>
    public void Change(Random random)
    {
        Mutant.Restore();
        if (Corpus.Count > 0 && random.Next(3) == 0)
        {
            Corpus[random.Next(Corpus.Count)].Apply(Mutant);
        }

        _mutator.Change(Mutant, random);

        // Some keep their wrong checksums, for the code that finds them.
        if (random.Next(16) != 0)
        {
            Repair.Run(Mutant);
        }
    }

    private static List<(int Offset, int Length)> Record(FuzzTarget target, Seed seed, bool readsContents, bool runsChecks)
    {
        var device = new MutantDevice(seed.Bytes) { Reads = [] };
        target.Use(device, seed, new Use(new Outcome(), new Random(0), readsContents, runsChecks));
        return device.Reads;
    }
}
