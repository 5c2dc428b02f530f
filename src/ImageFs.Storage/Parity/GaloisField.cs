using System.Numerics;

namespace ImageFs.Storage.Parity;

/// <summary>
/// Arithmetic of bytes that the second parity of RAID 6 is computed in: the field of 256 elements with the polynomial 0x11D and the generator
/// 2 (H. P. Anvin, The mathematics of RAID-6).
/// </summary>
public static class GaloisField
{
    private const int Polynomial = 0x11D;
    private const int Order = 255;

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
        Span<byte> products = stackalloc byte[256];
        for (int i = 0; i < products.Length; i++)
        {
            products[i] = Multiply((byte)i, factor);
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = products[bytes[i]];
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
