using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>An entry of the block allocation table (MS-VHDX 2.5.1).</summary>
/// <param name="Address">Where the entry is in the file.</param>
/// <param name="Value">Its bits.</param>
internal readonly record struct BlockEntry(long Address, ulong Value)
{
    /// <summary>What there is to the block.</summary>
    public int State => (int)(Value & 7);

    /// <summary>Where the block is: a number of MiB.</summary>
    public long FileOffset => (long)(Value >> 20 << 20 & long.MaxValue);
}

/// <summary>The block allocation table: entries of payload blocks, and between them those of their sector bitmaps (MS-VHDX 2.5).</summary>
internal sealed class AllocationTable
{
    private const string Clause = "MS-VHDX 2.5";
    private const int BitmapState = 6;
    private const int EntryLength = 8;
    private const long BitmapLength = 1 << 20;

    // What one bitmap block has bits for.
    private const long SectorsInChunk = BitmapLength * 8;

    private readonly BlockCache _cache;
    private readonly long _address;
    private readonly long _blocksInChunk;

    /// <summary>Makes the table; nothing of it is read yet.</summary>
    /// <exception cref="InvalidImageException">It is too small for the disk.</exception>
    public AllocationTable(BlockSource file, Region region, Metadata metadata, MemoryBudget memory)
    {
        _cache = new BlockCache(file, TableDisk.TableCacheBlock, memory.Blocks);
        _address = region.Offset;
        _blocksInChunk = SectorsInChunk * metadata.LogicalSectorSize / metadata.BlockSize;
        long blocks = (metadata.DiskSize + metadata.BlockSize - 1) / metadata.BlockSize;
        long chunks = (blocks + _blocksInChunk - 1) / _blocksInChunk;
        long entries = blocks == 0 ? 0 : metadata.HasParent ? chunks * (_blocksInChunk + 1) : blocks + ((blocks - 1) / _blocksInChunk);
        if (entries > region.Length / EntryLength)
        {
            throw new InvalidImageException("vhdx block allocation table", _address, $"its {region.Length} bytes are too few for {entries} entries", Clause);
        }
    }

    /// <summary>The entry of a payload block.</summary>
    public BlockEntry Find(long block)
    {
        long address = _address + ((block + (block / _blocksInChunk)) * EntryLength);
        return Read(address);
    }

    /// <summary>Whether this file has a sector of a block that it has in part, and how many that follow are so too.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sector">The sector in it.</param>
    /// <param name="count">Sectors that may be asked for: those to the end of the block.</param>
    /// <param name="run">How many have the same answer, at least.</param>
    /// <param name="sectorsInBlock">Sectors of a block.</param>
    public bool HasSector(long block, int sector, int count, long sectorsInBlock, out int run)
    {
        long chunk = block / _blocksInChunk;
        BlockEntry entry = Read(_address + (((chunk + 1) * _blocksInChunk) + chunk) * EntryLength);
        if (entry.State != BitmapState)
        {
            throw new InvalidImageException("vhdx sector bitmap entry", entry.Address, $"its state is {entry.State}, and the block is only partly here", Clause);
        }

        if (entry.FileOffset > _cache.Length - BitmapLength)
        {
            throw new TruncatedImageException(entry.FileOffset, _cache.Length);
        }

        long bit = (block % _blocksInChunk * sectorsInBlock) + sector;
        Span<byte> bytes = stackalloc byte[64];
        long first = bit / 8;
        bytes = bytes[..(int)Math.Min(bytes.Length, BitmapLength - first)];
        _cache.ReadAt(entry.FileOffset + first, bytes);
        int at = (int)(bit % 8);
        bool isHere = IsSet(bytes, at);
        int limit = Math.Min(count, (bytes.Length * 8) - at);
        run = 1;
        while (run < limit && IsSet(bytes, at + run) == isHere)
        {
            run++;
        }

        return isHere;
    }

    private static bool IsSet(ReadOnlySpan<byte> bytes, int bit) => (bytes[bit / 8] & (1 << (bit % 8))) != 0;

    private BlockEntry Read(long address)
    {
        Span<byte> bytes = stackalloc byte[EntryLength];
        _cache.ReadAt(address, bytes);
        return new BlockEntry(address, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
    }
}
