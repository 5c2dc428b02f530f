namespace ImageFs.FileSystems.Fat;

/// <summary>
/// How vfat compares names, in UTF-8: letters of ASCII without regard to case, unless <c>check=strict</c>; all else byte by byte.
/// </summary>
/// <param name="isCaseSensitive">Whether case counts.</param>
internal sealed class FatNames(bool isCaseSensitive)
{
    private const uint FnvBasis = 2_166_136_261;
    private const uint FnvPrime = 16_777_619;

    /// <summary>The same for all names that are equal (FNV-1a).</summary>
    public static uint Hash(ReadOnlySpan<byte> name)
    {
        uint hash = FnvBasis;
        foreach (byte value in name)
        {
            hash = unchecked((hash ^ ToLower(value)) * FnvPrime);
        }

        return hash;
    }

    /// <summary>Whether two names are the same.</summary>
    public bool AreEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length || isCaseSensitive)
        {
            return left.SequenceEqual(right);
        }

        for (int i = 0; i < left.Length; i++)
        {
            if (ToLower(left[i]) != ToLower(right[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static byte ToLower(byte value) => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;
}
