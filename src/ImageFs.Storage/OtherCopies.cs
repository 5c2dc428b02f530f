using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>Reads what could not be read where it lies: from the other copies that a layer has of it (<see cref="BlockSource.TryReadOtherCopy"/>).</summary>
internal static class OtherCopies
{
    // A device fails in sectors: copies that are bad in different ones are whole together.
    private const int PieceLength = 4096;

    // As many layers as lead down to a device, or to themselves.
    private const int MaxDepth = 1024;

    /// <summary>Reads bytes of a source that it failed to give.</summary>
    /// <param name="source">The source.</param>
    /// <param name="offset">Where they begin in it.</param>
    /// <param name="destination">Takes them.</param>
    /// <returns>How many were read; 0 where the first of them has no other copy, or none that is good.</returns>
    public static int Read(BlockSource source, long offset, Span<byte> destination)
    {
        int read = ReadCopy(source, offset, destination, MaxDepth, out bool hasCopies);
        if (read > 0 || !hasCopies)
        {
            return read;
        }

        while (read < destination.Length)
        {
            long at = offset + read;
            Span<byte> piece = destination[read..];
            piece = piece[..(int)Math.Min(piece.Length, PieceLength - (at % PieceLength))];
            int count = TryReadAsItLies(source, at, piece) ? piece.Length : ReadCopy(source, at, piece, MaxDepth, out _);
            if (count == 0)
            {
                break;
            }

            read += count;
        }

        return read;
    }

    private static bool TryReadAsItLies(BlockSource source, long offset, Span<byte> piece)
    {
        try
        {
            LocatedExtent extent = source.Locate(offset, piece.Length);
            if (extent.Length < piece.Length)
            {
                return false;
            }

            extent.Read(piece);
            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return false;
        }
    }

    // The layer next to what failed knows it best.
    private static int ReadCopy(BlockSource source, long offset, Span<byte> destination, int depth, out bool hasCopies)
    {
        hasCopies = false;
        if (depth == 0 || offset >= source.Length)
        {
            return 0;
        }

        try
        {
            Extent extent = source.Map(offset, destination.Length, out BlockSource below);
            destination = destination[..(int)extent.Length];
            bool isHere = source.HasOtherCopy(offset);
            hasCopies = isHere;
            if (extent.Kind == ExtentKind.Mapped && !ReferenceEquals(below, source))
            {
                int read = ReadCopy(below, extent.Address, destination, depth - 1, out bool hasCopiesBelow);
                hasCopies |= hasCopiesBelow;
                if (read > 0)
                {
                    return read;
                }
            }

            return isHere && source.TryReadOtherCopy(offset, destination) ? destination.Length : 0;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // What this layer knows of its bytes cannot be read: only a layer above may have them.
            return 0;
        }
    }
}
