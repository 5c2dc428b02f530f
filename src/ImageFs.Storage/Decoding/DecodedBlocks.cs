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

    /// <summary>Takes hold of a part of a block, which is decoded now if it is not there.</summary>
    /// <param name="block">The block.</param>
    /// <param name="start">Where the part begins in the block, decoded.</param>
    /// <param name="length">Bytes of the part.</param>
    /// <param name="decoder">Decodes the block.</param>
    /// <param name="lease">The part; dispose of it soon.</param>
    /// <returns>False when there is no room for it: <see cref="Read"/> does without.</returns>
    /// <exception cref="ImageException">It cannot be decoded.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    internal bool TryLease(in EncodedBlock block, int start, int length, IBlockDecoder decoder, out DecodedLease lease)
    {
        lease = default;
        bool isNew = false;
        if (_cache?.Lease(KeyOf(in block), length, out isNew) is not { } place)
        {
            return false;
        }

        if (isNew)
        {
            Decode(_cache, place, in block, decoder);
        }

        lease = new DecodedLease(_cache, place, start, length);
        return true;
    }

    /// <summary>Decodes a block that will be wanted soon, unless it is there or another thread is at it.</summary>
    /// <param name="block">The block.</param>
    /// <param name="decoder">Decodes it.</param>
    /// <returns>False when there is no room for it.</returns>
    /// <exception cref="ImageException">It cannot be decoded.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    internal bool TryKeep(in EncodedBlock block, IBlockDecoder decoder)
    {
        if (_cache?.TryBegin(KeyOf(in block), out DecodedBlock? place) != true)
        {
            return false;
        }

        if (place is not null)
        {
            Decode(_cache, place, in block, decoder);
            place.Release();
        }

        return true;
    }

    /// <summary>Copies a part of a block, which is decoded now if it is not there.</summary>
    /// <param name="block">The block.</param>
    /// <param name="start">Where the part begins in the block, decoded.</param>
    /// <param name="destination">Filled whole.</param>
    /// <param name="decoder">Decodes the block.</param>
    /// <exception cref="ImageException">It cannot be decoded.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    internal void Read(in EncodedBlock block, int start, Span<byte> destination, IBlockDecoder decoder)
    {
        if (TryLease(in block, start, destination.Length, decoder, out DecodedLease lease))
        {
            using (lease)
            {
                lease.Span.CopyTo(destination);
            }

            return;
        }

        if (destination.Length == block.Length)
        {
            decoder.Decode(in block, destination);
        }
        else
        {
            using var buffer = new PooledBuffer(block.Length);
            decoder.Decode(in block, buffer.Span);
            buffer.Span.Slice(start, destination.Length).CopyTo(destination);
        }

        _cache?.CountAlone(block.Length, destination.Length);
    }

    private static void Decode(DecodedBlockCache cache, DecodedBlock place, in EncodedBlock block, IBlockDecoder decoder)
    {
        try
        {
            decoder.Decode(in block, cache.Memory.Span.Slice(place.Start, block.Length));
        }
        catch (Exception e)
        {
            cache.Fail(place, e);
            throw;
        }

        cache.Publish(place);
    }

    private DecodedBlockCache.Key KeyOf(in EncodedBlock block) => new(_owner, _file, IsByAddress ? block.Address : block.Offset, block.Length);
}
