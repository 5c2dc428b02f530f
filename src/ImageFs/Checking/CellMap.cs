namespace ImageFs.Checking;

/// <summary>A bit for each block of a volume, in pieces that are made when they are first needed.</summary>
internal sealed class CellMap
{
    /// <summary>Cells that it has at most: so it takes 64 MiB.</summary>
    public const long MaxCells = 1L << 29;

    private const int PieceShift = 16;
    private const int PieceCells = 1 << PieceShift;

    private readonly ulong[]?[] _pieces;

    /// <summary>Makes it, of no cell set.</summary>
    /// <param name="cells">How many cells; at most <see cref="MaxCells"/>.</param>
    public CellMap(long cells) => _pieces = new ulong[((cells - 1) >> PieceShift) + 1][];

    /// <summary>Sets a cell.</summary>
    /// <returns>Whether it was set before.</returns>
    public bool Set(long cell)
    {
        ulong[] piece = _pieces[cell >> PieceShift] ??= new ulong[PieceCells / 64];
        ref ulong word = ref piece[(cell & (PieceCells - 1)) / 64];
        ulong bit = 1UL << (int)(cell % 64);
        bool wasSet = (word & bit) != 0;
        word |= bit;
        return wasSet;
    }
}
