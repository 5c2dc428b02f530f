namespace ImageFs.Storage;

/// <summary>
/// A bounded cache of a source's blocks, for metadata. Blocks never change once read, so threads share them without a lock; two
/// threads that miss the same block both read it.
/// </summary>
public sealed class BlockCache
{
    private readonly BlockSource _source;
    private readonly int _blockSize;
    private readonly Block?[] _slots;

    /// <summary>Makes the cache.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="blockSize">Bytes read at once.</param>
    /// <param name="blocks">Blocks kept at most; each number has one place it can be in.</param>
    public BlockCache(BlockSource source, int blockSize, int blocks)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blocks);
        _source = source;
        _blockSize = blockSize;
        _slots = new Block?[blocks];
    }

    /// <summary>Length of the source in bytes.</summary>
    public long Length => _source.Length;

    /// <summary>As <see cref="BlockSource.ReadAt"/>, through the cache.</summary>
    /// <exception cref="TruncatedImageException">The bytes lie behind the end of the source or of a layer below.</exception>
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
            byte[]? block = Find(number);
            if (block is null)
            {
                // The block's other bytes may be unreadable: the ones that are wanted may not.
                _source.ReadAt(offset, destination);
                return;
            }

            ReadOnlySpan<byte> part = block.AsSpan((int)inBlock);
            part = part[..Math.Min(part.Length, destination.Length)];
            part.CopyTo(destination);
            destination = destination[part.Length..];
            offset += part.Length;
        }
    }

    private byte[]? Find(long number)
    {
        ref Block? slot = ref _slots[(int)(number % _slots.Length)];
        Block? block = Volatile.Read(ref slot);
        if (block is null || block.Number != number)
        {
            long start = number * _blockSize;
            byte[] bytes = new byte[Math.Min(_blockSize, Length - start)];
            try
            {
                _source.ReadAt(start, bytes);
            }
            catch (Exception e) when (e is ImageException or Linux.LinuxException)
            {
                return null;
            }

            block = new Block(number, bytes);
            Volatile.Write(ref slot, block);
        }

        return block.Bytes;
    }

    private sealed record Block(long Number, byte[] Bytes);
}
