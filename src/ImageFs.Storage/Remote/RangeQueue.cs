namespace ImageFs.Storage.Remote;

/// <summary>Runs of bytes that are to be asked for when a thread has time. Whoever uses it holds a lock.</summary>
internal sealed class RangeQueue
{
    // Who asks for more than can be read soon is better served by what he comes to first.
    private const int MaxCount = 1024;

    private readonly Queue<(long Start, long End)> _ranges = new();
    private (long Start, long End) _last;

    /// <summary>How many runs there are.</summary>
    public int Count => _ranges.Count + (_last.End > 0 ? 1 : 0);

    /// <summary>Adds a run; one that goes on from the last is part of it.</summary>
    /// <param name="start">Its start.</param>
    /// <param name="end">Its end.</param>
    /// <param name="most">Bytes of a run at most.</param>
    /// <returns>False when there are too many.</returns>
    public bool TryAdd(long start, long end, long most)
    {
        if (_last.End > 0 && start <= _last.End && end >= _last.Start && Math.Max(end, _last.End) - Math.Min(start, _last.Start) <= most)
        {
            _last = (Math.Min(start, _last.Start), Math.Max(end, _last.End));
            return true;
        }

        if (_ranges.Count == MaxCount)
        {
            return false;
        }

        if (_last.End > 0)
        {
            _ranges.Enqueue(_last);
        }

        _last = (start, end);
        return true;
    }

    /// <summary>Takes the first run.</summary>
    public bool TryTake(out long start, out long end)
    {
        if (!_ranges.TryDequeue(out (long Start, long End) range))
        {
            range = _last;
            _last = default;
        }

        (start, end) = range;
        return end > 0;
    }
}
