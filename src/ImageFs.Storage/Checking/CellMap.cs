using System.Numerics;

namespace ImageFs.Storage.Checking;

/// <summary>A bit for each block of a volume, in pieces that are made when they are first needed.</summary>
public sealed class CellMap
{
    /// <summary>Cells that it has at most: so it takes 64 MiB.</summary>
    public const long MaxCells = 1L << 29;

    private const int PieceShift = 16;
    private const int PieceCells = 1 << PieceShift;
    private const int WordCells = 64;

    private readonly ulong[]?[] _pieces;
    private readonly long _cells;

    /// <summary>Makes it, of no cell set.</summary>
    /// <param name="cells">How many cells; at most <see cref="MaxCells"/>.</param>
    public CellMap(long cells)
    {
        _cells = cells;
        _pieces = new ulong[((cells - 1) >> PieceShift) + 1][];
    }

    /// <summary>Whether a cell is set.</summary>
    public bool this[long cell] => _pieces[cell >> PieceShift] is { } piece && (piece[(cell & (PieceCells - 1)) / WordCells] >> (int)(cell % WordCells) & 1) != 0;

    /// <summary>Sets a cell.</summary>
    /// <returns>Whether it was set before.</returns>
    public bool Set(long cell)
    {
        ulong[] piece = _pieces[cell >> PieceShift] ??= new ulong[PieceCells / WordCells];
        ref ulong word = ref piece[(cell & (PieceCells - 1)) / WordCells];
        ulong bit = 1UL << (int)(cell % WordCells);
        bool wasSet = (word & bit) != 0;
        word |= bit;
        return wasSet;
    }

    /// <summary>Clears a cell.</summary>
    public void Clear(long cell)
    {
        if (_pieces[cell >> PieceShift] is { } piece)
        {
            piece[(cell & (PieceCells - 1)) / WordCells] &= ~(1UL << (int)(cell % WordCells));
        }
    }

    /// <summary>The runs of cells that are all set, or all not.</summary>
    public IEnumerable<(long Start, long Count)> Runs(bool areSet)
    {
        for (long start = Next(0, areSet); start < _cells;)
        {
            long end = Next(start, !areSet);
            yield return (start, end - start);
            start = Next(end, areSet);
        }
    }

    // The first cell from one on that is set, or not; the number of cells when there is none.
    private long Next(long cell, bool isSet)
    {
        while (cell < _cells)
        {
            ulong[]? piece = _pieces[cell >> PieceShift];
            if (piece is null)
            {
                if (!isSet)
                {
                    return cell;
                }

                cell = (cell | (PieceCells - 1)) + 1;
                continue;
            }

            ulong word = piece[(cell & (PieceCells - 1)) / WordCells];
            ulong left = (isSet ? word : ~word) >> (int)(cell % WordCells);
            if (left != 0)
            {
                return Math.Min(_cells, cell + BitOperations.TrailingZeroCount(left));
            }

            cell = (cell | (WordCells - 1)) + 1;
        }

        return _cells;
    }
}
