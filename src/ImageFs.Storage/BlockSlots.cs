using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>
/// Copies of blocks in a fixed piece of memory: keeping, finding and dropping blocks makes no garbage and takes no more room than is given.
/// Each block has one place it can be in. Threads share it without a lock: a place has a version, odd while somebody writes to it, and a
/// reader checks afterwards that it is still the same.
/// </summary>
/// <typeparam name="TKey">What a block is known by; it is compared while another thread may be writing it.</typeparam>
public sealed class BlockSlots<TKey>
    where TKey : struct, IEquatable<TKey>
{
    // Memory is taken in strips, when a block first comes to one: of less than 85,000 bytes the collector would move them, and all at once
    // it would collect before (its budget for large objects is 3 MiB in the beginning).
    private const int StripSize = 128 * 1024;

    private readonly int _blockSize;
    private readonly Slot[] _slots;

    private readonly int _blocksInStrip;
    private readonly byte[]?[] _strips;

    /// <param name="blockSize">Bytes in a block.</param>
    /// <param name="maxBytes">Bytes of all blocks together; there is room for one block at least.</param>
    public BlockSlots(int blockSize, int maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockSize);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        _blockSize = blockSize;
        _slots = new Slot[Math.Max(1, maxBytes / blockSize)];
        _blocksInStrip = Math.Max(1, StripSize / blockSize);
        _strips = new byte[((_slots.Length - 1) / _blocksInStrip) + 1][];
    }

    /// <summary>Blocks that there is room for.</summary>
    public int Count => _slots.Length;

    /// <summary>Copies a part of a block.</summary>
    /// <param name="number">The block's number, which tells its place.</param>
    /// <param name="key">What it has to be.</param>
    /// <param name="start">Where the part begins in the block, in bytes.</param>
    /// <param name="destination">Takes the part; it holds nothing of use when the block was not there.</param>
    /// <returns>False when the block is not there.</returns>
    public bool TryCopy(long number, TKey key, int start, Span<byte> destination)
    {
        bool isThere = TryCopyUncounted(number, key, start, destination);
        CacheCounts.Count(isThere);
        return isThere;
    }

    /// <summary>As <see cref="TryCopy"/>, for a caller that counts.</summary>
    internal bool TryCopyUncounted(long number, TKey key, int start, Span<byte> destination)
    {
        int place = PlaceOf(number);
        ref Slot slot = ref _slots[place];
        int version = Volatile.Read(ref slot.Version);
        if (version == 0 || (version & 1) != 0 || !slot.Key.Equals(key))
        {
            return false;
        }

        BytesOf(place).Slice(start, destination.Length).CopyTo(destination);

        // The copy is made before the version is looked at again.
        Interlocked.MemoryBarrier();
        return slot.Version == version;
    }

    /// <summary>Keeps a block, in the place of the one that was there; unless another thread is just doing so.</summary>
    /// <param name="number">The block's number.</param>
    /// <param name="key">What it is.</param>
    /// <param name="block">Its bytes: a whole block, or less where the source ends.</param>
    public void Put(long number, TKey key, ReadOnlySpan<byte> block)
    {
        int place = PlaceOf(number);
        ref Slot slot = ref _slots[place];
        int version = Volatile.Read(ref slot.Version);
        if ((version & 1) != 0 || Interlocked.CompareExchange(ref slot.Version, version + 1, version) != version)
        {
            return;
        }

        if (version == 0)
        {
            BringIn(place / _blocksInStrip);
        }

        slot.Key = key;
        block.CopyTo(BytesOf(place));
        Volatile.Write(ref slot.Version, NextEven(version));
    }

    // 0 is a place that was never written to.
    private static int NextEven(int version) => version == int.MaxValue - 1 ? 2 : version + 2;

    private int PlaceOf(long number) => (int)(number % _slots.Length);

    // Blocks of metadata lie here and there: a page fault for each would take longer than to copy it.
    private void BringIn(int strip)
    {
        if (_strips[strip] is null)
        {
            int count = Math.Min(_blocksInStrip, _slots.Length - (strip * _blocksInStrip));
            byte[] bytes = GC.AllocateUninitializedArray<byte>(count * _blockSize);
            if (Interlocked.CompareExchange(ref _strips[strip], bytes, null) is null)
            {
                Pages.Populate(bytes);
            }
        }
    }

    private Span<byte> BytesOf(int place)
    {
        (int strip, int inStrip) = Math.DivRem(place, _blocksInStrip);
        return _strips[strip].AsSpan(inStrip * _blockSize, _blockSize);
    }

    private struct Slot
    {
        public int Version;
        public TKey Key;
    }
}
