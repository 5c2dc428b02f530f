namespace ImageFs.FileSystems.Checksums;

/// <summary>The CRC of descriptors: x^16 + x^12 + x^5 + 1, highest bit first, from 0 (ECMA-167 3/7.2.6).</summary>
internal static class Crc16Xmodem
{
    private const ushort Polynomial = 0x1021;

    private static readonly ushort[] s_table = MakeTable();

    /// <summary>The CRC of some bytes.</summary>
    public static ushort Compute(ReadOnlySpan<byte> bytes)
    {
        ushort crc = 0;
        foreach (byte value in bytes)
        {
            crc = unchecked((ushort)((crc << 8) ^ s_table[(crc >> 8) ^ value]));
        }

        return crc;
    }

    private static ushort[] MakeTable()
    {
        ushort[] table = new ushort[256];
        for (int i = 0; i < table.Length; i++)
        {
            int crc = i << 8;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ Polynomial : crc << 1;
            }

            table[i] = unchecked((ushort)crc);
        }

        return table;
    }
}
