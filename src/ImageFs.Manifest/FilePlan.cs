using System.Numerics;
using ImageFs.Storage;

namespace ImageFs.Manifest;

/// <summary>Finds where the bytes of a file lie, and how EROFS can tell it.</summary>
internal static class FilePlan
{
    /// <summary>Bytes of a block at most, as a power of two: a page is the most that Linux takes everywhere.</summary>
    public const int MaxBlockBits = 12;

    /// <summary>Bytes of a block at least, as a power of two.</summary>
    public const int MinBlockBits = 9;

    /// <summary>Extents of one file at most: those of a file that is not torn to single blocks on purpose.</summary>
    private const int MaxExtents = 1 << 20;

    private static readonly DataExtent[] s_none = [];

    /// <summary>Finds the extents of a file.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="why">Why it has to be copied; null when its bytes lie on devices as they are.</param>
    /// <returns>All of it in order, without gaps; nothing where it has to be copied.</returns>
    /// <exception cref="ImageException">The image is damaged, or ends, there.</exception>
    public static DataExtent[] Find(BlockSource file, out string? why)
    {
        DataExtent first = default;
        List<DataExtent>? all = null;
        for (long offset = 0; offset < file.Length;)
        {
            LocatedExtent located = file.Locate(offset, file.Length - offset);
            if (Take(in located, out why) is not { } extent)
            {
                return s_none;
            }

            offset += extent.Length;
            if (all is null && first.Length == 0)
            {
                first = extent;
            }
            else
            {
                all ??= [first];
                if (!TryJoin(all, in extent))
                {
                    all.Add(extent);
                }

                if (all.Count > MaxExtents)
                {
                    why = $"more than {MaxExtents} extents";
                    return s_none;
                }
            }
        }

        why = null;
        return all is null ? first.Length == 0 ? s_none : [first] : [.. all];
    }

    /// <summary>
    /// The largest block that the extents of a file allow, as a power of two and at most <see cref="MaxBlockBits"/>: they begin at its multiples, in the
    /// file and on the device, and the block that the last one ends in lies on the device.
    /// </summary>
    public static int BlockBitsOf(ReadOnlySpan<DataExtent> extents)
    {
        long all = 1L << MaxBlockBits;
        foreach (ref readonly DataExtent extent in extents)
        {
            all |= extent.Offset | extent.Address;
            if (!extent.IsHole)
            {
                long length = extent.Device.Length;
                long end = extent.Address + extent.Length;
                if (end > length - (length & ((1L << MaxBlockBits) - 1)))
                {
                    all |= length;
                }
            }
        }

        return BitOperations.TrailingZeroCount(all);
    }

    /// <summary>The largest chunk that a file can be told in, as a power of two: all its extents begin at multiples.</summary>
    /// <param name="extents">Its extents.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="blockBits">Bytes of a block as a power of two.</param>
    public static int ChunkBitsOf(ReadOnlySpan<DataExtent> extents, long size, int blockBits)
    {
        // One chunk is enough for all of it, and the exponent has five bits.
        int most = Math.Min(blockBits + 31, Math.Max(blockBits, 64 - BitOperations.LeadingZeroCount((ulong)size - 1)));
        long offsets = 1L << Math.Min(most, 62);
        foreach (ref readonly DataExtent extent in extents)
        {
            offsets |= extent.Offset;
        }

        return BitOperations.TrailingZeroCount(offsets);
    }

    private static DataExtent? Take(in LocatedExtent located, out string? why)
    {
        why = null;
        if (located.IsZero)
        {
            return new DataExtent(located.Offset, located.Length, null, 0);
        }

        if (located.File is not { } device)
        {
            why = located.Kind switch
            {
                ExtentKind.Encoded => "its bytes are compressed or encrypted",
                ExtentKind.Mapped => "its bytes are not on this machine",
                _ => "its bytes lie among metadata, or are decoded",
            };
            return null;
        }

        return new DataExtent(located.Offset, located.Length, device, located.Address);
    }

    // Pieces of a layer below that lie behind each other are one.
    private static bool TryJoin(List<DataExtent> extents, in DataExtent next)
    {
        DataExtent last = extents[^1];
        bool follows = last.Device == next.Device && (last.IsHole || last.Address + last.Length == next.Address);
        if (follows)
        {
            extents[^1] = last with { Length = last.Length + next.Length };
        }

        return follows;
    }
}
