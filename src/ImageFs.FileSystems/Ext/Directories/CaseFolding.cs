using System.Text;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>
/// Names without their case, for directories with casefold. Linux compares by Unicode's NFD and full case folding; this program, which
/// has no culture data, by the case mapping of single characters and the foldings of Latin letters to several:
/// <c>ä</c> in one character is not <c>ä</c> in two.
/// </summary>
internal static class CaseFolding
{
    // The Latin ones of status F in Unicode's CaseFolding.txt; U+1E9E has become U+00DF before.
    private static readonly (string Letter, string Folded)[] s_longer =
    [
        ("\u00df", "ss"), ("\ufb00", "ff"), ("\ufb01", "fi"), ("\ufb02", "fl"), ("\ufb03", "ffi"), ("\ufb04", "ffl"), ("\ufb05", "st"), ("\ufb06", "st"),
    ];

    private static readonly UTF8Encoding s_strictUtf8 = new(false, true);

    /// <summary>The name without case; a name that is not UTF-8 is left as it is, as by Linux.</summary>
    public static byte[] Fold(ReadOnlySpan<byte> name)
    {
        string text;
        try
        {
            text = s_strictUtf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            return name.ToArray();
        }

        string folded = text.ToUpperInvariant().ToLowerInvariant();
        foreach ((string letter, string several) in s_longer)
        {
            folded = folded.Replace(letter, several, StringComparison.Ordinal);
        }

        return Encoding.UTF8.GetBytes(folded);
    }
}
