namespace ImageFs.MountTests.Support;

/// <summary>Makes the raw sectors of a track; the error correction is left out, as nobody looks at it in a file.</summary>
internal static class RawTrack
{
    private const int UserSize = 2048;

    /// <summary>Mode 1: sync, header, user data and what would be the correction.</summary>
    public static byte[] Mode1(byte[] data, long start = 0, int subchannel = 0) =>
        Make(data, start, (address, user) => [.. Header(address, 1), .. user, .. new byte[288 + subchannel]]);

    /// <summary>Mode 2, form 1: with a subheader, twice, in front of the user data.</summary>
    public static byte[] Mode2(byte[] data, long start = 0) =>
        Make(data, start, (address, user) => [.. Header(address, 2), 0, 0, 8, 0, 0, 0, 8, 0, .. user, .. new byte[280]]);

    /// <summary>Makes sectors of mode 2 to be of form 2, as those of films are: 2324 bytes without correction.</summary>
    public static void MakeForm2(byte[] track, long sector, long count)
    {
        for (; count > 0; sector++, count--)
        {
            track[(sector * 2352) + 18] = track[(sector * 2352) + 22] = 0x62;
        }
    }

    /// <summary>The same as mode 2 without sync and header.</summary>
    public static byte[] Mode2Bare(byte[] data) => Make(data, 0, (_, user) => [0, 0, 8, 0, 0, 0, 8, 0, .. user, .. new byte[280]]);

    /// <summary>Sound: what is in it counts up.</summary>
    public static byte[] Audio(int count) => [.. Enumerable.Range(0, count * 588).SelectMany(sample => BitConverter.GetBytes(sample * 40_503L).Take(4))];

    /// <summary>A program stream of MPEG-1, as a Video CD has it: packs of 2324 bytes (ISO 11172-1 2.4.3), with noise for pictures.</summary>
    public static byte[] Film(int packs)
    {
        const int PackSize = 2324;
        byte[] end = [0, 0, 1, 0xB9];
        byte[] pictures =
        [
            0, 0, 1, 0xB3, 0x16, 0x01, 0x20, 0x83, 0x02, 0xCE, 0xE0, 0xA4, // 352 by 288, 25 a second
            0, 0, 1, 0xB8, 0x80, 0x08, 0x00, 0x40, // a group of pictures
            0, 0, 1, 0x00, 0x00, 0x0F, 0xFF, 0xF8, // a picture
        ];
        var random = new Random(1);
        using var film = new MemoryStream();
        for (int i = 0; i < packs; i++)
        {
            int clock = i * 1200;
            byte[] time = [0x21, (byte)(clock >> 22), (byte)((clock >> 14) | 1), (byte)((clock >> 7) & 0xFF), (byte)(((clock << 1) | 1) & 0xFF)];
            byte[] pack = new byte[PackSize];
            byte[] rest = i == packs - 1 ? end : [];
            int length = PackSize - 18 - rest.Length;
            byte[] head = [0, 0, 1, 0xBA, .. time, 0x80, 0x1B, 0x83, 0, 0, 1, 0xE0, (byte)(length >> 8), (byte)(length & 0xFF), 0x0F, .. i % 15 == 0 ? pictures : []];
            head.CopyTo(pack, 0);
            for (int place = head.Length; place < PackSize - rest.Length; place++)
            {
                pack[place] = (byte)random.Next(1, 255);
            }

            rest.CopyTo(pack, PackSize - rest.Length);
            film.Write(pack);
        }

        return film.ToArray();
    }

    /// <summary>mm:ss:ff.</summary>
    public static string Time(long sectors) => $"{sectors / 4500:00}:{sectors / 75 % 60:00}:{sectors % 75:00}";

    private static byte[] Make(byte[] data, long start, Func<long, byte[], byte[]> sector)
    {
        using var track = new MemoryStream();
        foreach (byte[] user in data.Chunk(UserSize))
        {
            track.Write(sector(start++, [.. user, .. new byte[UserSize - user.Length]]));
        }

        return track.ToArray();
    }

    private static byte[] Header(long sector, byte mode)
    {
        long time = sector + 150;
        return [0, .. Enumerable.Repeat((byte)0xFF, 10), 0, Bcd(time / 4500), Bcd(time / 75 % 60), Bcd(time % 75), mode];
    }

    private static byte Bcd(long number) => (byte)((number / 10 * 16) + (number % 10));
}
