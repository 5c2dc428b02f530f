using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ImageFs.Storage.Parity;

/// <summary>
/// Arithmetic of bytes that the second parity of RAID 6 is computed in: the field of 256 elements with the polynomial 0x11D and the generator
/// 2 (H. P. Anvin, The mathematics of RAID-6).
/// </summary>
public static class GaloisField
{
    private const int Polynomial = 0x11D;
    private const int Order = 255;
    private const int Halves = 16;

    private static readonly byte[] s_powers = MakePowers();
    private static readonly byte[] s_logarithms = MakeLogarithms();

    /// <summary>The generator to a power.</summary>
    /// <param name="exponent">Any; powers repeat after 255.</param>
    public static byte Power(int exponent) => s_powers[((exponent % Order) + Order) % Order];

    /// <summary>The product of two elements.</summary>
    public static byte Multiply(byte left, byte right) =>
        left == 0 || right == 0 ? (byte)0 : s_powers[(s_logarithms[left] + s_logarithms[right]) % Order];

    /// <summary>The inverse of an element.</summary>
    /// <param name="element">Not 0.</param>
    public static byte Invert(byte element) => element != 0 ? s_powers[(Order - s_logarithms[element]) % Order] : throw new DivideByZeroException();

    /// <summary>Adds bytes to others: a sum in this field is an exclusive or.</summary>
    /// <param name="sum">What they are added to.</param>
    /// <param name="bytes">As many.</param>
    public static void Add(Span<byte> sum, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, sum.Length, nameof(bytes));
        int i = 0;
        for (; i <= sum.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            (new Vector<byte>(sum[i..]) ^ new Vector<byte>(bytes[i..])).CopyTo(sum[i..]);
        }

        for (; i < sum.Length; i++)
        {
            sum[i] ^= bytes[i];
        }
    }

    /// <summary>Multiplies bytes by an element, in place.</summary>
    public static void Scale(Span<byte> bytes, byte factor)
    {
        if (factor == 1)
        {
            return;
        }

        // A byte is the sum of its two halves, and so is its product: each half has 16, which a register holds.
        Span<byte> products = stackalloc byte[2 * Halves];
        for (int i = 0; i < Halves; i++)
        {
            products[i] = Multiply((byte)i, factor);
            products[Halves + i] = Multiply((byte)(i << 4), factor);
        }

        Vector128<byte> low = Vector128.Create(products[..Halves]);
        Vector128<byte> high = Vector128.Create(products[Halves..]);
        Vector128<byte> half = Vector128.Create((byte)(Halves - 1));
        Span<Vector128<byte>> vectors = MemoryMarshal.Cast<byte, Vector128<byte>>(bytes);
        foreach (ref Vector128<byte> vector in vectors)
        {
            vector = Vector128.Shuffle(low, vector & half) ^ Vector128.Shuffle(high, (vector >>> 4) & half);
        }

        foreach (ref byte element in bytes[(vectors.Length * Vector128<byte>.Count)..])
        {
            element = (byte)(products[element & (Halves - 1)] ^ products[Halves + (element >> 4)]);
        }
    }

    private static byte[] MakePowers()
    {
        byte[] powers = new byte[Order];
        int power = 1;
        for (int i = 0; i < Order; i++)
        {
            powers[i] = (byte)power;
            power <<= 1;
            power = power > byte.MaxValue ? power ^ Polynomial : power;
        }

        return powers;
    }

    private static byte[] MakeLogarithms()
    {
        byte[] logarithms = new byte[Order + 1];
        for (int i = 0; i < Order; i++)
        {
            logarithms[s_powers[i]] = (byte)i;
        }

        return logarithms;
    }
}
