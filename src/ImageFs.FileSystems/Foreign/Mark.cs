namespace ImageFs.FileSystems.Foreign;

/// <summary>Bytes at a fixed place of a volume or file that tell what it is.</summary>
/// <param name="Address">Where: from the start; or, below 0, from the end.</param>
/// <param name="Bytes">What is there.</param>
internal readonly record struct Mark(long Address, byte[] Bytes)
{
    /// <summary>What a place counted from the end is rounded down to a multiple of, from the start.</summary>
    public long Alignment { get; init; } = 1;

    /// <summary>In how many places it may be.</summary>
    public int Places { get; init; } = 1;

    /// <summary>How far those are apart.</summary>
    public int Step { get; init; }

    /// <summary>Whether it is there.</summary>
    public bool IsIn(MarkReader source)
    {
        long address = Address >= 0 ? Address : (source.Length + Address) / Alignment * Alignment;
        for (int place = 0; place < Places; place++)
        {
            if (source.Has(address + ((long)place * Step), Bytes))
            {
                return true;
            }
        }

        return false;
    }
}
