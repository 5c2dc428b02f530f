namespace ImageFs.Storage.Volumes.Lvm.PersistentData;

/// <summary>How often each block of a device is used, counted, in pieces that are made when they are first needed.</summary>
/// <param name="count">Blocks; at most <see cref="MaxBlocks"/>.</param>
internal sealed class BlockUses(long count)
{
    /// <summary>Blocks that it counts at most: so it takes 128 MiB.</summary>
    public const long MaxBlocks = 1L << 25;

    private const int PieceBits = 12;
    private const int PieceLength = 1 << PieceBits;

    private readonly uint[]?[] _pieces = new uint[((count - 1) >> PieceBits) + 1][];

    /// <summary>Blocks.</summary>
    public long Count => count;

    /// <summary>Uses of a block.</summary>
    public uint this[long block] => _pieces[block >> PieceBits] is { } piece ? piece[block & (PieceLength - 1)] : 0;

    /// <summary>Whether there is a block.</summary>
    public bool Has(long block) => block >= 0 && block < count;

    /// <summary>Counts a use.</summary>
    /// <returns>Whether it is the first.</returns>
    public bool Add(long block) => ++(_pieces[block >> PieceBits] ??= new uint[PieceLength])[block & (PieceLength - 1)] == 1;
}
