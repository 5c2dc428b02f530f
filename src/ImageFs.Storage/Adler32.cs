namespace ImageFs.Storage;

/// <summary>Adler-32 (RFC 1950 8.2).</summary>
internal static class Adler32
{
    /// <summary>The checksum of no bytes.</summary>
    public const uint Start = 1;

    private const uint Base = 65521;

    // So many bytes of 255 leave both sums below 2^32.
    private const int MaxRun = 5552;

    /// <summary>Goes on with a checksum.</summary>
    /// <param name="checksum">That of the bytes before; <see cref="Start"/> of none.</param>
    /// <param name="bytes">The bytes.</param>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        unchecked
        {
            uint low = checksum & 0xFFFF;
            uint high = checksum >> 16;
            while (bytes.Length > 0)
            {
                ReadOnlySpan<byte> run = bytes[..Math.Min(MaxRun, bytes.Length)];
                foreach (byte value in run)
                {
                    low += value;
                    high += low;
                }

                low %= Base;
                high %= Base;
                bytes = bytes[run.Length..];
            }

            return (high << 16) | low;
        }
    }

    /// <summary>The checksum of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(Start, bytes);
}
