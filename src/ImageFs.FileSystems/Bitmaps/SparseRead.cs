using ImageFs.Storage;

namespace ImageFs.FileSystems.Bitmaps;

/// <summary>Reads a long range piece by piece and skips holes of the image: a table costs what exists of it, not what it claims.</summary>
internal static class SparseRead
{
    private const int PieceLength = 64 * 1024;

    /// <summary>Takes a piece.</summary>
    public delegate void Taker(ReadOnlySpan<byte> piece);

    /// <param name="source">What from.</param>
    /// <param name="start">The first byte.</param>
    /// <param name="end">The byte after the last.</param>
    /// <param name="unit">Bytes of which a piece and a hole have a whole number, as the range has; a power of two.</param>
    /// <param name="take">Takes each piece.</param>
    /// <param name="skip">Called with the number of bytes that are zeros and were not read.</param>
    /// <exception cref="ImageException">The image is damaged there, or ends.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static void Run(BlockSource source, long start, long end, int unit, Taker take, Action<long> skip)
    {
        byte[] piece = new byte[PieceLength];
        for (long offset = start; offset < end;)
        {
            LocatedExtent extent = source.Locate(offset, end - offset);
            long length = extent.Length & -unit;
            if (extent.IsZero && length > 0)
            {
                skip(length);
            }
            else
            {
                length = Math.Min(PieceLength, end - offset);
                source.ReadAt(offset, piece.AsSpan(0, (int)length));
                take(piece.AsSpan(0, (int)length));
            }

            offset += length;
        }
    }
}
