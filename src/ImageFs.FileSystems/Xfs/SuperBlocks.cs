using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>Reads the super block, or where that is damaged the copy that another group has.</summary>
internal static class SuperBlocks
{
    private const int MostUsualGroups = 32;
    private const int MaxBlockSize = 64 * 1024;
    private const int PieceLength = 64 * 1024;
    private const long MaxScanned = 1L << 30;

    /// <summary>A super block: the whole sector, as far as its size is one.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="address">Where it is.</param>
    /// <exception cref="TruncatedImageException">The image ends before.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static byte[] Read(BlockSource source, long address)
    {
        byte[] bytes = new byte[SuperBlock.MinSectorSize];
        source.ReadAt(address, bytes);
        int size = new SuperBlock(bytes).SectorSize;
        if (size is > SuperBlock.MinSectorSize and <= SuperBlock.MaxSectorSize)
        {
            Array.Resize(ref bytes, size);
            source.ReadAt(address, bytes);
        }

        return bytes;
    }

    /// <summary>The super block that counts: the first, or where that is damaged a copy of it.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="warn">Told when it is not the first.</param>
    /// <param name="address">Where it is.</param>
    /// <exception cref="ImageException">The first one is damaged, and no other is found; or it has a feature that is not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static byte[] Find(BlockSource source, Action<string> warn, out long address)
    {
        byte[] first = Read(source, 0);
        address = 0;
        if (TryCheck(first, 0, out InvalidImageException? damage))
        {
            return new SuperBlock(first).InProgress == 0
                ? first
                : throw new InvalidImageException("super block", 0, "mkfs or xfs_copy did not come to its end (sb_inprogress)", SuperBlock.Clause);
        }

        foreach (long place in FindPlaces(source, first))
        {
            byte[]? copy = TryRead(source, place);
            if (copy is not null && IsCopyAt(copy, place))
            {
                address = place;
                warn($"{damage!.Message}; its copy at 0x{place:X} is read instead, whose counts of free space may be out of date: run xfs_repair on a copy of the image");
                return copy;
            }
        }

        throw damage!;
    }

    // A group that is not the first begins there, by what the copy itself says.
    private static bool IsCopyAt(byte[] bytes, long place)
    {
        var copy = new SuperBlock(bytes);
        if (!copy.HasGoodSizes || copy.GroupBlocks == 0 || !TryCheck(bytes, place, out _))
        {
            return false;
        }

        (long group, long rest) = Math.DivRem(place, (long)copy.GroupBlocks * copy.BlockSize);
        return rest == 0 && group > 0 && group < copy.GroupCount;
    }

    private static bool TryCheck(byte[] bytes, long address, out InvalidImageException? damage)
    {
        try
        {
            _ = new Geometry(new SuperBlock(bytes), address);
            damage = null;
        }
        catch (InvalidImageException e)
        {
            damage = e;
        }

        return damage is null;
    }

    private static byte[]? TryRead(BlockSource source, long place)
    {
        try
        {
            return Read(source, place);
        }
        catch (TruncatedImageException)
        {
            return null;
        }
    }

    // Where the second group may begin: by what is left of the first super block, by the numbers of groups that mkfs.xfs makes, and wherever
    // the magic number is in the first part of the volume.
    private static IEnumerable<long> FindPlaces(BlockSource source, byte[] first)
    {
        ulong stated = (ulong)new SuperBlock(first).GroupBlocks * new SuperBlock(first).BlockSize;
        if (stated > 0 && stated < (ulong)source.Length && stated % SuperBlock.MinSectorSize == 0)
        {
            yield return (long)stated;
        }

        for (int groups = 2; groups <= MostUsualGroups; groups++)
        {
            for (long blockSize = SuperBlock.MinSectorSize; blockSize <= MaxBlockSize; blockSize *= 2)
            {
                yield return ((source.Length / blockSize) + groups - 1) / groups * blockSize;
            }
        }

        foreach (long place in Scan(source))
        {
            yield return place;
        }
    }

    private static IEnumerable<long> Scan(BlockSource source)
    {
        byte[] piece = new byte[PieceLength];
        long end = Math.Min(source.Length, MaxScanned);
        for (long offset = 0; offset < end;)
        {
            LocatedExtent extent = source.Locate(offset, end - offset);
            long hole = extent.IsZero ? extent.Length & -SuperBlock.MinSectorSize : 0;
            int length = hole > 0 ? 0 : (int)Math.Min(PieceLength, end - offset);
            source.ReadAt(offset, piece.AsSpan(0, length));
            for (int at = 0; at + SuperBlock.MinSectorSize <= length; at += SuperBlock.MinSectorSize)
            {
                if (offset + at > 0 && piece.AsSpan(at).StartsWith("XFSB"u8))
                {
                    yield return offset + at;
                }
            }

            offset += hole + length;
        }
    }
}
