namespace ImageFs.Storage;

/// <summary>
/// The blocks of metadata that were read last, of all layers that share it: a layer has as many as it uses. Blocks are kept in pieces of
/// one size, so that all sizes find room. It takes no memory before the first block.
/// </summary>
/// <param name="maxBytes">Bytes kept at most; one piece at least is.</param>
/// <param name="pieceSize">Bytes of a piece.</param>
public sealed class BlockPool(int maxBytes, int pieceSize = BlockPool.UsualPieceSize)
{
    /// <summary>What most blocks of metadata take.</summary>
    public const int UsualPieceSize = 4096;

    private readonly Lazy<BlockSlots<Key>> _slots = new(() => new BlockSlots<Key>(pieceSize, maxBytes));
    private long _lastOwner;

    /// <summary>Bytes kept at most.</summary>
    public int MaxBytes => maxBytes;

    /// <summary>Room for the blocks of one more source.</summary>
    /// <param name="blockSize">Bytes of a block.</param>
    public BlockShare ForOwner(int blockSize) => new(this, Interlocked.Increment(ref _lastOwner), (((long)blockSize - 1) / pieceSize) + 1);

    /// <summary>As <see cref="BlockShare.TryCopy"/>.</summary>
    internal bool TryCopy(long place, Key key, int start, Span<byte> destination)
    {
        BlockSlots<Key> slots = _slots.Value;
        bool isThere = true;
        while (isThere && destination.Length > 0)
        {
            (int piece, int inPiece) = Math.DivRem(start, pieceSize);
            int length = Math.Min(pieceSize - inPiece, destination.Length);
            isThere = slots.TryCopyUncounted(place + piece, key with { Number = key.Number + piece }, inPiece, destination[..length]);
            destination = destination[length..];
            start += length;
        }

        CacheCounts.Count(isThere);
        return isThere;
    }

    /// <summary>As <see cref="BlockShare.Put"/>.</summary>
    internal void Put(long place, Key key, ReadOnlySpan<byte> block)
    {
        BlockSlots<Key> slots = _slots.Value;
        for (int piece = 0; block.Length > 0 && piece < slots.Count; piece++)
        {
            int length = Math.Min(pieceSize, block.Length);
            slots.Put(place + piece, key with { Number = key.Number + piece }, block[..length]);
            block = block[length..];
        }
    }

    /// <summary>A piece of a block.</summary>
    /// <param name="Owner">Whose block it is.</param>
    /// <param name="Number">The piece's number among all of its owner.</param>
    /// <param name="Check">As what the block was checked; null when no check is known for it.</param>
    /// <param name="Seed">For which part of the owner it was checked.</param>
    internal readonly record struct Key(long Owner, long Number, object? Check, uint Seed);
}

/// <summary>The room of one source in a <see cref="BlockPool"/>. Threads share it without a lock.</summary>
public sealed class BlockShare
{
    // The blocks of two owners with the same numbers are not to want the same places.
    private const long Spread = 0x9E37_79B1;

    private readonly BlockPool _pool;
    private readonly long _owner;
    private readonly long _pieces;
    private readonly long _start;

    internal BlockShare(BlockPool pool, long owner, long pieces)
    {
        _pool = pool;
        _owner = owner;
        _pieces = pieces;
        _start = unchecked(owner * Spread) & uint.MaxValue;
    }

    /// <summary>Copies a part of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="start">Where the part begins in the block, in bytes.</param>
    /// <param name="destination">Takes the part; it holds nothing of use when the block was not there.</param>
    /// <returns>False when it is not there whole.</returns>
    public bool TryCopy(in CachedBlock block, int start, Span<byte> destination) => _pool.TryCopy(PlaceOf(in block), KeyOf(in block), start, destination);

    /// <summary>Keeps a block: of one that is larger than all there is room for, its start.</summary>
    /// <param name="block">The block.</param>
    /// <param name="bytes">Its bytes: all of them, or less where the source ends.</param>
    public void Put(in CachedBlock block, ReadOnlySpan<byte> bytes) => _pool.Put(PlaceOf(in block), KeyOf(in block), bytes);

    private long PlaceOf(in CachedBlock block) => unchecked(_start + (block.Place * _pieces)) & long.MaxValue;

    private BlockPool.Key KeyOf(in CachedBlock block) => new(_owner, unchecked(block.Number * _pieces), block.Check, block.Seed);
}

/// <summary>A block of a source, and as what it was checked before it was kept.</summary>
/// <param name="Number">The block's number in its source.</param>
/// <param name="Place">Its number where blocks that are used together have numbers that follow one another: they are kept beside each other.</param>
/// <param name="Check">What the block was found to be; null when no check is known for it.</param>
/// <param name="Seed">For which part of the source it was checked.</param>
public readonly record struct CachedBlock(long Number, long Place, object? Check = null, uint Seed = 0)
{
    /// <summary>One that no check is known for, kept by its number.</summary>
    public CachedBlock(long number)
        : this(number, number)
    {
    }
}
