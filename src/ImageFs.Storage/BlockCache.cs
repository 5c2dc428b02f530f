namespace ImageFs.Storage;

/// <summary>
/// A bounded cache of a source's blocks, for metadata. Blocks never change, so threads share them without a lock; two threads that miss
/// the same block both read it.
/// </summary>
public sealed class BlockCache
{
    private readonly BlockSource _source;
    private readonly int _blockSize;
    private readonly BlockSlots<long> _slots;

    /// <param name="source">What to read.</param>
    /// <param name="blockSize">Bytes read at once.</param>
    /// <param name="maxBytes">Bytes kept at most; one block at least is.</param>
    public BlockCache(BlockSource source, int blockSize, int maxBytes)
    {
        _source = source;
        _blockSize = blockSize;
        _slots = new BlockSlots<long>(blockSize, maxBytes);
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
            if (!_slots.TryCopy(number, number, (int)inBlock, destination[..length]) && !TryRead(number, (int)inBlock, destination[..length]))
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

        _slots.Put(number, number, buffer.Span);
        buffer.Span.Slice(inBlock, destination.Length).CopyTo(destination);
        return true;
    }
}
