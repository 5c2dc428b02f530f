namespace ImageFs.Fuzz.Coverage;

/// <summary>Which blocks of the parsers' code have run. <see cref="Instrumentation"/> puts a store to <see cref="Hits"/> at the start of each.</summary>
public static class BlockHits
{
    /// <summary>Blocks that there may be.</summary>
    public const int Capacity = 1 << 18;

    /// <summary>One for each block that has run.</summary>
    public static readonly byte[] Hits = new byte[Capacity];

    private static readonly byte[] s_known = new byte[Capacity];

    /// <summary>Blocks that have run so far, as <see cref="TakeNew"/> has seen them.</summary>
    public static int Count { get; private set; }

    /// <summary>Whether a block has run that never did before.</summary>
    public static bool TakeNew()
    {
        int before = Count;
        for (int at = Next(0); at < Capacity; at = Next(at + 1))
        {
            s_known[at] = 1;
            Count++;
        }

        return Count > before;
    }

    private static int Next(int start) => start + Hits.AsSpan(start).CommonPrefixLength(s_known.AsSpan(start));
}
