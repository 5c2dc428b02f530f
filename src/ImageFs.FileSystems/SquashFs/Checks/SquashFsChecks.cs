using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.SquashFs.Checks;

/// <summary>What can be checked of a SquashFS file system beside its files.</summary>
/// <param name="volume">The file system.</param>
internal sealed class SquashFsChecks(SquashFsVolume volume)
{
    /// <summary>The checks.</summary>
    public IReadOnlyList<Check> All => [new Check("fragments", CheckFragments)];

    private void CheckFragments(CheckRun run)
    {
        for (uint number = 0; number < volume.Fragments.Count; number++)
        {
            uint current = number;
            run.Try(() => volume.Fragments.Read(current));
        }
    }
}
