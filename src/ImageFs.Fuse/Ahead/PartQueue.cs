namespace ImageFs.Fuse.Ahead;

/// <summary>A part of a file.</summary>
/// <param name="NodeId">The file.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct FilePart(ulong NodeId, long Offset, int Length);

/// <summary>Parts of files that wait to be stored, each once. Several threads put them in, one takes them out.</summary>
internal sealed class PartQueue
{
    /// <summary>How many may wait, the one that is just stored among them.</summary>
    public const int Capacity = 16;

    private readonly FilePart[] _parts = new FilePart[Capacity];
    private readonly Lock _lock = new();
    private int _first;
    private int _count;

    /// <summary>Puts a part in.</summary>
    /// <returns>False when there is no room, or it is there.</returns>
    public bool TryAdd(FilePart part)
    {
        lock (_lock)
        {
            for (int i = 0; i < _count; i++)
            {
                if (_parts[(_first + i) % Capacity] == part)
                {
                    return false;
                }
            }

            if (_count == Capacity)
            {
                return false;
            }

            _parts[(_first + _count++) % Capacity] = part;
            return true;
        }
    }

    /// <summary>The part that waits longest; it stays.</summary>
    public bool TryPeek(out FilePart part)
    {
        lock (_lock)
        {
            part = _parts[_first];
            return _count > 0;
        }
    }

    /// <summary>Takes it out.</summary>
    public void Remove()
    {
        lock (_lock)
        {
            _first = (_first + 1) % Capacity;
            _count--;
        }
    }
}
