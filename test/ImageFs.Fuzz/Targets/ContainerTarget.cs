using ImageFs.Fuzz.Checksums;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;
using ImageFs.Tests.Storage.Containers;

namespace ImageFs.Fuzz.Targets;

/// <summary>A container: what is recognised in the file is opened, whatever it then is, and read.</summary>
/// <param name="name">The format's name.</param>
/// <param name="seeds">Sound files.</param>
/// <param name="findSeals">Finds checksums in one; null where the format has none.</param>
internal sealed class ContainerTarget(string name, IReadOnlyList<Seed> seeds, Func<byte[], IEnumerable<Seal>>? findSeals = null)
    : FuzzTarget(name, seeds)
{
    /// <inheritdoc/>
    public override IEnumerable<Seal> FindSeals(byte[] seed) => findSeals?.Invoke(seed) ?? [];

    /// <inheritdoc/>
    public override void Use(MutantDevice device, Seed seed, Use use) => use.Outcome.Try(() =>
    {
        BlockSource disk = ContainerFormats.Open(new ImageFile("disk", device, new NoFolder(), "disk"), null, ContextOf(seed));
        if (disk is not Container container)
        {
            return;
        }

        use.Outcome.NoteOpened();
        use.Outcome.Try(() => container.Describe());
        new SourceOracle(use.Outcome, use.Random) { ReadsContents = use.ReadsContents }.Check(disk);
        if (use.RunsChecks)
        {
            use.Outcome.Try(() => container.FindSharedTable());
            var trees = new TreeOracle(use.Outcome, use.Random);
            foreach (Check check in container.Checks)
            {
                trees.Run(check);
            }
        }
    });
}
