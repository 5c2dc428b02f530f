using ImageFs.FileSystems.Btrfs.Devices;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>Numbers the sectors of all chunks one after the other, so that there can be a bit for each, wherever chunks are.</summary>
internal sealed class LogicalCells
{
    private readonly Chunk[] _chunks;
    private readonly long[] _firsts;
    private readonly int _sectorSize;

    /// <param name="chunks">The chunks, in the order of their addresses.</param>
    /// <param name="sectorSize">The unit of data, in bytes.</param>
    public LogicalCells(IEnumerable<Chunk> chunks, int sectorSize)
    {
        _chunks = [.. chunks];
        _firsts = new long[_chunks.Length];
        _sectorSize = sectorSize;
        for (int i = 0; i < _chunks.Length; i++)
        {
            _firsts[i] = Count;
            Count += Math.Min(_chunks[i].Length / sectorSize, long.MaxValue - Count);
        }
    }

    /// <summary>How many sectors there are.</summary>
    public long Count { get; }

    /// <summary>Bytes of a sector.</summary>
    public int SectorSize => _sectorSize;

    /// <summary>The sector at an address, and those behind it up to a length; null when they are not all in one chunk, or no whole ones.</summary>
    public (long First, long Count)? Find(ulong address, ulong length)
    {
        int low = 0;
        int high = _chunks.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = (ulong)_chunks[middle].Start <= address ? (middle, high) : (low, middle - 1);
        }

        if (high < 0 || (ulong)_chunks[low].Start > address || address > long.MaxValue || length > long.MaxValue
            || address - (ulong)_chunks[low].Start > (ulong)_chunks[low].Length || length > (ulong)_chunks[low].End - address
            || (address | length) % (uint)_sectorSize != 0)
        {
            return null;
        }

        return (_firsts[low] + (((long)address - _chunks[low].Start) / _sectorSize), (long)length / _sectorSize);
    }

    /// <summary>The logical address of a sector.</summary>
    public long AddressOf(long cell)
    {
        int index = Array.BinarySearch(_firsts, cell);
        index = index < 0 ? ~index - 1 : index;
        return _chunks[index].Start + ((cell - _firsts[index]) * _sectorSize);
    }
}
