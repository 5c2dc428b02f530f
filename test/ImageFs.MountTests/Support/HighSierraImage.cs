using System.Buffers.Binary;
using System.Text;

namespace ImageFs.MountTests.Support;

/// <summary>Makes a disc of High Sierra (1986), which nothing writes any more: files hidden, associated, in two sections, after an extended attribute record.</summary>
internal static class HighSierraImage
{
    private const int Sector = 2048;
    private const byte Hidden = 1;
    private const byte Directory = 2;
    private const byte Associated = 4;
    private const byte MultiExtent = 0x80;

    public static byte[] Make()
    {
        byte[] image = new byte[40 * Sector];
        void Put(int sector, params byte[][] parts) => parts.SelectMany(part => part).ToArray().CopyTo(image, sector * Sector);
        Put(
            16,
            [.. Both32(16), 1, .. "CDROM"u8, 1, 0, .. Field("SYS", 32), .. Field("SIERRA", 32), .. new byte[8]],
            [.. Both32(40), .. new byte[32], .. Both16(1), .. Both16(1), .. Both16(Sector), .. Both32(22)],
            [19, 0, 0, 0, .. new byte[12], 0, 0, 0, 19, .. new byte[12], .. Record("\0", 20, Sector, Directory)]);
        Put(17, [.. Both32(17), 0xFF, .. "CDROM"u8, 1]);
        Put(
            20,
            Record("\0", 20, Sector, Directory),
            Record("\u0001", 20, Sector, Directory),
            Record("FORK.C;1", 22, 13, Associated),
            Record("HID.TXT;1", 22, 13, Hidden),
            Record("LONG.DAT;1", 23, Sector, MultiExtent),
            Record("LONG.DAT;1", 25, 100),
            Record("NOVERSION", 22, 13),
            Record("README.TXT;1", 22, 13),
            Record("SUB", 21, Sector, Directory),
            Record("XAR.;2", 26, 13, attributes: 1));
        Put(
            21,
            Record("\0", 21, Sector, Directory),
            Record("\u0001", 20, Sector, Directory),
            Record("BIG.DAT;1", 23, 3000),
            Record("EMPTY.;1", 0, 0));
        Put(22, "hello sierra\n"u8.ToArray());
        Put(23, [.. Enumerable.Repeat((byte)'x', 3000)]);
        Put(25, [.. Enumerable.Repeat((byte)'y', 100)]);
        Put(27, "behind an XAR"u8.ToArray());
        return image;
    }

    // A time of six bytes, the flags, and a byte that is 0: isofs looks at that one, too.
    private static byte[] Record(string name, uint block, uint length, byte flags = 0, byte attributes = 0)
    {
        byte[] record =
        [
            0, attributes, .. Both32(block), .. Both32(length), 87, 3, 4, 5, 6, 7, flags, 0, 0, 0, .. Both16(1), (byte)name.Length, .. Encoding.ASCII.GetBytes(name),
            .. new byte[(name.Length + 1) % 2],
        ];
        record[0] = (byte)record.Length;
        return record;
    }

    private static byte[] Field(string text, int length) => Encoding.ASCII.GetBytes(text.PadRight(length));

    private static byte[] Both16(ushort value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), value);
        return bytes;
    }

    private static byte[] Both32(uint value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), value);
        return bytes;
    }
}
