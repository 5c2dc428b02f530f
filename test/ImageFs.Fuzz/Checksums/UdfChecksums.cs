using System.Buffers.Binary;
using ImageFs.FileSystems.Checksums;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The tags of UDF's descriptors (ECMA-167 3/7.2): a CRC of what follows, and a sum of the tag itself.</summary>
internal static class UdfChecksums
{
    private const int Sector = 512;
    private const int TagLength = 16;
    private const int MaxIdentifier = 266;

    /// <summary>Those that an image may have.</summary>
    public static IEnumerable<Seal> Find(byte[] image)
    {
        for (int at = 0; at + Sector <= image.Length; at += Sector)
        {
            int identifier = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(at));
            int length = TagLength + BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(at + 10));
            if (identifier is > 0 and <= MaxIdentifier)
            {
                yield return new Seal(at, Math.Min(length, image.Length - at), Write);
            }
        }
    }

    private static void Write(Span<byte> bytes)
    {
        int length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]), bytes.Length - TagLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], Crc16Xmodem.Compute(bytes.Slice(TagLength, length)));
        byte sum = 0;
        for (int i = 0; i < TagLength; i++)
        {
            sum = unchecked((byte)(sum + (i == 4 ? 0 : bytes[i])));
        }

        bytes[4] = sum;
    }
}
