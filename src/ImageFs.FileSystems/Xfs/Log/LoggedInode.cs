using System.Buffers.Binary;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>
/// An inode as it is logged (xfs_log_dinode): the fields of the one on disk at the same places, in the byte order of the machine.
/// </summary>
internal static class LoggedInode
{
    private const int Version3Size = 176;
    private const int Version2Size = 96;
    private const int VersionOffset = 4;
    private const int BigTime = 1 << 3;
    private const int ManyExtents = 1 << 4;
    private const int CounterOffset = 24;
    private const int FlushOffset = 30;
    private const int ExtentsOffset = 76;
    private const int PlaceOffset = 112;
    private const int FlagsOffset = 120;
    private const int UuidOffset = 160;

    /// <summary>Bytes of it.</summary>
    public static int SizeOf(Geometry geometry) => geometry.HasChecksums ? Version3Size : Version2Size;

    /// <summary>Whether a region is one.</summary>
    public static bool IsOne(ReadOnlySpan<byte> core) => BinaryPrimitives.ReadUInt16LittleEndian(core) == Inode.MagicNumber;

    /// <summary>Makes the fields of the inode on disk of it. Which inode follows in the list of deleted ones is not its affair.</summary>
    /// <param name="core">What was logged.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="place">The log sequence number of the transaction.</param>
    /// <param name="geometry">The file system's sizes.</param>
    public static void CopyTo(ReadOnlySpan<byte> core, Span<byte> inode, LogPlace place, Geometry geometry)
    {
        bool isVersion3 = geometry.HasChecksums;
        ulong flags = isVersion3 ? BinaryPrimitives.ReadUInt64LittleEndian(core[FlagsOffset..]) : 0;
        Swap(core, inode, 0, 2, 2);
        inode[VersionOffset] = isVersion3 ? (byte)3 : (byte)2;
        inode[5] = core[5];
        Swap(core, inode, 6, 2, 1);
        Swap(core, inode, 8, 4, 3);
        Swap(core, inode, 20, 2, 2);
        CopyTimes(core, inode, 32, 3, flags);
        Swap(core, inode, 56, 8, 2);
        Swap(core, inode, 72, 4, 1);
        CopyCounts(core, inode, flags, isVersion3);
        core.Slice(82, 2).CopyTo(inode[82..]);
        Swap(core, inode, 84, 4, 1);
        Swap(core, inode, 88, 2, 2);
        Swap(core, inode, 92, 4, 1);
        if (!isVersion3)
        {
            return;
        }

        Swap(core, inode, 104, 8, 1);
        BinaryPrimitives.WriteUInt64BigEndian(inode[PlaceOffset..], place.Value);
        Swap(core, inode, FlagsOffset, 8, 1);
        Swap(core, inode, 128, 4, 1);
        CopyTimes(core, inode, 144, 1, flags);
        Swap(core, inode, 152, 8, 1);
        core.Slice(UuidOffset, 16).CopyTo(inode[UuidOffset..]);
    }

    // di_big_nextents and di_nextents, di_big_anextents and di_anextents share their places.
    private static void CopyCounts(ReadOnlySpan<byte> core, Span<byte> inode, ulong flags, bool isVersion3)
    {
        inode.Slice(CounterOffset, sizeof(ulong)).Clear();
        if ((flags & ManyExtents) != 0)
        {
            Swap(core, inode, CounterOffset, 8, 1);
            Swap(core, inode, ExtentsOffset, 4, 1);
            inode.Slice(ExtentsOffset + 4, 2).Clear();
            return;
        }

        Swap(core, inode, ExtentsOffset, 4, 1);
        Swap(core, inode, ExtentsOffset + 4, 2, 1);
        if (!isVersion3)
        {
            // It is counted anew from here on.
            inode.Slice(FlushOffset, 2).Clear();
        }
    }

    // One number of 64 bits, or seconds and nanoseconds.
    private static void CopyTimes(ReadOnlySpan<byte> core, Span<byte> inode, int offset, int count, ulong flags)
    {
        if ((flags & BigTime) != 0)
        {
            Swap(core, inode, offset, 8, count);
        }
        else
        {
            Swap(core, inode, offset, 4, 2 * count);
        }
    }

    private static void Swap(ReadOnlySpan<byte> core, Span<byte> inode, int offset, int size, int count)
    {
        for (int at = offset; at < offset + (size * count); at += size)
        {
            core.Slice(at, size).CopyTo(inode[at..]);
            inode.Slice(at, size).Reverse();
        }
    }
}
