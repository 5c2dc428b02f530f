using ImageFs.Fuzz.Checksums;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Images;
using ImageFs.Images.Headers;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Fuzz.Targets;

/// <summary>A container: what is recognised in the file is opened, whatever it then is, and read; of a disc its tracks, too.</summary>
/// <param name="name">The format's name.</param>
/// <param name="seeds">Files, sound ones.</param>
/// <param name="findSeals">Finds checksums in one; null where the format has none.</param>
internal sealed class ContainerTarget(string name, IReadOnlyList<Seed> seeds, Func<byte[], IEnumerable<Seal>>? findSeals = null)
    : FuzzTarget(name, seeds)
{
    /// <inheritdoc/>
    public override IEnumerable<Seal> FindSeals(byte[] seed) => findSeals?.Invoke(seed) ?? [];

    /// <inheritdoc/>
    public override void Use(MutantDevice device, Seed seed, Use use) => use.Outcome.Try(() =>
    {
        OpenContext context = ContextOf(seed) with { AddedFormats = HeaderedFormat.All };
        BlockSource disk = ContainerFormats.Open(new MutantFolder(seed.Form(device), seed).Image, null, context);
        if (disk is not Container container)
        {
            return;
        }

        use.Outcome.NoteOpened();
        foreach (Container each in container.OutermostFirst().Append(container))
        {
            use.Outcome.NoteFormat(each.Format);
            use.Outcome.Try(() => each.Describe());
        }

        new SourceOracle(use.Outcome, use.Random) { ReadsContents = use.ReadsContents }.Check(disk);
        if (disk.Find<IDiscTracks>() is { } tracks)
        {
            use.Outcome.Try(() => CheckTracks(tracks, use));
            use.Outcome.Try(() => new DiskOracle(use, context) { OpensFileSystems = true }.Check(new Disk(disk, container, null, context)));
        }

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

    // As files of sound (-o audio), and what verify reads.
    private static void CheckTracks(IDiscTracks tracks, Use use)
    {
        new TreeOracle(use.Outcome, use.Random) { ReadsContents = use.ReadsContents }.Check(new FileSystems.CompactDisc.AudioFileSystem(tracks));
        foreach ((BlockSource source, long start, long end) in tracks.FindReadable())
        {
            OracleException.Check(start >= 0 && start <= end && end <= source.Length, $"bytes {start} to {end} of {source.Length} are said to be readable");
        }
    }
}
