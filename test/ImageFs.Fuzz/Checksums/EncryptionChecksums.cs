using System.Buffers.Binary;
using System.IO.Hashing;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksums of BitLocker: CRC-32 behind each copy of the metadata. The hash that only the volume's key makes stays wrong.</summary>
internal static class EncryptionChecksums
{
    private const int Step = 4096;
    private const int Validation = 8;

    /// <summary>Those of a volume.</summary>
    public static IEnumerable<Seal> FindBitLocker(byte[] image) =>
        from at in Enumerable.Range(1, (image.Length / Step) - 1).Select(number => number * Step)
        where image.AsSpan(at).StartsWith("-FVE-FS-"u8)
        select new Seal(at, LengthOf(image.AsSpan(at)) + Validation, Write);

    // Windows Vista counts bytes, and its successors 16 of them.
    private static int LengthOf(ReadOnlySpan<byte> block)
    {
        int length = BinaryPrimitives.ReadUInt16LittleEndian(block[8..]);
        return BinaryPrimitives.ReadUInt16LittleEndian(block[10..]) < 2 ? length : length << 4;
    }

    private static void Write(Span<byte> bytes) => Crc32.Hash(bytes[..^Validation]).CopyTo(bytes[^sizeof(uint)..]);
}
