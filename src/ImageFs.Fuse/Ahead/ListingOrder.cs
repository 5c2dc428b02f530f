namespace ImageFs.Fuse.Ahead;

/// <summary>
/// The regular files that listings named lately, in that order: most programs read the files of a directory as it names them. Workers
/// write without a lock. What they spoil for each other makes a wrong guess, and no wrong byte.
/// </summary>
internal sealed class ListingOrder
{
    // So large that the memory is the kernel's zeros, untouched until it is needed (.NET's large objects).
    private const int SizeBits = 14;
    private const int Size = 1 << SizeBits;
    private const int SlotBits = SizeBits + 1;

    // 2^64 divided by the golden ratio: node ids are often multiples of a block size.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    // No node is 0: it stands between two listings.
    private readonly ulong[] _nodes = new ulong[Size];
    private readonly int[] _places = new int[1 << SlotBits];
    private int _last;

    /// <summary>A listing begins, or goes on after another.</summary>
    /// <returns>The place before its first file.</returns>
    public int Begin() => Put(0);

    /// <summary>The listing names a file.</summary>
    public void Add(ulong nodeId) => _places[Slot(nodeId)] = Put(nodeId);

    /// <summary>Where a file was named last; 0 when that is not known, or long ago.</summary>
    public int Find(ulong nodeId)
    {
        int place = _places[Slot(nodeId)];
        return At(place) == nodeId ? place : 0;
    }

    /// <summary>The file at a place; 0 when there is none, or it was named long ago, or a listing ended there.</summary>
    public ulong At(int place)
    {
        int last = Volatile.Read(ref _last);
        return place > 0 && place <= last && place > last - Size ? _nodes[place % Size] : 0;
    }

    // After 2^31 files nothing is added any more.
    private int Put(ulong nodeId)
    {
        int place = Volatile.Read(ref _last) < int.MaxValue / 2 ? Interlocked.Increment(ref _last) : 0;
        _nodes[place % Size] = nodeId;
        return place;
    }

    private static int Slot(ulong nodeId) => (int)(unchecked(nodeId * Spread) >> (64 - SlotBits));
}
