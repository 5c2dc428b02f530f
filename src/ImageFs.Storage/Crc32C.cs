using System.Buffers.Binary;
using System.Numerics;

namespace ImageFs.Storage;

/// <summary>
/// CRC-32C from a seed, as ext4 and JBD2 have it (ext4: Checksums): it is not inverted at the end, as other formats want it.
/// </summary>
public static class Crc32C
{
    /// <summary>The value before the first byte, where no seed is given.</summary>
    public const uint Initial = uint.MaxValue;

    /// <summary>The checksum after some more bytes.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }

    /// <summary>The checksum after a number of four bytes, little-endian.</summary>
    public static uint Append(uint crc, uint number) => BitOperations.Crc32C(crc, number);

    /// <summary>The checksum after a number of eight bytes, little-endian.</summary>
    public static uint Append(uint crc, ulong number) => BitOperations.Crc32C(crc, number);

    /// <summary>The checksum after bytes of which a field, the checksum itself, counts as zeros.</summary>
    /// <param name="crc">The checksum before them.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="offset">Where the field is in them.</param>
    /// <param name="length">Its length: 2 or 4.</param>
    public static uint AppendWithout(uint crc, ReadOnlySpan<byte> bytes, int offset, int length)
    {
        crc = Append(crc, bytes[..offset]);
        crc = length == sizeof(ushort) ? BitOperations.Crc32C(crc, (ushort)0) : BitOperations.Crc32C(crc, 0u);
        return Append(crc, bytes[(offset + length)..]);
    }
}
