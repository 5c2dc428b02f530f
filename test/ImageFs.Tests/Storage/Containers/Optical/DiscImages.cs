using System.Buffers.Binary;
using System.Text;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>
/// One disc as each format keeps it: sector 0 to 99 data, 100 to 149 sound (its pregap from 90 on is in the image), and a second
/// session with data, 60 sectors from <see cref="SecondSession"/> on.
/// </summary>
internal static class DiscImages
{
    public const int SecondSession = 150 + 11_400;

    public static readonly string[] Facts = ["1 s1 MODE1/2352 0+90", "2 s1 AUDIO 100+50", $"3 s2 MODE2/2352 {SecondSession}+60"];

    public static byte[] FirstData => Sectors.Mode1(0, 90);

    public static byte[] Sound => Sectors.Audio(90, 60);

    public static byte[] SecondData => Sectors.Mode2(SecondSession, 60);

    /// <summary>CloneCD: the image has the pregap of the second session, or not.</summary>
    public static DiscFiles CloneCd(int pregap) => new DiscFiles()
        .With("disc.img", [.. FirstData, .. Sound, .. Sectors.Mode2(SecondSession - pregap, pregap), .. SecondData])
        .With("disc.ccd", $"""
            [CloneCD]
            Version=3
            [Disc]
            TocEntries=7
            Sessions=2
            DataTracksScrambled=0
            [Session 1]
            PreGapMode=1
            [Session 2]
            PreGapMode=2
            {Entry(0, 1, 0xA0, 4, 0)}
            {Entry(1, 1, 0xA2, 4, 150)}
            {Entry(2, 1, 1, 4, 0)}
            {Entry(3, 1, 2, 0, 90)}
            {Entry(4, 2, 3, 4, SecondSession)}
            {Entry(5, 2, 0xA2, 4, SecondSession + 60)}
            [TRACK 1]
            MODE=1
            INDEX 1=0
            [TRACK 2]
            MODE=0
            INDEX 1=90
            """);

    /// <summary>Nero, written at once: DAOI or DAOX.</summary>
    public static byte[] Nero(bool isWide)
    {
        byte[] data = [.. FirstData, .. Sound, .. SecondData];
        const int Sector = 2352;
        byte[] first = Dao(isWide, 1, (5, 0, 0, 90 * Sector), (7, 90 * Sector, 100 * Sector, 150 * Sector));
        byte[] second = Dao(isWide, 3, (6, 150 * Sector, 150 * Sector, 210 * Sector));
        return Footer(data, isWide,
        [
            .. Cue(isWide, (0x41, 0, 0, -150), (0x41, 1, 1, 0), (1, 2, 0, 90), (1, 2, 1, 100), (1, 0xAA, 1, 150)), .. first, .. Chunk("SINF", Big(2)),
            .. Cue(isWide, (0x41, 0, 0, SecondSession - 150), (0x41, 3, 1, SecondSession), (1, 0xAA, 1, SecondSession + 60)), .. second, .. Chunk("SINF", Big(1)),
        ]);
    }

    /// <summary>Nero, track by track: ETNF or ETN2. The pregap is left out, and the sound is of 60 sectors.</summary>
    public static byte[] NeroByTracks(bool isWide)
    {
        byte[] data = [.. FirstData, .. Sound, .. SecondData];
        const int Sector = 2352;
        return Footer(data, isWide,
        [
            .. Chunk(isWide ? "ETN2" : "ETNF", [.. Etn(isWide, 0, 90 * Sector, 5, 0), .. Etn(isWide, 90 * Sector, 60 * Sector, 7, 90)]), .. Chunk("SINF", Big(2)),
            .. Chunk(isWide ? "ETN2" : "ETNF", Etn(isWide, 150 * Sector, 60 * Sector, 6, SecondSession)), .. Chunk("SINF", Big(1)),
            .. Chunk("MTYP", Big(1)),
        ]);
    }

