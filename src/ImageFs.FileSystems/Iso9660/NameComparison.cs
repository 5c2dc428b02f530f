using ImageFs.FileSystems.Directories;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>Which names are the same in a lookup (<c>check=</c>): by case or not, and in Joliet without dots at the end.</summary>
/// <param name="IgnoresCase">Whether the case of ASCII letters does not count.</param>
/// <param name="IgnoresTrailingDots">Whether dots at the end do not count.</param>
internal readonly record struct NameComparison(bool IgnoresCase, bool IgnoresTrailingDots)
{
    /// <summary>What counts of a name.</summary>
    public ReadOnlySpan<byte> Significant(ReadOnlySpan<byte> name) => IgnoresTrailingDots ? name.TrimEnd((byte)'.') : name;

    /// <summary>Whether two names are the same.</summary>
    public bool AreEqual(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        a = Significant(a);
        b = Significant(b);
        return IgnoresCase ? EqualIgnoringCase(a, b) : a.SequenceEqual(b);
    }

    /// <summary>A hash that is the same for names that are.</summary>
    public uint Hash(ReadOnlySpan<byte> name) => IgnoresCase ? NameHash.OfCaseless(Significant(name)) : NameHash.Of(Significant(name));

    private static bool EqualIgnoringCase(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.Length != b.Length)
        {
            return false;
        }

        for (int i = 0; i < a.Length; i++)
        {
            if (NameHash.Fold(a[i]) != NameHash.Fold(b[i]))
            {
                return false;
            }
        }

        return true;
    }
}
