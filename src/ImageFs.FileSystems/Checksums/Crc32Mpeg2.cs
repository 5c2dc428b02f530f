namespace ImageFs.FileSystems.Checksums;

/// <summary>The checksum of JBD2's transactions: CRC-32 (0x04C11DB7, the highest bit first), not inverted at the end.</summary>
internal static class Crc32Mpeg2
{
    /// <summary>The value before the first byte.</summary>
    public const uint Initial = uint.MaxValue;

    private const uint Polynomial = 0x04C11DB7;

    private static readonly uint[] s_table = MakeTable();

    /// <summary>The checksum after some more bytes.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            crc = (crc << 8) ^ s_table[(crc >> 24) ^ value];
        }

        return crc;
    }

    private static uint[] MakeTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint crc = i << 24;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc << 1) ^ ((crc >> 31) * Polynomial);
            }

            table[i] = crc;
        }

        return table;
    }
}
