using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>Makes the sectors of tracks, raw and otherwise; no two are alike.</summary>
internal static class Sectors
{
    /// <summary>The user data of a sector by its number on the disc.</summary>
    public static byte[] User(long sector) => Fill(2048, sector);

    /// <summary>The samples of a sector by its number on the disc.</summary>
    public static byte[] Samples(long sector) => Fill(2352, sector + 1_000_000);

    /// <summary>Raw sectors of mode 1, with their addresses (ECMA-130 14.3).</summary>
    public static byte[] Mode1(long start, int count, int subchannel = 0) => Make(start, count, sector =>
        [.. Header(sector, 1), .. User(sector), .. Fill(288, -sector), .. Fill(subchannel, -sector)]);

    /// <summary>Raw sectors of mode 2, form 1 (CD-ROM XA).</summary>
    public static byte[] Mode2(long start, int count, int subchannel = 0) => Make(start, count, sector =>
        [.. Header(sector, 2), 0, 0, 8, 0, 0, 0, 8, 0, .. User(sector), .. Fill(280, -sector), .. Fill(subchannel, -sector)]);

    /// <summary>The same without sync and header.</summary>
    public static byte[] Mode2Bare(long start, int count) => Make(start, count, sector => Mode2(sector, 1)[16..]);

    /// <summary>Raw sectors of mode 2, form 2 (CD-ROM XA).</summary>
    public static byte[] Form2(long start, int count, int subchannel = 0) => Make(start, count, sector =>
        [.. Header(sector, 2), 1, 0, 0x62, 0, 1, 0, 0x62, 0, .. Fill(2328, sector), .. Fill(subchannel, -sector)]);

    /// <summary>Raw sectors of mode 2, form 1, that are played as they are read.</summary>
    public static byte[] RealTime(long start, int count) => Make(start, count, sector =>
    {
        byte[] raw = Mode2(sector, 1);
        raw[18] = raw[22] = 0x48;
        return raw;
    });

    /// <summary>User data alone.</summary>
    public static byte[] Cooked(long start, int count) => Make(start, count, User);

    /// <summary>Sound.</summary>
    public static byte[] Audio(long start, int count, int subchannel = 0) => Make(start, count, sector => [.. Samples(sector), .. Fill(subchannel, -sector)]);

    /// <summary>16-bit words with their bytes exchanged.</summary>
    public static byte[] Swap(byte[] bytes)
    {
        byte[] swapped = new byte[bytes.Length];
        for (int i = 0; i < bytes.Length; i += 2)
        {
            BinaryPrimitives.WriteInt16BigEndian(swapped.AsSpan(i), BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(i)));
        }

        return swapped;
    }

    public static byte[] Read(BlockSource source, long offset, int length)
    {
        byte[] bytes = new byte[length];
        source.ReadAt(offset, bytes);
        return bytes;
    }

    /// <summary>The user data of sectors of a disc, as it is read.</summary>
    public static byte[] ReadSectors(BlockSource disc, long start, int count) => Read(disc, start * 2048, count * 2048);

    /// <summary>mm:ss:ff.</summary>
    public static string Time(long sectors) => $"{sectors / 4500:00}:{sectors / 75 % 60:00}:{sectors % 75:00}";

    private static byte[] Make(long start, int count, Func<long, byte[]> sector) =>
        [.. Enumerable.Range(0, count).SelectMany(i => sector(start + i))];

    private static byte[] Header(long sector, byte mode)
    {
        long time = sector + 150;
        return [0, .. Enumerable.Repeat((byte)0xFF, 10), 0, Bcd(time / 4500), Bcd(time / 75 % 60), Bcd(time % 75), mode];
    }

    private static byte Bcd(long number) => (byte)((number / 10 * 16) + (number % 10));

    private static byte[] Fill(int length, long seed)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i + 8 <= length; i += 8)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i), unchecked((seed * 0x1E3779B97F4A7C15L) + i));
        }

        return bytes;
    }
}
