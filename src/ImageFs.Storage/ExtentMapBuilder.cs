namespace ImageFs.Storage;

/// <summary>Builds an <see cref="ExtentMap"/> from runs that are given in ascending order.</summary>
public sealed class ExtentMapBuilder
{
    private readonly List<Extent> _extents = [];

    /// <summary>Bytes covered so far: where the next run begins.</summary>
    public long Length { get; private set; }

    /// <summary>Appends a run after the last one.</summary>
    /// <param name="length">Bytes; a run of 0 is passed over.</param>
    /// <param name="kind">What the bytes are.</param>
    /// <param name="address">Where it lies in the layer below, for <see cref="ExtentKind.Mapped"/>.</param>
    public ExtentMapBuilder Append(long length, ExtentKind kind, long address = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfNegative(address);
        if (length == 0)
        {
            return this;
        }

        var extent = new Extent(Length, length, kind, kind == ExtentKind.Mapped ? address : 0);
        Length += length;
        if (_extents.Count > 0 && _extents[^1].IsContinuedBy(in extent))
        {
            Extent last = _extents[^1];
            _extents[^1] = last with { Length = last.Length + length };
        }
        else
        {
            _extents.Add(extent);
        }

        return this;
    }

    /// <summary>Appends a run that lies in the layer below.</summary>
    public ExtentMapBuilder AppendMapped(long length, long address) => Append(length, ExtentKind.Mapped, address);

    /// <summary>Appends a hole up to <paramref name="offset"/>, if the map does not reach it yet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The map is already past it: the runs overlap.</exception>
    public ExtentMapBuilder PadTo(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, Length);
        return Append(offset - Length, ExtentKind.Hole);
    }

    /// <summary>The map, cut or filled with a hole to be <paramref name="length"/> bytes.</summary>
    public ExtentMap Build(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (Length < length)
        {
            PadTo(length);
        }

        while (_extents.Count > 0 && _extents[^1].End > length)
        {
            Extent last = _extents[^1];
            _extents.RemoveAt(_extents.Count - 1);
            if (last.Offset < length)
            {
                _extents.Add(last with { Length = length - last.Offset });
            }
        }

        Length = length;
        return _extents.Count == 0 ? ExtentMap.Empty : new ExtentMap([.. _extents]);
    }

    /// <summary>The map of all runs appended.</summary>
    public ExtentMap Build() => Build(Length);
}
