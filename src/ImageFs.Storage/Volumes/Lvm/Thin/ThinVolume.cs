using ImageFs.Storage.Volumes.Lvm.PersistentData;

namespace ImageFs.Storage.Volumes.Lvm.Thin;

/// <summary>A thin volume: those of its blocks that were ever written lie somewhere in the pool's data.</summary>
/// <param name="mappings">Its blocks.</param>
/// <param name="data">The pool's data.</param>
/// <param name="blockSize">Bytes of a block.</param>
/// <param name="length">Bytes of the volume.</param>
/// <param name="externalOrigin">What has the other blocks; null when they are zeros.</param>
internal sealed class ThinVolume(BTree mappings, BlockSource data, long blockSize, long length, BlockSource? externalOrigin) : PiecedSource
{
    // The low bits of a value are the time when the block was written (pack_block_time).
    private const int TimeBits = 24;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        Span<byte> node = stackalloc byte[MetadataBlocks.BlockSize];
        long block = Math.DivRem(offset, blockSize, out long start);
        long left = ((length - 1) / blockSize) + 1 - block;
        if (!mappings.TryFind(block, node, out BTreeNode leaf, out int index, out long next))
        {
            return Piece.OfParent(externalOrigin, offset, (Math.Min(left, next - block) * blockSize) - start);
        }

        long place = PlaceAt(in leaf, index);
        int count = 1;
        while (count < left && index + count < leaf.Count && leaf.KeyAt(index + count) == block + count && PlaceAt(in leaf, index + count) == place + count)
        {
            count++;
        }

        return place < data.Length / blockSize
            ? Piece.OfBlock(data, place * blockSize, start, (count * blockSize) - start)
            : throw new InvalidImageException("thin mapping", offset - start, $"block {block} is block {place} of data with {data.Length / blockSize}", "dm-thin-metadata");
    }

    private static long PlaceAt(in BTreeNode leaf, int index) => leaf.NumberAt(index) >>> TimeBits;
}
