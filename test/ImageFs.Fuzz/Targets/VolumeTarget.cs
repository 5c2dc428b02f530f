using ImageFs.Fuzz.Checksums;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes;

namespace ImageFs.Fuzz.Targets;

/// <summary>What divides disks or makes volumes of several: all volumes are found, described, and read.</summary>
/// <param name="name">The format's name.</param>
/// <param name="seeds">Sound disks: of several disks, one after the other.</param>
/// <param name="disks">How many disks of the same length each seed has.</param>
/// <param name="findSeals">Finds checksums in a disk; null where the format has none.</param>
internal sealed class VolumeTarget(string name, IReadOnlyList<Seed> seeds, Func<Seed, int>? disks = null, Func<byte[], IEnumerable<Seal>>? findSeals = null)
    : FuzzTarget(name, seeds)
{
    private const int MaxVolumes = 24;

    /// <inheritdoc/>
    public override IEnumerable<Seal> FindSeals(byte[] seed) => findSeals?.Invoke(seed) ?? [];

    /// <inheritdoc/>
    public override void Use(MutantDevice device, Seed seed, Use use)
    {
        int count = disks?.Invoke(seed) ?? 1;
        long length = seed.Bytes.Length / count;
        BlockSource[] sources = [.. Enumerable.Range(0, count).Select(i => new BlockSlice(device, i * length, Math.Clamp(device.Length - (i * length), 0, length)))];
        use.Outcome.Try(() =>
        {
            var disk = new Disk(sources[0], null, null, ContextOf(seed), sources.Skip(1).Select((source, number) => new FurtherDisk($"disk {number}", source)));
            var oracle = new SourceOracle(use.Outcome, use.Random) { ReadsContents = use.ReadsContents };
            foreach (VolumeNode node in disk.Root.Walk().Take(MaxVolumes))
            {
                Visit(node, use, oracle);
            }

            use.Outcome.Try(() => _ = disk.Volumes);
            if (use.RunsChecks)
            {
                var trees = new TreeOracle(use.Outcome, use.Random);
                foreach ((string _, Check check) in disk.VolumeChecks.Take(MaxVolumes))
                {
                    trees.Run(check);
                }
            }
        });
    }

    private static void Visit(VolumeNode node, Use use, SourceOracle oracle)
    {
        if (node.Problem is { } problem)
        {
            use.Outcome.Note(problem.GetType().Name, problem.Message);
        }

        if (node.Set is { } set)
        {
            use.Outcome.NoteOpened();
            use.Outcome.Try(() => set.Describe());
        }

        if (node.Entry is not null && node.Problem is null)
        {
            oracle.Check(node.Source);
        }
    }
}
