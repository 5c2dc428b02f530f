namespace ImageFs.Storage.Decoding;

/// <summary>
/// The decoded blocks of a source that were read last, so that a reader that goes on decodes none twice. It takes no memory before the
/// first of them.
/// </summary>
/// <param name="maxLength">Bytes of the largest block, decoded.</param>
public sealed class DecodedBlocks(int maxLength)
{
    private const int MaxBytes = 4 << 20;

    // Two readers, each between two blocks.
    private const int MinBlocks = 4;

    private readonly Lazy<BlockSlots<long>> _slots = new(() => new BlockSlots<long>(maxLength, checked(Math.Max(MaxBytes, MinBlocks * maxLength))));

    /// <summary>Copies a part of a block.</summary>
    /// <param name="number">The block's number.</param>
    /// <param name="start">Where the part begins in the block, in bytes.</param>
    /// <param name="destination">Takes the part; it holds nothing of use when the block was not there.</param>
    /// <returns>False when the block is not there.</returns>
    public bool TryCopy(long number, int start, Span<byte> destination) => _slots.Value.TryCopy(number, number, start, destination);

    /// <summary>Keeps a block.</summary>
    public void Put(long number, ReadOnlySpan<byte> block) => _slots.Value.Put(number, number, block);
}
