using ImageFs.Fuzz.Checksums;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Volumes.Luks;

namespace ImageFs.Fuzz.Targets;

/// <summary>What divides disks, makes volumes of several, or encrypts them: all volumes are found, described, and read.</summary>
/// <param name="name">The format's name.</param>
/// <param name="seeds">Disks, sound ones; several of them are the files of their seed.</param>
/// <param name="findSeals">Finds checksums in a disk; null where the format has none.</param>
internal sealed class VolumeTarget(string name, IReadOnlyList<Seed> seeds, Func<byte[], IEnumerable<Seal>>? findSeals = null)
    : FuzzTarget(name, seeds)
{
    // What a header says that a key costs is its own to say, up to a minute. Of a mutant it is as much as a seed's and little more.
    private static readonly KeyCosts s_costs = new(Iterations: 1000, Memory: 256, Work: 1024);

    /// <inheritdoc/>
    public override IEnumerable<Seal> FindSeals(byte[] seed) => findSeals?.Invoke(seed) ?? [];

    /// <inheritdoc/>
    public override void Use(MutantDevice device, Seed seed, Use use)
    {
        Device whole = seed.Form(device);
        var folder = new MutantFolder(whole, seed);
        BlockSource[] sources = [.. seed.Files.Select(folder.SourceOf)];
        OpenContext context = ContextOf(seed) with { Keys = new SeedKeys(seed.Key), KeyCosts = s_costs };
        use.Outcome.Try(() =>
        {
            var disk = new Disk(sources[0], null, null, context, sources.Skip(1).Select((source, number) => new FurtherDisk($"disk {number}", source)));
            new DiskOracle(use, context) { OpensFileSystems = seed.Key.Length > 0 }.Check(disk);
        });
    }
}
