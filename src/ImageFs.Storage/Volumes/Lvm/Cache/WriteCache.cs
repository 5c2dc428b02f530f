using System.Buffers.Binary;
using ImageFs.Storage.Volumes.Lvm.Overlays;

namespace ImageFs.Storage.Volumes.Lvm.Cache;

/// <summary>
/// A cache of what was written only (drivers/md/dm-writecache.c), on an SSD or persistent memory: a superblock, an entry for each block, and
/// the blocks.
/// </summary>
internal static class WriteCache
{
    private const string Structure = "writecache superblock";
    private const string Clause = "dm-writecache: struct wc_memory_superblock";
    private const uint Magic = 0x23489321;
    private const uint Version = 1;
    private const int HeaderLength = 64;
    private const int EntryLength = 16;
    private const int SectorSize = 512;
    private const int MaxBlockSize = 64 * 1024;
    private const int EntriesAtOnce = 4096;

    /// <summary>A volume as its cache has it: the origin, but for blocks that were not written back to it.</summary>
    /// <param name="origin">What is cached.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="length">Bytes of the volume.</param>
    /// <exception cref="UnsupportedFeatureException">The cache is of a kind that is not read, or too much is in it.</exception>
    /// <exception cref="ImageException">The cache is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static BlockSource Open(BlockSource origin, BlockSource cache, long length)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        cache.ReadAt(0, header);
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        uint blockSize = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        ulong count = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
        ulong sequence = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
        if (magic == 0 && version == 0)
        {
            // It was made, but never used: the kernel writes the superblock then.
            return new BlockSlice(origin, 0, length);
        }

        if (magic != Magic)
        {
            throw new InvalidImageException(Structure, 0, $"its mark is 0x{magic:X} and not 0x{Magic:X}", Clause);
        }

        if (version != Version)
        {
            throw new UnsupportedFeatureException($"version {version} of writecache", Clause);
        }

        if (!uint.IsPow2(blockSize) || blockSize is < SectorSize or > MaxBlockSize || count > (ulong)cache.Length / blockSize || StartOf((long)count, blockSize) > cache.Length - ((long)count * blockSize))
        {
            throw new InvalidImageException(Structure, 8, $"it has {count} blocks of {blockSize} bytes, which cannot be in {cache.Length}", Clause);
        }

        ChunkMap blocks = FindBlocks(ReadEntries(cache, (int)blockSize, (long)count, sequence), (int)blockSize);
        return blocks.Count == 0 ? new BlockSlice(origin, 0, length) : new OverlaySource(origin, blocks, blockSize, cache, StartOf((long)count, blockSize), length);
    }

    // Where the blocks begin: behind the entries, at the next whole block.
    private static long StartOf(long count, long blockSize) => (HeaderLength + (count * EntryLength) + blockSize - 1) / blockSize * blockSize;

    // What was written since the last commit does not count, as it does not for Linux.
    private static List<Entry> ReadEntries(BlockSource cache, int blockSize, long count, ulong sequence)
    {
        var entries = new List<Entry>();
        using var buffer = new PooledBuffer(EntriesAtOnce * EntryLength);
        for (long first = 0; first < count; first += EntriesAtOnce)
        {
            Span<byte> part = buffer.Span[..((int)Math.Min(EntriesAtOnce, count - first) * EntryLength)];
            cache.ReadAt(HeaderLength + (first * EntryLength), part);
            for (int at = 0; at < part.Length; at += EntryLength)
            {
                ulong sector = BinaryPrimitives.ReadUInt64LittleEndian(part[at..]);
                ulong written = BinaryPrimitives.ReadUInt64LittleEndian(part[(at + sizeof(ulong))..]);
                if (written >= sequence)
                {
                    continue;
                }

                long index = first + (at / EntryLength);
                if (sector > long.MaxValue / SectorSize || sector * SectorSize % (ulong)blockSize != 0)
                {
                    throw new InvalidImageException("writecache entry", HeaderLength + (index * EntryLength), $"it is for sector {sector}, where no block begins", Clause);
                }

                if (entries.Count == ChunkMap.MaxRuns)
                {
                    throw new UnsupportedFeatureException($"a writecache with more than {ChunkMap.MaxRuns} blocks that are not written back");
                }

                entries.Add(new Entry((long)sector * SectorSize / blockSize, written, index));
            }
        }

        return entries;
    }

    // Of a block that is there more than once, the one written last counts.
    private static ChunkMap FindBlocks(List<Entry> entries, int blockSize)
    {
        entries.Sort(static (one, other) => one.Chunk != other.Chunk ? one.Chunk.CompareTo(other.Chunk) : other.Sequence.CompareTo(one.Sequence));
        var map = new ChunkMap.Builder("writecache entry", blockSize);
        for (int i = 0; i < entries.Count; i++)
        {
            Entry entry = entries[i];
            if (i == 0 || entries[i - 1].Chunk != entry.Chunk)
            {
                map.Add(entry.Chunk, entry.Index);
            }
            else if (entries[i - 1].Sequence == entry.Sequence)
            {
                throw new InvalidImageException("writecache entry", HeaderLength + (entry.Index * EntryLength), $"it is for the same sector and of the same time as entry {entries[i - 1].Index}", Clause);
            }
        }

        return map.Build();
    }

    /// <summary>A block of the cache that counts.</summary>
    /// <param name="Chunk">The block of the volume that it is.</param>
    /// <param name="Sequence">When it was written.</param>
    /// <param name="Index">Its place in the cache.</param>
    private readonly record struct Entry(long Chunk, ulong Sequence, long Index);
}
