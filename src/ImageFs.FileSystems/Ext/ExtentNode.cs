namespace ImageFs.FileSystems.Ext;

/// <summary>A node of an extent tree: its header and the entries in use.</summary>
internal readonly ref struct ExtentNode
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The node; the header's number of entries must fit.</param>
    public ExtentNode(ReadOnlySpan<byte> bytes)
    {
        var header = new ExtentHeader(bytes);
        Count = header.Entries;
        Depth = header.Depth;
        _bytes = bytes[ExtentHeader.Size..];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Count * ExtentHeader.Size, _bytes.Length, nameof(bytes));
    }

    /// <summary>Number of entries.</summary>
    public int Count { get; }

    /// <summary>Levels below it.</summary>
    public int Depth { get; }

    /// <summary>An entry of a leaf.</summary>
    public ExtentLeaf Leaf(int i) => new(_bytes.Slice(i * ExtentLeaf.Size, ExtentLeaf.Size));

    /// <summary>An entry of an inner node.</summary>
    public ExtentIndex Index(int i) => new(_bytes.Slice(i * ExtentIndex.Size, ExtentIndex.Size));

    /// <summary>The first block of the file that an entry is for: at the same place in both kinds.</summary>
    public uint FirstBlock(int i) => Index(i).Block;

    /// <summary>The last entry that begins at or before a block of the file; -1 when there is none.</summary>
    public int FindLast(uint block)
    {
        int low = -1;
        int high = Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >> 1;
            if (FirstBlock(middle) <= block)
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

    /// <summary>The first block of the file behind an entry's part: where the next entry begins, or the node's own part ends.</summary>
    public long EndOf(int i, long end) => i + 1 < Count ? Math.Min(FirstBlock(i + 1), end) : end;
}
