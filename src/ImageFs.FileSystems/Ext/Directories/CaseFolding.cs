using System.Text;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>
/// Names without their case, for directories with casefold. Linux compares by Unicode's NFD and full case folding; this program, which
/// has no culture data, by the simple case mapping of single characters: <c>ß</c> is not <c>SS</c>, and <c>ä</c> in one character is not
/// <c>ä</c> in two.
/// </summary>
internal static class CaseFolding
{
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

        return Encoding.UTF8.GetBytes(text.ToUpperInvariant().ToLowerInvariant());
    }
}
