using System.Globalization;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes.Lvm.PersistentData;

namespace ImageFs.Storage.Volumes.Lvm.Cache;

/// <summary>Checks the metadata of a cache whole: every block of it, and how often its blocks are used.</summary>
internal static class CacheCheck
{
    /// <summary>Runs the check.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <param name="memory">Keeps metadata.</param>
    /// <param name="run">The check.</param>
    /// <exception cref="ImageException">The superblock cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static void Run(BlockSource metadata, MemoryBudget memory, CheckRun run)
    {
        var blocks = new MetadataBlocks("cache metadata", metadata, memory);
        CacheSuperblock superblock = CacheSuperblock.Read(blocks);
        if (superblock.NeedsCheck)
        {
            run.Find("cache metadata superblock", 4, "Linux found the metadata wanting (needs_check)", "dm-cache-metadata");
        }

        var check = new MetadataCheck(blocks, run);
        check.Use(0);
        foreach (long root in superblock.Roots)
        {
            check.WalkArray(root);
        }

        check.CheckOwnMap(superblock.MetadataSpace);
        run.Extent = string.Create(CultureInfo.InvariantCulture, $"{superblock.Blocks} mappings in {check.Reached} blocks{(check.Lost == 0 ? string.Empty : $", {check.Lost} used by nothing")}");
    }
}
