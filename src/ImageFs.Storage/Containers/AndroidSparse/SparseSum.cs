using System.Buffers.Binary;
using System.IO.Hashing;

namespace ImageFs.Storage.Containers.AndroidSparse;

/// <summary>
/// The CRC-32 of a disk that is told in parts. Of what repeats four bytes it is computed from the CRC-32 of half as many, and so on: a hole of
/// terabytes takes no longer than one of megabytes.
/// </summary>
internal sealed class SparseSum
{
    private const uint Polynomial = 0xEDB88320;
    private const uint One = 1u << 31;
    private const int Bits = 32;

    // The first power of 2 that bytes are of bits.
    private const int BitsOfByte = 3;

    // x to the power of 2^n, modulo the polynomial.
    private static readonly uint[] s_powers = MakePowers();

    /// <summary>The CRC-32 of all that was appended.</summary>
    public uint Value { get; private set; }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => Value = Join(Value, Crc32.HashToUInt32(bytes), bytes.Length);

    /// <summary>Appends four bytes again and again.</summary>
    /// <param name="value">The bytes, as a number.</param>
    /// <param name="length">Bytes in all: at least 0, and a multiple of four.</param>
    public void AppendRepeated(uint value, long length)
    {
        Span<byte> pattern = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(pattern, value);
        uint sum = Crc32.HashToUInt32(pattern);
        long summed = pattern.Length;
        for (long times = length / pattern.Length; times > 0; times >>= 1)
        {
            Value = (times & 1) == 0 ? Value : Join(Value, sum, summed);
            if (times > 1)
            {
                sum = Join(sum, sum, summed);
                summed *= 2;
            }
        }
    }

    // The CRC-32 of some bytes and of others behind them, of which there are so many.
    private static uint Join(uint first, uint second, long length)
    {
        uint shift = One;
        for (int power = BitsOfByte; length > 0; length >>= 1, power++)
        {
            shift = (length & 1) == 0 ? shift : Multiply(s_powers[power % Bits], shift);
        }

        return Multiply(shift, first) ^ second;
    }

    // Modulo the polynomial; the highest bit is x to the power of 0.
    private static uint Multiply(uint one, uint other)
    {
        uint product = 0;
        for (uint bit = One; bit > 0; bit >>= 1)
        {
            product ^= (one & bit) == 0 ? 0 : other;
            other = (other >> 1) ^ ((other & 1) * Polynomial);
        }

        return product;
    }

    private static uint[] MakePowers()
    {
        uint[] powers = new uint[Bits];
        powers[0] = One >> 1;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = Multiply(powers[i - 1], powers[i - 1]);
        }

        return powers;
    }
}
