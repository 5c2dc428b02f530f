namespace ImageFs.Storage;

/// <summary>Sources one after the other, as one.</summary>
public sealed class ConcatenatedSource : BlockSource
{
    private readonly BlockSource[] _parts;
    private readonly long[] _ends;

    /// <param name="parts">In order; an empty one is nothing.</param>
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

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        int found = Array.BinarySearch(_ends, offset);
        int index = found < 0 ? ~found : found + 1;
        below = _parts[index];
        return Extent.Mapped(offset, Math.Min(maxLength, _ends[index] - offset), offset - _ends[index] + below.Length);
    }
}
