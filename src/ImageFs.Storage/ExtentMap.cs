using System.Runtime.CompilerServices;

namespace ImageFs.Storage;

/// <summary>
/// The extents of one object: ascending from 0, without gap or overlap, coalesced. Only <see cref="ExtentMapBuilder"/> makes one,
/// so no map is ever wrong in shape.
/// </summary>
public sealed class ExtentMap
{
    private readonly Extent[] _extents;

    internal ExtentMap(Extent[] extents) => _extents = extents;

    /// <summary>The map of an empty object.</summary>
    public static ExtentMap Empty { get; } = new([]);

    /// <summary>Bytes that the map covers.</summary>
    public long Length => _extents.Length == 0 ? 0 : _extents[^1].End;

    /// <summary>Bytes of memory that the extents take.</summary>
    public long Size => _extents.Length * (long)Unsafe.SizeOf<Extent>();

    /// <summary>The extents, in order.</summary>
    public ReadOnlySpan<Extent> Extents => _extents;

    /// <summary>The extent that holds a byte, from that byte on, at most <paramref name="maxLength"/> long.</summary>
    /// <param name="offset">A byte of the object: at least 0 and less than <see cref="Length"/>.</param>
    /// <param name="maxLength">Bytes wanted at most; at least 1.</param>
    public Extent Find(long offset, long maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, Length);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxLength);

        int low = 0;
        int high = _extents.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (_extents[middle].Offset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return _extents[low].Clip(offset, maxLength);
    }
}
