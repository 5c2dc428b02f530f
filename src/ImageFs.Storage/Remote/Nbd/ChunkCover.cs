namespace ImageFs.Storage.Remote.Nbd;

/// <summary>Which bytes of a request chunks have brought, in any order; each may come once.</summary>
/// <param name="length">Bytes of the request.</param>
internal struct ChunkCover(int length)
{
    // A server that sends so many for one request has no use for it.
    private const int MaxRuns = 4096;

    private List<(int Start, int End)>? _runs;
    private int _count;

    /// <summary>Bytes from the first on that are there without a gap.</summary>
    public int Start { get; private set; }

    /// <summary>Whether all bytes are there.</summary>
    public readonly bool IsWhole => _count == length;

    /// <summary>Takes note of a chunk.</summary>
    /// <param name="start">Where it begins in the request.</param>
    /// <param name="count">Its bytes; at least 1.</param>
    /// <returns>False when it is not inside the request, or some of it was there already.</returns>
    public bool TryAdd(long start, long count)
    {
        if (start < Start || count < 1 || start > length - count)
        {
            return false;
        }

        int end = (int)(start + count);
        if (start == Start && _runs is null)
        {
            Start = end;
            _count = end;
            return true;
        }

        _runs ??= [];
        int at = 0;
        while (at < _runs.Count && _runs[at].End <= start)
        {
            at++;
        }

        if (_runs.Count == MaxRuns || (at < _runs.Count && _runs[at].Start < end))
        {
            return false;
        }

        _runs.Insert(at, ((int)start, end));
        _count += (int)count;
        return true;
    }
}
