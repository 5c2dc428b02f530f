using System.Buffers;
using System.Globalization;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Output;

/// <summary>
/// Text that a terminal or a log shows as it is meant. Names, labels and messages may hold anything: control characters (C0, DEL, C1)
/// drive a terminal, a line break forges a line, and marks of direction have a name look like another one. All of these are written as
/// their numbers, <c>\x1b</c> or <c>\u202e</c>.
/// </summary>
internal static class PrintableText
{
    private static readonly SearchValues<char> s_plain = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);

    /// <summary>The text with everything else written as numbers.</summary>
    public static string Of(string text) => Of(text, isStyled: false, keepsBytes: false);

    /// <summary>The same, with exceptions.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isStyled">Whether it keeps what <see cref="Style"/> paints.</param>
    /// <param name="keepsBytes">Whether it keeps bytes that are no UTF-8 (<see cref="ByteText"/>).</param>
    public static string Of(string text, bool isStyled, bool keepsBytes)
    {
        int start = FindUnprintable(text);
        return start < 0 ? text : Escape(text, start, isStyled, keepsBytes);
    }

    /// <summary>Whether a character is shown as itself.</summary>
    public static bool IsPrintable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        && !IsDirection(rune.Value);

    /// <summary>Whether all of a text is shown as itself.</summary>
    public static bool IsPrintable(string text) => FindUnprintable(text) < 0;

    private static string Escape(string text, int start, bool isStyled, bool keepsBytes)
    {
        var printable = new StringBuilder(text.Length + 16).Append(text, 0, start);
        for (int i = start; i < text.Length;)
        {
            if (isStyled && Style.CodeAt(text.AsSpan(i)) is > 0 and int code)
            {
                printable.Append(text, i, code);
                i += code;
            }
            else if (Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                _ = IsPrintable(rune) ? printable.Append(text, i, rune.Utf16SequenceLength) : AppendNumber(printable, rune.Value);
                i += rune.Utf16SequenceLength;
            }
            else
            {
                string unit = text[i].ToString();
                printable.Append(!ByteText.IsByte(text[i]) ? Rune.ReplacementChar.ToString() : keepsBytes ? unit : ByteText.Escape(unit));
                i++;
            }
        }

        return printable.ToString();
    }

    private static int FindUnprintable(string text)
    {
        for (int i = text.AsSpan().IndexOfAnyExcept(s_plain); i >= 0 && i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out Rune rune) || !IsPrintable(rune))
            {
                return i;
            }

            i += rune.Utf16SequenceLength;
        }

        return -1;
    }

    // Marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9, 2).
    private static bool IsDirection(int c) => c is 0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    private static StringBuilder AppendNumber(StringBuilder text, int c) =>
        c < 0x100 ? text.Append(CultureInfo.InvariantCulture, $"\\x{c:x2}") : text.Append(CultureInfo.InvariantCulture, $"\\u{c:x4}");
}
