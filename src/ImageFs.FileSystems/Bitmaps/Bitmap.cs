using System.Numerics;
using System.Runtime.InteropServices;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Bitmaps;

/// <summary>A map with a bit for each unit of space, the lowest bit of a byte first.</summary>
internal static class Bitmap
{
    /// <summary>Counts the bits that are set. What is a hole of the image is not read.</summary>
    /// <param name="source">What the map is in.</param>
    /// <param name="address">Where it begins.</param>
    /// <param name="bits">How many bits it has: what is after them in the last byte means nothing.</param>
    /// <exception cref="ImageException">The image is damaged there, or ends.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static long CountSet(BlockSource source, long address, long bits)
    {
        long set = 0;
        long left = bits;
        SparseRead.Run(
            source,
            address,
            address + ((bits + 7) / 8),
            1,
            piece =>
            {
                long count = Math.Min(left, piece.Length * 8L);
                set += CountSet(piece, count);
                left -= count;
            },
            hole => left -= hole * 8);
        return set;
    }

    private static long CountSet(ReadOnlySpan<byte> bytes, long bits)
    {
        int whole = (int)(bits / 8);
        int rest = (int)(bits % 8);
        long set = rest == 0 ? 0 : BitOperations.PopCount(bytes[whole] & ((1u << rest) - 1));
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes[..whole]);
        foreach (ulong word in words)
        {
            set += BitOperations.PopCount(word);
        }

        foreach (byte one in bytes[(words.Length * sizeof(ulong))..whole])
        {
            set += BitOperations.PopCount(one);
        }

        return set;
    }
}
