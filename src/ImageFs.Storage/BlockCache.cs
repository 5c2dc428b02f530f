namespace ImageFs.Storage;

/// <summary>
/// A cache of a source's blocks, for metadata, in the room that all sources of a mount share. Blocks never change, so threads share them
/// without a lock; two threads that miss the same block both read it.
/// </summary>
public sealed class BlockCache
{
    private readonly BlockSource _source;
    private readonly int _blockSize;
    private readonly BlockShare _kept;

    /// <param name="source">What to read.</param>
    /// <param name="blockSize">Bytes read at once.</param>
    /// <param name="pool">Keeps the blocks: that of the mount (<see cref="MemoryBudget.Blocks"/>).</param>
    public BlockCache(BlockSource source, int blockSize, BlockPool pool)
    {
        _source = source;
        _blockSize = blockSize;
        _kept = pool.ForOwner(blockSize);
    }

    /// <summary>Length of the source in bytes.</summary>
    public long Length => _source.Length;

    /// <summary>As <see cref="BlockSource.ReadAt"/>, through the cache.</summary>
    /// <exception cref="TruncatedImageException">The bytes lie beyond the end of the source or of a layer below.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">The image is damaged there.</exception>
    public void ReadAt(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset > Length - destination.Length)
        {
            throw new TruncatedImageException(offset, Length);
        }

        while (destination.Length > 0)
        {
            long number = Math.DivRem(offset, _blockSize, out long inBlock);
            int length = (int)Math.Min(_blockSize - inBlock, destination.Length);
            if (!_kept.TryCopy(new CachedBlock(number), (int)inBlock, destination[..length]) && !TryRead(number, (int)inBlock, destination[..length]))
            {
                // The block's other bytes may be unreadable while the wanted ones are not.
                _source.ReadAt(offset, destination);
                return;
            }

            destination = destination[length..];
            offset += length;
        }
    }

    private bool TryRead(long number, int inBlock, Span<byte> destination)
    {
        long start = number * _blockSize;
        using var buffer = new PooledBuffer((int)Math.Min(_blockSize, Length - start));
        try
        {
            _source.ReadAt(start, buffer.Span);
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            return false;
        }

        _kept.Put(new CachedBlock(number), buffer.Span);
        buffer.Span.Slice(inBlock, destination.Length).CopyTo(destination);
        return true;
    }
}
