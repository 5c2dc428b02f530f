using ImageFs.Storage;

namespace ImageFs.FileSystems.Metadata;

/// <summary>
/// A cache of blocks of metadata, each checked when it is read. It remembers as what, and for which owner, a block was checked,
/// and hands out copies: the caller's buffer is what it reads into.
/// </summary>
internal sealed class MetadataBlocks
{
    // By how many slots each group begins elsewhere.
    private const long GroupShift = 631;

    private readonly BlockSource _source;
    private readonly int _blockSize;
    private readonly BlockShare _kept;

    /// <param name="source">The volume.</param>
    /// <param name="blockSize">Bytes of a block.</param>
    /// <param name="pool">Keeps the blocks.</param>
    public MetadataBlocks(BlockSource source, int blockSize, BlockPool pool)
    {
        _source = source;
        _blockSize = blockSize;
        _kept = pool.ForOwner(blockSize);
        Unit = blockSize;
    }

    /// <summary>Bytes that numbers of blocks are in: less than a block has where one may begin in the middle of another.</summary>
    public int Unit { get; init; }

    /// <summary>Blocks in a group, of a format that divides its volumes.</summary>
    public long BlocksPerGroup { get; init; } = long.MaxValue;

    /// <summary>A part of a block that no check is known for.</summary>
    /// <param name="number">The block's number.</param>
    /// <param name="start">Where the part begins in the block, in bytes.</param>
    /// <param name="part">Takes the part.</param>
    /// <exception cref="TruncatedImageException">The image ends before the block does.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Read(long number, int start, Span<byte> part)
    {
        var wanted = new CachedBlock(number, PlaceOf(number));
        if (!_kept.TryCopy(wanted, start, part))
        {
            using var buffer = new PooledBuffer(_blockSize);
            Load(wanted, null, buffer.Span);
            buffer.Span.Slice(start, part.Length).CopyTo(part);
        }
    }

    /// <summary>A block that was checked.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="check">What it has to be; null when no check is known for it.</param>
    /// <param name="seed">Where its checksum begins.</param>
    /// <param name="block">Takes the block.</param>
    /// <returns>The block, in the buffer that was given.</returns>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="TruncatedImageException">The image ends before it does.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ReadOnlySpan<byte> Read(long number, MetadataCheck? check, uint seed, Span<byte> block)
    {
        var wanted = new CachedBlock(number, PlaceOf(number), check, seed);
        if (!_kept.TryCopy(wanted, 0, block))
        {
            Load(wanted, check, block);
        }

        return block;
    }

    // Tables are at the same place in each group, and groups are a power of two: without this they would all want the same few slots.
    private long PlaceOf(long number) => number + (number / BlocksPerGroup * GroupShift);

    private void Load(in CachedBlock wanted, MetadataCheck? check, Span<byte> block)
    {
        long address = wanted.Number * Unit;
        _source.ReadAt(address, block);
        check?.Verify(block, address, wanted.Seed);
        _kept.Put(wanted, block);
    }
}