    /// <summary>Alcohol: the descriptor of the two files <c>disc.mdf</c>.</summary>
    public static DiscFiles Alcohol(bool isWide, int subchannel = 0)
    {
        int size = 2352 + subchannel;
        byte[] mds = new byte[0x400];
        "MEDIA DESCRIPTOR"u8.CopyTo(mds);
        mds[16] = 1;
        mds[17] = 3;
        mds[20] = 2;
        Put(mds, 80, 0x58);
        PutSession(mds.AsSpan(0x58), -150, 150, 1, 3, 1, 2, 0x88);
        PutSession(mds.AsSpan(0x58 + 24), SecondSession - 150, SecondSession + 60, 2, 1, 3, 3, 0x88 + (3 * 80));
        mds[0x88 + 4] = 0xA2;
        PutTrack(mds.AsSpan(0x88 + 80), 0xAA, 1, size, 0, 0, 0x300);
        PutTrack(mds.AsSpan(0x88 + 160), 0xA9, 2, size, 100, 100 * size, 0x308);
        PutTrack(mds.AsSpan(0x88 + 240), 0xEC, 3, size, SecondSession, 150 * size, 0x310);
        Put(mds, 0x300, 150, 90, 10, 50, 150, 60);
        Put(mds, 0x320, 0x340, isWide ? 1 : 0, 0, 0);
        (isWide ? Encoding.Unicode : Encoding.ASCII).GetBytes("*.mdf\0").CopyTo(mds, 0x340);
        return new DiscFiles()
            .With("disc.mds", mds)
            .With("disc.mdf", [.. Sectors.Mode1(0, 90, subchannel), .. Sectors.Audio(90, 60, subchannel), .. Sectors.Mode2(SecondSession, 60, subchannel)]);
    }

    private static string Entry(int number, int session, int point, int control, int start) => $"""
        [Entry {number}]
        Session={session}
        Point=0x{point:x2}
        ADR=0x01
        Control=0x{control:x2}
        TrackNo=0
        AMin=0
        PLBA={start}
        """;

    private static byte[] Footer(byte[] data, bool isWide, byte[] chunks)
    {
        byte[] footer = isWide ? [.. "NER5"u8, 0, 0, 0, 0, .. Big(data.Length)] : [.. "NERO"u8, .. Big(data.Length)];
        return [.. data, .. chunks, .. Chunk("END!", []), .. footer];
    }

    private static byte[] Chunk(string id, byte[] data) => [.. Encoding.ASCII.GetBytes(id), .. Big(data.Length), .. data];

    private static byte[] Cue(bool isWide, params (byte Control, byte Track, byte Index, int Sector)[] entries) => Chunk(
        isWide ? "CUEX" : "CUES",
        [
            .. entries.SelectMany(entry => (byte[])
            [
                entry.Control, entry.Track, entry.Index, 0,
                .. isWide ? Big(entry.Sector) : [0, (byte)((entry.Sector + 150) / 4500), (byte)((entry.Sector + 150) / 75 % 60), (byte)((entry.Sector + 150) % 75)],
            ]),
        ]);

    private static byte[] Dao(bool isWide, byte first, params (byte Mode, int Index0, int Index1, int End)[] tracks)
    {
        byte[] entries =
        [
            .. tracks.SelectMany(track => (byte[])
                [.. new byte[12], 0x09, 0x30, track.Mode, 0, 0, 1, .. Place(isWide, track.Index0), .. Place(isWide, track.Index1), .. Place(isWide, track.End)]),
        ];
        return Chunk(isWide ? "DAOX" : "DAOI", [.. new byte[4], .. new byte[14], 0, 0, first, (byte)(first + tracks.Length - 1), .. entries]);
    }

    private static byte[] Etn(bool isWide, int offset, int length, int mode, int sector) =>
        [.. Place(isWide, offset), .. Place(isWide, length), .. Big(mode), .. Big(sector), .. new byte[isWide ? 8 : 4]];

    private static byte[] Place(bool isWide, int value) => isWide ? [0, 0, 0, 0, .. Big(value)] : Big(value);

    private static byte[] Big(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static void Put(Span<byte> bytes, int offset, params int[] values)
    {
        foreach (int value in values)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[offset..], value);
            offset += 4;
        }
    }

    private static void PutSession(Span<byte> block, int start, int end, byte number, byte blocks, byte first, byte last, int tracks)
    {
        Put(block, 0, start, end);
        block[8] = number;
        block[10] = blocks;
        block[12] = first;
        block[14] = last;
        Put(block, 20, tracks);
    }

    private static void PutTrack(Span<byte> block, byte mode, byte number, int size, int start, int offset, int extra)
    {
        block[0] = mode;
        block[1] = (byte)(size > 2352 ? 8 : 0);
        block[2] = (byte)(number == 2 ? 0x10 : 0x14);
        block[4] = number;
        Put(block, 12, extra);
        BinaryPrimitives.WriteUInt16LittleEndian(block[16..], (ushort)size);
        Put(block, 36, start, offset, 0, 1, 0x320);
    }
}
