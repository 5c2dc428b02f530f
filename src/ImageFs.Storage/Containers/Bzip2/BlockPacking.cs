using ImageFs.Storage.Containers.Packed;

namespace ImageFs.Storage.Containers.Bzip2;

/// <summary>Blocks of bzip2, each decoded as a stream of its own. A part's address and stored length are in bits.</summary>
/// <param name="source">The file.</param>
internal sealed class BlockPacking(BlockSource source) : Packing(Bzip2Format.FormatName, source)
{
    /// <inheritdoc/>
    public override PartReader Read(in PackedPart part, bool isMeasured = true) =>
        Read(new BlockBits(Source, (int)(part.StoredLength / BlockBits.ByteBits) + (2 * sizeof(ulong))), part.Address, part.StoredLength, part.Length);

    /// <summary>Begins to decode a block.</summary>
    /// <param name="bits">The file's bits.</param>
    /// <param name="start">The bit that it begins at.</param>
    /// <param name="count">Its bits.</param>
    /// <param name="length">Its bytes, decoded; null when nobody knows.</param>
    public PartReader Read(BlockBits bits, long start, long count, long? length) =>
        new StreamPartReader("bzip2 block", Source, start / BlockBits.ByteBits, 0, length, new Linux.Bzip2Stream()) { Head = bits.MakeStream(start, count) };
}
