namespace ImageFs.Storage;

/// <summary>Sources one after the other, as one.</summary>
public sealed class ConcatenatedSource : PiecedSource
{
    private readonly BlockSource[] _parts;
    private readonly long[] _ends;

    /// <param name="parts">In order; empty ones are left out.</param>
    /// <exception cref="OverflowException">Together they are longer than a file can be.</exception>
    public ConcatenatedSource(IEnumerable<BlockSource> parts)
    {
        _parts = [.. parts.Where(part => part.Length > 0)];
        _ends = new long[_parts.Length];
        for (int i = 0; i < _parts.Length; i++)
        {
            Length = checked(Length + _parts[i].Length);
            _ends[i] = Length;
        }
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <summary>The rest of the part that an offset is in.</summary>
    /// <param name="offset">At least 0 and less than <see cref="Length"/>.</param>
    public Piece PieceAt(long offset)
    {
        int found = Array.BinarySearch(_ends, offset);
        int index = found < 0 ? ~found : found + 1;
        BlockSource part = _parts[index];
        return Piece.Mapped(part, offset - _ends[index] + part.Length, _ends[index] - offset);
    }

    /// <inheritdoc/>
    protected override Piece Find(long offset) => PieceAt(offset);
}
