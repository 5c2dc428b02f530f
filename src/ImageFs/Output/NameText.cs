using System.Text;

namespace ImageFs.Output;

/// <summary>
/// How names and targets of an image are printed: as they are, for scripts; but on a terminal with '?' for what is not
/// <see cref="PrintableText"/>, as ls(1) does.
/// </summary>
internal static class NameText
{
    /// <param name="output">Where to.</param>
    /// <param name="name">Bytes, which need be no UTF-8.</param>
    internal static void Write(Stream output, ReadOnlySpan<byte> name)
    {
        if (Console.IsOutputRedirected)
        {
            output.Write(name);
            return;
        }

        Span<byte> character = stackalloc byte[4];
        foreach (Rune rune in Encoding.UTF8.GetString(name).EnumerateRunes())
        {
            Rune shown = PrintableText.IsPrintable(rune) ? rune : new Rune('?');
            output.Write(character[..shown.EncodeToUtf8(character)]);
        }
    }
}
