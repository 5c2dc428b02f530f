using ImageFs.FileSystems;
using ImageFs.Fuzz.Checksums;
using ImageFs.Fuzz.Mutation;
using ImageFs.Fuzz.Oracles;
using ImageFs.Tree;

namespace ImageFs.Fuzz.Targets;

/// <summary>A file system, opened as a mount opens it once it is recognised.</summary>
/// <param name="format">The format.</param>
/// <param name="seeds">Sound images.</param>
/// <param name="findSeals">Finds checksums in one; null where the format has none.</param>
internal sealed class FileSystemTarget(FileSystemFormat format, IReadOnlyList<Seed> seeds, Func<byte[], IEnumerable<Seal>>? findSeals = null)
    : FuzzTarget(format.Name, seeds)
{
    /// <inheritdoc/>
    public override bool IsNamed(string wanted) => format.IsNamed(wanted);

    /// <inheritdoc/>
    public override IEnumerable<Seal> FindSeals(byte[] seed) => findSeals?.Invoke(seed) ?? [];

    /// <inheritdoc/>
    public override void Use(MutantDevice device, Seed seed, Use use)
    {
        bool isProbed = false;
        use.Outcome.Try(() => isProbed = format.Probe(device) || format.Resembles(device));
        if (isProbed)
        {
            use.Outcome.Try(() => format.Identify(device));
        }

        // One that is not recognised can still be opened by name (fs=).
        use.Outcome.Try(() =>
        {
            FileSystem fileSystem = format.Open(device, ContextOf(seed));
            use.Outcome.NoteFormat(format.Name);
            new TreeOracle(use.Outcome, use.Random) { ReadsContents = use.ReadsContents, RunsChecks = use.RunsChecks }.Check(fileSystem);
        });
    }
}
