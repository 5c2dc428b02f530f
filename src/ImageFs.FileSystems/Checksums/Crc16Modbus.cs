namespace ImageFs.FileSystems.Checksums;

/// <summary>The checksum of group descriptors with uninit_bg: CRC-16 (0x8005, reflected), not inverted at the end.</summary>
internal static class Crc16Modbus
{
    /// <summary>The value before the first byte.</summary>
    public const ushort Initial = ushort.MaxValue;

    private const ushort ReflectedPolynomial = 0xA001;

    /// <summary>The checksum after some more bytes.</summary>
    public static ushort Append(ushort crc, ReadOnlySpan<byte> bytes)
    {
        uint value = crc;
        foreach (byte next in bytes)
        {
            value ^= next;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value >> 1) ^ ((value & 1) * ReflectedPolynomial);
            }
        }

        return (ushort)value;
    }
}
