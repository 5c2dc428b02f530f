namespace ImageFs.Storage.Volumes.Lvm.PersistentData;

/// <summary>The blocks of a metadata device: each is checked when it is read, and those used last are kept.</summary>
internal sealed class MetadataBlocks
{
    /// <summary>Bytes of a block (THIN_METADATA_BLOCK_SIZE, DM_CACHE_METADATA_BLOCK_SIZE).</summary>
    public const int BlockSize = 4096;

    /// <summary>The same in sectors, as superblocks have it.</summary>
    public const int BlockSectors = BlockSize / 512;

    private readonly BlockSource _source;
    private readonly BlockShare _kept;

    /// <param name="structure">What the metadata is called: "thin metadata".</param>
    /// <param name="source">The device.</param>
    /// <param name="memory">Keeps blocks.</param>
    public MetadataBlocks(string structure, BlockSource source, MemoryBudget memory)
    {
        Structure = structure;
        Count = source.Length / BlockSize;
        _source = source;
        _kept = memory.Blocks.ForOwner(BlockSize);
    }

    /// <summary>What the metadata is called.</summary>
    public string Structure { get; }

    /// <summary>Whole blocks that the device has.</summary>
    public long Count { get; }

    /// <summary>Where a block begins; the end of all addresses for a number that cannot be.</summary>
    public static long AddressOf(long number) => number is >= 0 and < long.MaxValue / BlockSize ? number * BlockSize : long.MaxValue;

    /// <summary>Reads a block.</summary>
    /// <param name="number">Its number; any.</param>
    /// <param name="kind">What it has to be.</param>
    /// <param name="block">Takes it: <see cref="BlockSize"/> bytes.</param>
    /// <exception cref="InvalidImageException">There is no such block, or it is damaged.</exception>
    /// <exception cref="TruncatedImageException">It lies beyond the end of a layer below.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Read(long number, BlockKind kind, Span<byte> block)
    {
        var cached = new CachedBlock(number, number, kind);
        if (_kept.TryCopy(in cached, 0, block))
        {
            return;
        }

        if (number < 0 || number >= Count)
        {
            throw new InvalidImageException($"{Structure} {kind.Name}", AddressOf(number), $"it is block {unchecked((ulong)number)} of metadata with {Count} blocks");
        }

        _source.ReadAt(AddressOf(number), block);
        kind.Check(Structure, number, block);
        _kept.Put(in cached, block);
    }
}
