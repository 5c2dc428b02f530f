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
    internal static void Write(Stream output, ReadOnlySpan<byte> name) => output.Write(Shown(name));

    /// <summary>What is printed of a name.</summary>
    internal static ReadOnlySpan<byte> Shown(ReadOnlySpan<byte> name) => Terminal.IsThere
        ? Encoding.UTF8.GetBytes(string.Concat(Encoding.UTF8.GetString(name).EnumerateRunes().Select(rune => PrintableText.IsPrintable(rune) ? rune.ToString() : "?")))
        : name;
}
