using System.Buffers.Binary;

namespace ImageFs.Fuzz.Checksums;

/// <summary>How checksums that several formats have are written.</summary>
internal static class Sums
{
    /// <summary>A CRC-32C over all bytes, with its own four as zeros, little-endian.</summary>
    /// <param name="field">Where it is.</param>
    /// <param name="isInverted">Whether it is inverted at the end.</param>
    /// <param name="seed">The value before the first byte.</param>
    public static SealWriter Crc32C(int field, bool isInverted = true, uint seed = Storage.Crc32C.Initial) => bytes =>
    {
        uint crc = Storage.Crc32C.AppendWithout(seed, bytes, field, sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[field..], isInverted ? ~crc : crc);
    };

    /// <summary>A CRC-32 (of zip and Ethernet) over all bytes, with its own four as zeros, little-endian.</summary>
    /// <param name="field">Where it is.</param>
    public static SealWriter Crc32(int field) => bytes =>
    {
        bytes.Slice(field, sizeof(uint)).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[field..], System.IO.Hashing.Crc32.HashToUInt32(bytes));
    };

    /// <summary>The same over the first bytes alone.</summary>
    public static SealWriter Over(this SealWriter write, int length) => bytes => write(bytes[..length]);
}
