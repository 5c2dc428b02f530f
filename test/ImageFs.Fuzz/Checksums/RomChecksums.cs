using System.Buffers.Binary;
using System.IO.Hashing;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksums of romfs and cramfs.</summary>
internal static class RomChecksums
{
    private const int RomFsHead = 512;
    private const int CramFsField = 32;

    /// <summary>That of romfs: its first 512 bytes, as numbers, sum up to 0.</summary>
    public static IEnumerable<Seal> FindRomFs(byte[] image) => [new Seal(0, Math.Min(RomFsHead, image.Length) & ~3, WriteRomFs)];

    /// <summary>That of cramfs: a CRC-32 of all of it, in either order of bytes.</summary>
    public static IEnumerable<Seal> FindCramFs(byte[] image) =>
        [new Seal(0, image.Length, Sums.Crc32(CramFsField)), new Seal(0, image.Length, WriteBigCramFs)];

    private static void WriteRomFs(Span<byte> bytes)
    {
        bytes.Slice(12, sizeof(uint)).Clear();
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i += sizeof(uint))
        {
            sum = unchecked(sum + BinaryPrimitives.ReadUInt32BigEndian(bytes[i..]));
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], unchecked(0 - sum));
    }

    private static void WriteBigCramFs(Span<byte> bytes)
    {
        bytes.Slice(CramFsField, sizeof(uint)).Clear();
        BinaryPrimitives.WriteUInt32BigEndian(bytes[CramFsField..], Crc32.HashToUInt32(bytes));
    }
}
