namespace ImageFs.Storage.Containers.Packed;

/// <summary>A part of a packed file that is decoded from its beginning on, without what lies before it.</summary>
/// <param name="Offset">Where it begins, decoded.</param>
/// <param name="Length">Its bytes, decoded.</param>
/// <param name="Address">Where it begins in the file: in bytes, or in what the format counts in.</param>
/// <param name="StoredLength">What it takes there, in the same.</param>
internal readonly record struct PackedPart(long Offset, long Length, long Address, long StoredLength)
{
    /// <summary>Where it ends, decoded.</summary>
    public long End => Offset + Length;
}

/// <summary>The parts of a packed file, in their order: they follow one another without gaps, decoded.</summary>
/// <param name="format">What the file is, for errors.</param>
internal sealed class PackedParts(string format)
{
    // 24 bytes for each. Blocks of bgzip, which are the smallest, make up 256 GiB.
    private const int MaxCount = 1 << 22;

    // What a table may say in all: no file is longer on the file systems that there are.
    private const long MaxLength = 1L << 60;

    private readonly List<(long Offset, long Address, long StoredLength)> _parts = [];

    /// <summary>How many there are.</summary>
    public int Count => _parts.Count;

    /// <summary>Bytes of all of them, decoded.</summary>
    public long Length { get; private set; }

    /// <summary>One of them, by its number.</summary>
    public PackedPart this[int index]
    {
        get
        {
            (long offset, long address, long storedLength) = _parts[index];
            long end = index + 1 < _parts.Count ? _parts[index + 1].Offset : Length;
            return new PackedPart(offset, end - offset, address, storedLength);
        }
    }

    /// <summary>Adds the next one; one of no bytes is left out.</summary>
    /// <exception cref="UnsupportedFeatureException">There are too many.</exception>
    /// <exception cref="InvalidImageException">They are longer than a file can be.</exception>
    public void Add(long length, long address, long storedLength)
    {
        if (length == 0)
        {
            return;
        }

        if (_parts.Count == MaxCount)
        {
            throw new UnsupportedFeatureException($"{format} of more than {MaxCount} parts");
        }

        if (length < 0 || length > MaxLength - Length)
        {
            throw new InvalidImageException($"{format} part", address, "it makes the file longer than a file can be");
        }

        _parts.Add((Length, address, storedLength));
        Length += length;
    }

    /// <summary>Makes one part of each two that follow each other, where the second may be left out.</summary>
    /// <param name="mayDrop">Says so, by the address of the second.</param>
    public void Thin(Func<long, bool> mayDrop)
    {
        int kept = 0;
        bool isDropped = true;
        for (int i = 0; i < _parts.Count; i++)
        {
            isDropped = !isDropped && mayDrop(_parts[i].Address);
            if (!isDropped)
            {
                _parts[kept++] = _parts[i];
            }
        }

        _parts.RemoveRange(kept, _parts.Count - kept);
    }

    /// <summary>The number of the part that an offset is in.</summary>
    /// <param name="offset">At least 0 and less than <see cref="Length"/>.</param>
    public int Find(long offset)
    {
        int low = 0;
        int high = _parts.Count - 1;
        while (low < high)
        {
            int middle = (int)(((uint)low + (uint)high + 1) / 2);
            if (_parts[middle].Offset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }
}
