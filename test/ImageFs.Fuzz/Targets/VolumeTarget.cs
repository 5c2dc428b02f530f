using ImageFs.Fuzz.Checksums;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Images;
using ImageFs.Storage;

namespace ImageFs.Fuzz.Targets;

/// <summary>What divides disks, makes volumes of several, or encrypts them: all volumes are found, described, and read.</summary>
/// <param name="name">The format's name.</param>
/// <param name="seeds">Disks, sound ones: of several disks, one after the other.</param>
/// <param name="disks">How many disks of the same length each seed has.</param>
/// <param name="findSeals">Finds checksums in a disk; null where the format has none.</param>
internal sealed class VolumeTarget(string name, IReadOnlyList<Seed> seeds, Func<Seed, int>? disks = null, Func<byte[], IEnumerable<Seal>>? findSeals = null)
    : FuzzTarget(name, seeds)
{
    /// <inheritdoc/>
    public override IEnumerable<Seal> FindSeals(byte[] seed) => findSeals?.Invoke(seed) ?? [];

    /// <inheritdoc/>
    public override void Use(MutantDevice device, Seed seed, Use use)
    {
        int count = disks?.Invoke(seed) ?? 1;
        Device whole = seed.Form(device);
        BlockSource[] sources = count == 1 ? [whole] : [.. Enumerable.Range(0, count).Select(i => DiskOf(whole, i, seed.Bytes.Length / count))];
        OpenContext context = ContextOf(seed) with { Keys = new SeedKeys(seed.Key, whole) };
        use.Outcome.Try(() =>
        {
            var disk = new Disk(sources[0], null, null, context, sources.Skip(1).Select((source, number) => new FurtherDisk($"disk {number}", source)));
            new DiskOracle(use, context) { OpensFileSystems = seed.Key.Length > 0 }.Check(disk);
        });
    }

    private static BlockSlice DiskOf(Device whole, int number, long length)
    {
        long start = Math.Min(number * length, whole.Length);
        return new BlockSlice(whole, start, Math.Min(length, whole.Length - start));
    }
}
