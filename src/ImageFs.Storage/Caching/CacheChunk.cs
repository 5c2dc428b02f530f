namespace ImageFs.Storage.Caching;

/// <summary>
/// A part of a <see cref="CacheFile"/> that is kept or let go as a whole: which of its bytes are there, as a few runs. Whoever uses it holds
/// the lock of its <see cref="CacheFolder"/>.
/// </summary>
/// <param name="file">The file that it is a part of.</param>
/// <param name="number">Its number in the file.</param>
internal sealed class CacheChunk(CacheFile file, long number)
{
    /// <summary>Bytes of a chunk: the file of a source has its bytes at the same offsets, so a chunk begins at a multiple of this.</summary>
    public const int Size = 64 << 10;

    // Who stores here and there in a chunk loses the shortest of more runs than this: it is read again.
    private const int MaxRuns = 4;

    private readonly (int Start, int End)[] _runs = new (int, int)[MaxRuns + 1];
    private int _count;

    /// <summary>The file that it is a part of.</summary>
    public CacheFile File => file;

    /// <summary>Its number in the file.</summary>
    public long Number => number;

    /// <summary>How many leases and writers keep it where it is.</summary>
    public int Holds { get; set; }

    /// <summary>Whether it was used since the hand came by.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Bytes of it that are there.</summary>
    public int Length
    {
        get
        {
            int length = 0;
            foreach ((int start, int end) in _runs.AsSpan(0, _count))
            {
                length += end - start;
            }

            return length;
        }
    }

    /// <summary>How many bytes are there from a place on.</summary>
    public int LengthFrom(int place)
    {
        foreach ((int start, int end) in _runs.AsSpan(0, _count))
        {
            if (place >= start && place < end)
            {
                return end - place;
            }
        }

        return 0;
    }

    /// <summary>Where the next bytes begin that are there, at a place or after it; <see cref="Size"/> when there are none.</summary>
    public int NextFrom(int place)
    {
        foreach ((int start, int end) in _runs.AsSpan(0, _count))
        {
            if (place < end)
            {
                return Math.Max(start, place);
            }
        }

        return Size;
    }

    /// <summary>Takes note of bytes that are there now.</summary>
    public void Add(int start, int end)
    {
        int at = 0;
        while (at < _count && _runs[at].End < start)
        {
            at++;
        }

        int after = at;
        while (after < _count && _runs[after].Start <= end)
        {
            start = Math.Min(start, _runs[after].Start);
            end = Math.Max(end, _runs[after].End);
            after++;
        }

        Array.Copy(_runs, after, _runs, at + 1, _count - after);
        _runs[at] = (start, end);
        _count += 1 - (after - at);
        if (_count > MaxRuns)
        {
            RemoveShortest();
        }
    }

    /// <summary>Nothing of it is there any more.</summary>
    public void Clear() => _count = 0;

    private void RemoveShortest()
    {
        int shortest = 0;
        for (int i = 1; i < _count; i++)
        {
            if (_runs[i].End - _runs[i].Start < _runs[shortest].End - _runs[shortest].Start)
            {
                shortest = i;
            }
        }

        Array.Copy(_runs, shortest + 1, _runs, shortest, _count - shortest - 1);
        _count--;
    }
}
