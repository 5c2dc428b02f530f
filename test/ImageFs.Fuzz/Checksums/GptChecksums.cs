using System.Buffers.Binary;
using System.IO.Hashing;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksums of a GPT (UEFI 5.3): of the entries, which stands in the header, and of the header.</summary>
internal static class GptChecksums
{
    private const int Sector = 512;
    private const int HeaderLength = 92;

    /// <summary>Those that an image may have: the table at the start alone, as the one that is read.</summary>
    public static IEnumerable<Seal> Find(byte[] image)
    {
        if (image.Length > 3 * Sector && image.AsSpan(Sector, 8).SequenceEqual("EFI PART"u8))
        {
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(Sector + 80));
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(Sector + 84));
            if (count is > 0 and <= 1024 && size is >= 128 and <= 1024)
            {
                yield return new Seal(Sector, (int)(Sector + (count * size)), Write);
            }
        }
    }

    private static void Write(Span<byte> bytes)
    {
        ulong length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[80..]) * (ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[84..]);
        if (length <= (ulong)(bytes.Length - Sector))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[88..], Crc32.HashToUInt32(bytes.Slice(Sector, (int)length)));
        }

        Sums.Crc32(16)(bytes[..HeaderLength]);
    }
}
