using System.Globalization;
using ImageFs.FileSystems.SquashFs.Files;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.SquashFs.Checks;

/// <summary>What can be checked of a SquashFS file system beside its files.</summary>
/// <param name="volume">The file system.</param>
internal sealed class SquashFsChecks(SquashFsVolume volume)
{
    // A table of billions is told in a few bytes, and each entry that is not there would be a finding.
    private const int MaxFindings = 1000;

    /// <summary>The checks.</summary>
    public IReadOnlyList<Check> All =>
    [
        new Check("inodes and directories", run => new InodeCheck(volume).Run(run)),
        new Check("fragments", CheckFragments) { Length = volume.Fragments.Count * volume.Super.BlockSize },
        new Check("extended attributes", CheckAttributes),
    ];

    // Files tell only that the fragments they end in hold as much as they need.
    private void CheckFragments(CheckRun run)
    {
        byte[] decoded = new byte[volume.Super.BlockSize];
        byte[] stored = new byte[volume.Super.BlockSize];
        for (uint number = 0; number < volume.Fragments.Count && GoesOn(run); number++)
        {
            uint current = number;
            run.Try(() =>
            {
                (long address, StoredBlock block) = volume.Fragments.Read(current);
                volume.Source.ReadAt(address, stored.AsSpan(0, block.Length));
                run.Advance(block.Length);
                if (!block.IsPlain && !volume.Codec.TryDecode(stored.AsMemory(0, block.Length), decoded, out _))
                {
                    run.Find("fragment", address, $"the {block.Length} bytes of fragment {current} are no whole stream of {volume.Codec.Name}", "squashfs_fragment_entry");
                }
            });
        }

        run.Extent = volume.Fragments.Count.ToString(CultureInfo.InvariantCulture);
    }

    private void CheckAttributes(CheckRun run)
    {
        if (volume.Attributes is not { } table)
        {
            run.GiveUp("there are none");
            return;
        }

        for (uint number = 0; number < table.Count && GoesOn(run); number++)
        {
            uint current = number;
            run.Try(() => table.Check(current));
        }

        run.Extent = table.Count.ToString(CultureInfo.InvariantCulture);
    }

    private static bool GoesOn(CheckRun run)
    {
        if (run.Findings < MaxFindings)
        {
            return true;
        }

        run.Block($"{MaxFindings} entries are damaged: the others were not looked at");
        return false;
    }
}
