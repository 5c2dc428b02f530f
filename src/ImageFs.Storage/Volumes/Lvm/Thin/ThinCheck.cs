using System.Globalization;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes.Lvm.PersistentData;

namespace ImageFs.Storage.Volumes.Lvm.Thin;

/// <summary>Checks the metadata of a thin pool whole: every block of it, where mappings lead, and how often blocks are used.</summary>
internal static class ThinCheck
{
    private const int DetailsLength = 24;
    private const int TimeBits = 24;
    private const string Clause = "dm-thin-metadata";

    /// <summary>Runs the check.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <param name="data">The data.</param>
    /// <param name="memory">Keeps metadata.</param>
    /// <param name="run">The check.</param>
    /// <exception cref="ImageException">The superblock cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static void Run(BlockSource metadata, BlockSource data, MemoryBudget memory, CheckRun run)
    {
        var blocks = new MetadataBlocks("thin metadata", metadata, memory);
        ThinSuperblock superblock = ThinSuperblock.Read(blocks);
        if (superblock.NeedsCheck)
        {
            run.Find("thin metadata superblock", 4, "Linux found the metadata wanting, and writes to the pool no more until it is repaired (needs_check)", Clause);
        }

        long dataBlocks = data.Length / superblock.DataBlockSize;
        var check = new MetadataCheck(blocks, run);
        BlockUses? uses = superblock.DataSpace.Blocks is > 0 and <= BlockUses.MaxBlocks ? new BlockUses(superblock.DataSpace.Blocks) : null;
        long devices = 0;
        check.Use(0);
        WalkTrees(superblock);
        if (superblock.HeldRoot != 0 && check.Use(superblock.HeldRoot))
        {
            run.Try(() => WalkTrees(ThinSuperblock.Read(blocks, superblock.HeldRoot)));
        }

        check.CheckMap(superblock.DataSpace, uses);
        check.CheckOwnMap(superblock.MetadataSpace);
        run.Extent = string.Create(CultureInfo.InvariantCulture, $"{devices} devices in {check.Reached} blocks{(check.Lost == 0 ? string.Empty : $", {check.Lost} used by nothing")}");

        void WalkTrees(ThinSuperblock roots)
        {
            check.Walk(roots.DetailsRoot, DetailsLength, static _ => { });
            check.Walk(roots.MappingRoot, sizeof(long), leaf =>
            {
                devices += leaf.Count;
                for (int i = 0; i < leaf.Count; i++)
                {
                    check.Walk(leaf.NumberAt(i), sizeof(long), Count);
                }
            });
        }

        void Count(BTreeNode leaf)
        {
            for (int i = 0; i < leaf.Count; i++)
            {
                long place = leaf.NumberAt(i) >>> TimeBits;
                if (place >= dataBlocks)
                {
                    run.Find("thin mapping", leaf.KeyAt(i), $"block {leaf.KeyAt(i)} is block {place} of data with {dataBlocks}", Clause);
                }
                else if (uses is not null && uses.Has(place))
                {
                    uses.Add(place);
                }
            }
        }
    }
}
