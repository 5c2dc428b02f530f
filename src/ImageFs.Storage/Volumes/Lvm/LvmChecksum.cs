namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>The checksum of LVM's labels, headers and texts: CRC-32 with a first value of its own, and not turned round at the end (INITIAL_CRC).</summary>
internal static class LvmChecksum
{
    private const uint Initial = 0xF597A6CF;
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[] s_table = [.. Enumerable.Range(0, 256).Select(value => Shift((uint)value))];

    /// <summary>The checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = Initial;
        foreach (byte value in bytes)
        {
            crc = s_table[(crc ^ value) & 0xFF] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint Shift(uint value)
    {
        for (int bit = 0; bit < 8; bit++)
        {
            value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
        }

        return value;
    }
}
