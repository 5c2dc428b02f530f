using System.Buffers;
using System.Text;

namespace ImageFs.Linux;

/// <summary>
/// Text for any bytes. Paths, names and link targets are bytes to Linux, mostly of UTF-8. What is none is kept byte by byte, each as
/// a lone low surrogate: U+DC80 for 0x80 to U+DCFF for 0xFF. No UTF-8 decodes to these, so the way back gives the same bytes.
/// Every string that is a path is such text; it becomes bytes when the kernel or an image is asked.
/// </summary>
public static class ByteText
{
    private const char FirstByte = '\uDC80';
    private const char LastByte = '\uDCFF';
    private const int Offset = FirstByte - 0x80;
    private const int LongestCharacter = 3; // Bytes of one UTF-16 unit.

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly SearchValues<char> s_bytes = SearchValues.Create([.. Enumerable.Range(FirstByte, LastByte - FirstByte + 1).Select(c => (char)c)]);

    /// <summary>The text for bytes.</summary>
    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return s_strict.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte one in bytes[..length])
                {
                    text.Append((char)(one + Offset));
                }
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>The bytes that a text is for; a surrogate that stands for none becomes U+FFFD.</summary>
    public static byte[] ToBytes(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[text.Length * LongestCharacter];
        return bytes[..ToBytes(text, bytes)];
    }

    /// <summary>Writes the bytes that a text is for.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">Where to: three for each unit of the text are enough.</param>
    /// <returns>How many there are.</returns>
    public static int ToBytes(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (!text.ContainsAny(s_bytes))
        {
            return Encoding.UTF8.GetBytes(text, bytes);
        }

        int count = 0;
        while (!text.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf16(text, out Rune rune, out int length);
            if (status != OperationStatus.Done && IsByte(text[0]))
            {
                bytes[count++] = (byte)(text[0] - Offset);
            }
            else
            {
                count += rune.EncodeToUtf8(bytes[count..]);
            }

            text = text[length..];
        }

        return count;
    }

    /// <summary>Whether a unit of a text stands for a byte that is no UTF-8; a low surrogate after a high one does not.</summary>
    public static bool IsByte(char unit) => unit is >= FirstByte and <= LastByte;

    /// <summary>The same for people and for JSON: a byte that is no UTF-8 as <c>\xe9</c>.</summary>
    public static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAny(s_bytes))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            bool isHalf = i > 0 && char.IsSurrogatePair(text[i - 1], text[i]);
            _ = IsByte(text[i]) && !isHalf ? escaped.Append($"\\x{text[i] - Offset:x2}") : escaped.Append(text[i]);
        }

        return escaped.ToString();
    }
}
