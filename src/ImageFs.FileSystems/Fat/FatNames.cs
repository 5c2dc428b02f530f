using ImageFs.FileSystems.Names;

namespace ImageFs.FileSystems.Fat;

/// <summary>
/// How vfat compares names: without regard to the case of letters, those of ASCII alone in UTF-8 and in sets of more than one byte,
/// unless <c>check=strict</c>; all else byte by byte.
/// </summary>
/// <param name="isCaseSensitive">Whether case counts.</param>
/// <param name="charset">The character set that names are shown in.</param>
internal sealed class FatNames(bool isCaseSensitive, NameCharset charset)
{
    private const uint FnvBasis = 2_166_136_261;
    private const uint FnvPrime = 16_777_619;

    /// <summary>The same for all names that are equal (FNV-1a).</summary>
    public uint Hash(ReadOnlySpan<byte> name)
    {
        uint hash = FnvBasis;
        foreach (byte value in name)
        {
            hash = unchecked((hash ^ charset.ToLower(value)) * FnvPrime);
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
            if (charset.ToLower(left[i]) != charset.ToLower(right[i]))
            {
                return false;
            }
        }

        return true;
    }
}
