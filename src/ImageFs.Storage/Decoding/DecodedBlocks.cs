using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Decoding;

/// <summary>One volume's, disk's or file's share of a <see cref="DecodedBlockCache"/>. The default one keeps nothing.</summary>
public readonly struct DecodedBlocks
{
    private readonly DecodedBlockCache? _cache;
    private readonly long _owner;
    private readonly long _file;

    internal DecodedBlocks(DecodedBlockCache cache, long owner, long file) => (_cache, _owner, _file) = (cache, owner, file);

    /// <summary>Counts what is decoded; null when nobody counts.</summary>
    internal ReadAccount? Account => _cache?.Account;

    private bool IsByAddress { get; init; }

    /// <summary>The share of a file of a volume: the blocks of a file that is opened again are still there.</summary>
    /// <param name="number">A number that no other file of the volume has, and that is not 0.</param>
    public DecodedBlocks OfFile(long number) => _cache is null ? default : new(_cache, _owner, number);

    /// <summary>The share of a volume whose files have blocks in common: a block is known by its address, whichever file it is read for.</summary>
    public DecodedBlocks ByAddress() => _cache is null ? default : new(_cache, _owner, _file) { IsByAddress = true };

    /// <summary>Copies a part of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="start">Where the part begins in the block, decoded.</param>
    /// <param name="destination">Takes the part; it holds nothing of use when the block was not there.</param>
    /// <returns>False when it is not there.</returns>
    public bool TryCopy(in EncodedBlock block, int start, Span<byte> destination) =>
        _cache is not null && _cache.TryCopy(KeyOf(in block), start, destination);

    /// <summary>Keeps a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="start">A byte that is wanted of it.</param>
    /// <param name="decoded">All of its bytes.</param>
    public void Put(in EncodedBlock block, int start, ReadOnlySpan<byte> decoded) => _cache?.Put(KeyOf(in block), start, decoded);

    private DecodedBlockCache.Key KeyOf(in EncodedBlock block) => new(_owner, _file, IsByAddress ? block.Address : block.Offset, block.Length);
}
