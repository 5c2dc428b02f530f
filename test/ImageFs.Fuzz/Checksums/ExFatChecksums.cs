using System.Buffers.Binary;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksums of exFAT: of the boot region (3.4), and of the entries of each file (6.3.3).</summary>
internal static class ExFatChecksums
{
    private const int Entry = 32;
    private const byte FileEntry = 0x85;
    private const int MinSecondary = 2;
    private const int MaxSecondary = 18;

    /// <summary>Those that an image may have.</summary>
    public static IEnumerable<Seal> Find(byte[] image)
    {
        int sector = 1 << Math.Clamp((int)image[108], 9, 12);
        yield return new Seal(0, 12 * sector, bytes => WriteBoot(bytes, sector));
        yield return new Seal(12 * sector, 12 * sector, bytes => WriteBoot(bytes, sector));
        for (int at = 24 * sector; at + Entry <= image.Length; at += Entry)
        {
            if (image[at] == FileEntry && image[at + 1] is >= MinSecondary and <= MaxSecondary)
            {
                yield return new Seal(at, (image[at + 1] + 1) * Entry, WriteSet);
            }
        }
    }

    private static void WriteBoot(Span<byte> bytes, int sector)
    {
        uint sum = 0;
        for (int i = 0; i < 11 * sector; i++)
        {
            // VolumeFlags and PercentInUse change while it is mounted.
            sum = i is 106 or 107 or 112 ? sum : unchecked(((sum << 31) | (sum >> 1)) + bytes[i]);
        }

        for (int i = 11 * sector; i < 12 * sector; i += sizeof(uint))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[i..], sum);
        }
    }

    private static void WriteSet(Span<byte> bytes)
    {
        ushort sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum = i is 2 or 3 ? sum : unchecked((ushort)(((sum << 15) | (sum >> 1)) + bytes[i]));
        }

        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], sum);
    }
}
