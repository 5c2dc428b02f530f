using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksums of Android's super: SHA-256 of each geometry, of the tables of each slot, and of the header in front of them (metadata_format.h).</summary>
internal static class AndroidSuperChecksums
{
    private const int Step = 4096;
    private const int GeometryLength = 52;
    private const int HashLength = 32;

    /// <summary>Those of a disk.</summary>
    public static IEnumerable<Seal> Find(byte[] image)
    {
        for (int at = Step; at + Step <= image.Length; at += Step)
        {
            ReadOnlySpan<byte> bytes = image.AsSpan(at);
            if (bytes.StartsWith("gDla"u8))
            {
                yield return new Seal(at, GeometryLength, WriteGeometry);
            }
            else if (bytes.StartsWith("0PLA"u8))
            {
                yield return new Seal(at, Step, WriteSlot);
            }
        }
    }

    private static void WriteGeometry(Span<byte> bytes)
    {
        bytes.Slice(8, HashLength).Clear();
        SHA256.HashData(bytes, bytes[8..]);
    }

    private static void WriteSlot(Span<byte> bytes)
    {
        uint header = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        uint tables = BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]);
        if (header is >= 80 and <= Step && tables <= Step - header)
        {
            SHA256.HashData(bytes.Slice((int)header, (int)tables), bytes[48..]);
            bytes.Slice(12, HashLength).Clear();
            SHA256.HashData(bytes[..(int)header], bytes[12..]);
        }
    }
}
