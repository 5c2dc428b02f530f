using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Iso9660;

namespace ImageFs.Tests.FileSystems.Iso9660;

/// <summary>Structures of ISO 9660, SUSP, RRIP and zisofs, made byte by byte from their specifications.</summary>
internal static class IsoBytes
{
    /// <summary>2024-02-29 12:34:56, two hours ahead of Greenwich.</summary>
    public static readonly byte[] Time = [124, 2, 29, 12, 34, 56, 8];

    public const long TimeSeconds = 1709202896;

    public static byte[] Both16(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)value);
        return bytes;
    }

    public static byte[] Both32(uint value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), value);
        return bytes;
    }

    /// <summary>A directory record (ECMA-119 9.1).</summary>
    public static byte[] Record(
        byte[] identifier,
        uint extent,
        uint length,
        FileFlags flags = FileFlags.None,
        byte[][]? use = null,
        byte unit = 0,
        byte gap = 0,
        byte extendedAttributes = 0,
        int volume = 1)
    {
        byte[] pad = identifier.Length % 2 == 0 ? [0] : [];
        byte[] record =
        [
            0, extendedAttributes, .. Both32(extent), .. Both32(length), .. Time, (byte)flags, unit, gap, .. Both16(volume),
            (byte)identifier.Length, .. identifier, .. pad, .. use is null ? [] : use.SelectMany(entry => entry),
        ];
        record[0] = (byte)record.Length;
        return record;
    }

    public static byte[] Record(string identifier, uint extent, uint length, FileFlags flags = FileFlags.None, byte[][]? use = null) =>
        Record(Encoding.UTF8.GetBytes(identifier), extent, length, flags, use);

    /// <summary>A System Use Entry (SUSP section 4).</summary>
    public static byte[] Entry(string signature, params byte[] data) =>
        [(byte)signature[0], (byte)signature[1], (byte)(data.Length + 4), 1, .. data];

    public static byte[] Sp(byte skip = 0) => Entry("SP", 0xBE, 0xEF, skip);

    public static byte[] Er(string identifier = "IEEE_1282") =>
        Entry("ER", [(byte)identifier.Length, 0, 0, 1, .. Encoding.ASCII.GetBytes(identifier)]);

    public static byte[] Ce(uint block, uint offset, uint length) => Entry("CE", [.. Both32(block), .. Both32(offset), .. Both32(length)]);

    public static byte[] Nm(string name, byte flags = 0) => Entry("NM", [flags, .. Encoding.UTF8.GetBytes(name)]);

    public static byte[] Px(uint mode, uint links = 1, uint uid = 0, uint gid = 0, uint? serial = null) => Entry(
        "PX",
        [.. Both32(mode), .. Both32(links), .. Both32(uid), .. Both32(gid), .. serial is uint number ? Both32(number) : []]);

    public static byte[] Pn(uint high, uint low) => Entry("PN", [.. Both32(high), .. Both32(low)]);

    public static byte[] Sl(byte flags, params byte[] components) => Entry("SL", [flags, .. components]);

    public static byte[] Component(string content, byte flags = 0) => [flags, (byte)content.Length, .. Encoding.UTF8.GetBytes(content)];

    public static byte[] Cl(uint block) => Entry("CL", Both32(block));

    public static byte[] Pl(uint block) => Entry("PL", Both32(block));

    public static byte[] Re() => Entry("RE");

    public static byte[] Zf(byte shift, uint size) => Entry("ZF", [(byte)'p', (byte)'z', 4, shift, .. Both32(size)]);

    public static byte[] Zf2(byte shift, ulong size)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, size);
        byte[] entry = Entry("ZF", [(byte)'P', (byte)'Z', 6, shift, .. bytes]);
        entry[3] = 2;
        return entry;
    }

    /// <summary>Big-endian UTF-16, as Joliet records names.</summary>
    public static byte[] Ucs2(string name) => Encoding.BigEndianUnicode.GetBytes(name);
}
