using System.Text;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>
/// Names without their case, for directories with casefold. Linux folds by Unicode's NFD and full case folding; this program has the
/// simple case mapping of single characters, so that <c>ß</c> is not <c>SS</c>.
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

        return Encoding.UTF8.GetBytes(text.Normalize(NormalizationForm.FormD).ToUpperInvariant().ToLowerInvariant());
    }
}
