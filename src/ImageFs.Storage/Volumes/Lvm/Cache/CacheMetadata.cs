using ImageFs.Storage.Volumes.Lvm.Overlays;
using ImageFs.Storage.Volumes.Lvm.PersistentData;

namespace ImageFs.Storage.Volumes.Lvm.Cache;

/// <summary>A cache (drivers/md/dm-cache-metadata.c): an array that has for each of its blocks the block of the origin that is in it.</summary>
internal static class CacheMetadata
{
    private const string Clause = "dm-cache-metadata";

    // Of a mapping: the block of the origin above the flags (pack_value).
    private const int FlagBits = 16;
    private const ulong ValidFlag = 1;
    private const ulong DirtyFlag = 2;
    private const int BitsOfWord = 64;

    /// <summary>
    /// A volume as its cache has it: the origin, but for blocks that were not written back to it. After a shutdown in disorder it is not known
    /// which those are, and all count, as they do for Linux.
    /// </summary>
    /// <param name="origin">What is cached.</param>
    /// <param name="metadata">The cache's metadata.</param>
    /// <param name="data">The cache's blocks.</param>
    /// <param name="length">Bytes of the volume.</param>
    /// <param name="memory">Keeps metadata.</param>
    /// <exception cref="UnsupportedFeatureException">The cache is of a kind that is not read.</exception>
    /// <exception cref="ImageException">Its metadata is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static BlockSource Open(BlockSource origin, BlockSource metadata, BlockSource data, long length, MemoryBudget memory)
    {
        var blocks = new MetadataBlocks("cache metadata", metadata, memory);
        CacheSuperblock superblock = CacheSuperblock.Read(blocks);
        ChunkMap dirty = FindDirty(blocks, in superblock, data.Length / superblock.BlockSize);
        return dirty.Count == 0 ? new BlockSlice(origin, 0, length) : new OverlaySource(origin, dirty, superblock.BlockSize, data, 0, length);
    }

    private static ChunkMap FindDirty(MetadataBlocks blocks, in CacheSuperblock superblock, long dataBlocks)
    {
        var map = new ChunkMap.Builder("cache mapping", superblock.BlockSize);
        var mappings = new ArrayCursor(blocks, superblock.MappingRoot);
        var bits = new ArrayCursor(blocks, superblock.DirtyRoot);
        bool hasBits = superblock is { IsClean: true, HasDirtyBits: true };
        ulong word = 0;
        for (long block = 0; block < superblock.Blocks; block++)
        {
            if (hasBits && block % BitsOfWord == 0)
            {
                word = bits.Read();
            }

            ulong mapping = mappings.Read();
            bool isDirty = !superblock.IsClean || (hasBits ? (word >> (int)(block % BitsOfWord) & 1) != 0 : (mapping & DirtyFlag) != 0);
            if (!isDirty || (mapping & ValidFlag) == 0)
            {
                continue;
            }

            long origin = (long)(mapping >> FlagBits);
            if (block >= dataBlocks || origin > long.MaxValue / superblock.BlockSize)
            {
                throw new InvalidImageException("cache mapping", block * superblock.BlockSize, $"block {block} of a cache with {dataBlocks} has block {origin}", Clause);
            }

            map.Add(origin, block);
        }

        return map.Build();
    }
}
