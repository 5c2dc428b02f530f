namespace ImageFs.Storage.Volumes.Lvm.Overlays;

/// <summary>A volume of which some chunks lie in another: a snapshot, a volume with a cache that has not written everything back.</summary>
/// <param name="origin">What is below where no chunk is elsewhere.</param>
/// <param name="chunks">Which chunks are.</param>
/// <param name="chunkSize">Bytes of a chunk.</param>
/// <param name="store">What has those.</param>
/// <param name="storeStart">Where its first chunk begins, in bytes.</param>
/// <param name="length">Bytes of the volume.</param>
internal sealed class OverlaySource(BlockSource origin, ChunkMap chunks, long chunkSize, BlockSource store, long storeStart, long length) : PiecedSource
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long MapSize => chunks.Size;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long chunk = Math.DivRem(offset, chunkSize, out long start);
        bool isElsewhere = chunks.TryFind(chunk, out long place, out long count);
        long wanted = Math.Min(count, ((length - offset) / chunkSize) + 2) * chunkSize - start;
        return isElsewhere
            ? Piece.OfBlock(store, storeStart + (place * chunkSize), start, wanted)
            : Piece.Mapped(origin, offset, wanted);
    }
}
