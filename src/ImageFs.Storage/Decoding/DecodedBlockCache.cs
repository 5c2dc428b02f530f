using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Decoding;

/// <summary>
/// The decoded blocks that were read last, of all layers of a mount: who reads on decodes none twice. They are kept in pieces of one
/// size, so that blocks of all sizes share the room. It takes no memory before the first of them.
/// </summary>
/// <param name="maxBytes">Bytes kept at most.</param>
public sealed class DecodedBlockCache(int maxBytes)
{
    private const int PartLength = 16 << 10;

    private readonly Lazy<BlockSlots<Key>> _parts = new(() => new BlockSlots<Key>(PartLength, maxBytes));
    private long _lastOwner;

    /// <summary>Bytes kept at most.</summary>
    public int MaxBytes => maxBytes;

    /// <summary>Counts what is decoded for those who share the cache; null when nobody counts.</summary>
    public ReadAccount? Account { get; set; }

    /// <summary>Room for the blocks of one more volume or disk.</summary>
    public DecodedBlocks ForOwner() => new(this, Interlocked.Increment(ref _lastOwner), 0);

    /// <summary>Copies a part of a block.</summary>
    /// <returns>False when it is not there whole; the destination then holds nothing of use.</returns>
    internal bool TryCopy(Key key, int start, Span<byte> destination)
    {
        bool isThere = true;
        for (int at = start; isThere && destination.Length > 0;)
        {
            (int part, int inPart) = Math.DivRem(at, PartLength);
            int length = Math.Min(PartLength - inPart, destination.Length);
            isThere = _parts.Value.TryCopyUncounted(key.Place + part, key with { Part = part }, inPart, destination[..length]);
            destination = destination[length..];
            at += length;
        }

        CacheCounts.Count(isThere);
        return isThere;
    }

    /// <summary>Keeps a block.</summary>
    /// <param name="key">What it is; the part is not looked at.</param>
    /// <param name="start">A byte that is wanted: of a block that is larger than all there is room for, what follows it is kept.</param>
    /// <param name="block">The block, whole.</param>
    internal void Put(Key key, int start, ReadOnlySpan<byte> block)
    {
        int count = ((block.Length - 1) / PartLength) + 1;
        int first = count <= _parts.Value.Count ? 0 : start / PartLength;
        for (int part = first; part < count && part - first < _parts.Value.Count; part++)
        {
            int at = part * PartLength;
            _parts.Value.Put(key.Place + part, key with { Part = part }, block.Slice(at, Math.Min(PartLength, block.Length - at)));
        }
    }

    /// <summary>A part of a block.</summary>
    /// <param name="Owner">The volume or disk.</param>
    /// <param name="File">A file in it, by a number that is its own.</param>
    /// <param name="Offset">Where the block begins in the disk or file, decoded; or its address, where files share blocks.</param>
    /// <param name="Length">Its bytes, decoded.</param>
    /// <param name="Part">The part's number.</param>
    internal readonly record struct Key(long Owner, long File, long Offset, int Length, int Part = 0)
    {
        /// <summary>Where the block's first part may be kept; the others follow.</summary>
        public long Place => HashCode.Combine(Owner, File, Offset) & int.MaxValue;
    }
}
