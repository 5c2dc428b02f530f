using ImageFs.Fuzz.Checksums;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Storage;

namespace ImageFs.Fuzz.Targets;

/// <summary>A parser that is fuzzed: its seeds, and what is done with a mutant of one.</summary>
/// <param name="name">The name of the format: <c>make fuzz FORMAT=ext</c>.</param>
/// <param name="seeds">Sound images.</param>
internal abstract class FuzzTarget(string name, IReadOnlyList<Seed> seeds)
{
    // What a mount keeps in memory would be made anew for each mutant.
    private const int CacheBytes = 512 << 10;

    /// <summary>The name of the format.</summary>
    public string Name => name;

    /// <summary>Sound images.</summary>
    public IReadOnlyList<Seed> Seeds => seeds;

    /// <summary>
    /// Damaged images (images/invalid). One that differs in little from a sound one is a start for mutants of that; any other is itself one
    /// that mutants are made of.
    /// </summary>
    public IReadOnlyList<Seed> Damaged { get; init; } = [];

    /// <summary>Whether it has a process for itself: it has to be the first that calls the kernel.</summary>
    public virtual bool IsAlone => false;

    /// <summary>Bytes that using one mutant may allocate, all in all.</summary>
    public virtual long MaxAllocated => 64 << 20;

    /// <summary>Whether it is what somebody calls so.</summary>
    public virtual bool IsNamed(string wanted) => wanted == name;

    /// <summary>Opens an image and asks it for everything.</summary>
    /// <param name="device">The image.</param>
    /// <param name="seed">What it is made of.</param>
    /// <param name="use">How it is used.</param>
    /// <exception cref="OracleException">The parser did what it must not do.</exception>
    public abstract void Use(MutantDevice device, Seed seed, Use use);

    /// <summary>Checksums that a seed may have; those inside of others first.</summary>
    public virtual IEnumerable<Seal> FindSeals(byte[] seed) => [];

    /// <summary>A context with a seed's options, and little memory.</summary>
    protected static OpenContext ContextOf(Seed seed) => OpenContext.Of(seed.Options) with { Memory = new MemoryBudget(CacheBytes) };
}

/// <summary>How a mutant is used.</summary>
/// <param name="Outcome">Takes note of what becomes of it.</param>
/// <param name="Random">Chooses what is looked at where there is much.</param>
/// <param name="ReadsContents">Whether contents of files are read, and not only looked for.</param>
/// <param name="RunsChecks">Whether the checks of <c>verify</c> run as well.</param>
internal sealed record Use(Outcome Outcome, Random Random, bool ReadsContents = true, bool RunsChecks = false);
