using System.Runtime.InteropServices;

namespace ImageFs.Storage;

/// <summary>
/// A run of bytes of an object and where it lies in the layer below. All values are bytes.
/// </summary>
/// <param name="Offset">First byte of the run, in the object.</param>
/// <param name="Length">Bytes in the run.</param>
/// <param name="Kind">What the bytes are.</param>
/// <param name="Address">
/// For <see cref="ExtentKind.Mapped"/>, where the run begins in the layer below. For <see cref="ExtentKind.Encoded"/>, where the block that
/// the run is in begins there, encoded. Otherwise 0.
/// </param>
/// <param name="StoredLength">
/// For <see cref="ExtentKind.Encoded"/>, the bytes that the block is stored in; how they are encoded tells <see cref="BlockSource.FindEncoded"/>.
/// Otherwise 0.
/// </param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Extent(long Offset, long Length, ExtentKind Kind, long Address, int StoredLength = 0)
{
    /// <summary>First byte after the run, in the object.</summary>
    public long End => Offset + Length;

    /// <summary>Whether the run reads as zeros without looking anywhere.</summary>
    public bool IsZero => Kind is ExtentKind.Hole or ExtentKind.Unwritten;

    /// <summary>A run of bytes that lie in the layer below.</summary>
    public static Extent Mapped(long offset, long length, long address) => new(offset, length, ExtentKind.Mapped, address);

    /// <summary>A run that is not allocated.</summary>
    public static Extent Hole(long offset, long length) => new(offset, length, ExtentKind.Hole, 0);

    /// <summary>The part of this run inside [<paramref name="offset"/>, <paramref name="offset"/> + <paramref name="maxLength"/>).</summary>
    /// <remarks><paramref name="offset"/> must lie inside the run.</remarks>
    public Extent Clip(long offset, long maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, Offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, End);
        long skipped = offset - Offset;
        return new Extent(offset, Math.Min(Length - skipped, maxLength), Kind, Kind == ExtentKind.Mapped ? Address + skipped : IsZero ? 0 : Address, StoredLength);
    }

    /// <summary>Whether <paramref name="next"/> continues this run, so that both are one.</summary>
    internal bool IsContinuedBy(in Extent next) =>
        next.Offset == End && next.Kind == Kind && Kind switch
        {
            ExtentKind.Mapped => next.Address == Address + Length,
            ExtentKind.Encoded => next.Address == Address && next.StoredLength == StoredLength,
            _ => true,
        };
}
