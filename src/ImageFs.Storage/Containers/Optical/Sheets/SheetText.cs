using System.Text;
using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Optical.Sheets;

/// <summary>
/// A text that describes a disc's tracks: small, and silent about its character set. Without <c>encoding=</c> it is Unicode where its
/// bytes are; else each byte is kept as one character, and the names in it are tried in the character sets that there are.
/// </summary>
internal sealed class SheetText
{
    // The longest sheets, with the times of 99 tracks and CD-TEXT in several languages, are of some 100 KiB.
    private const int MaxLength = 1 << 20;

    // What ends a text of DOS, and what pads one.
    private const string Ends = "\x1A\0";

    private static readonly string[] s_lineEnds = ["\r\n", "\r", "\n"];
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly bool _isOfBytes;

    private SheetText(string text, bool isOfBytes)
    {
        Text = text.TrimEnd(Ends.ToCharArray());
        _isOfBytes = isOfBytes;
    }

    /// <summary>The text.</summary>
    internal string Text { get; }

    /// <summary>The beginning of a file, if it may be such a text; null when it is none.</summary>
    internal static string? FindHead(ImageFile file)
    {
        ReadOnlySpan<byte> head = file.Head;
        if (head.IsEmpty || file.Source.Length > MaxLength)
        {
            return null;
        }

        Encoding? unicode = FindUnicode(head, out int start);
        string text = (unicode ?? Encoding.Latin1).GetString(head[start..]).TrimEnd(Ends.ToCharArray());
        return text.Contains('\0', StringComparison.Ordinal) ? null : text;
    }

    /// <summary>All of it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">Mount options: <c>encoding=</c> is taken.</param>
    /// <exception cref="UnsupportedFeatureException">It is too long for one.</exception>
    /// <exception cref="OptionException">There is no such character set.</exception>
    internal static SheetText Read(ImageFile file, OptionList options)
    {
        if (file.Source.Length > MaxLength)
        {
            throw new UnsupportedFeatureException($"a sheet of more than {MaxLength} bytes, {file.Name}");
        }

        Encoding? given = TextEncoding.Take(options);
        byte[] bytes = new byte[file.Source.Length];
        file.Source.ReadAt(0, bytes);
        if (FindUnicode(bytes, out int start) is { } unicode)
        {
            return new SheetText(unicode.GetString(bytes, start, bytes.Length - start), isOfBytes: false);
        }

        if (given is not null)
        {
            return new SheetText(given.GetString(bytes), isOfBytes: false);
        }

        try
        {
            return new SheetText(s_utf8.GetString(bytes), isOfBytes: false);
        }
        catch (DecoderFallbackException)
        {
            return new SheetText(Encoding.Latin1.GetString(bytes), isOfBytes: true);
        }
    }

    /// <summary>The lines of a text, whatever ends them.</summary>
    internal static string[] Lines(string text) => text.Split(s_lineEnds, StringSplitOptions.None);

    /// <summary>The words of a line; those in double quotes may have spaces.</summary>
    internal static List<string> Split(ReadOnlySpan<char> line)
    {
        var words = new List<string>();
        line = line.Trim();
        while (!line.IsEmpty)
        {
            bool isQuoted = line[0] == '"';
            line = isQuoted ? line[1..] : line;
            int end = isQuoted ? line.IndexOf('"') : line.IndexOfAny(' ', '\t');
            words.Add((end < 0 ? line : line[..end]).ToString());
            line = end < 0 ? [] : line[(end + 1)..].TrimStart();
        }

        return words;
    }

    /// <summary>What a name in the text may be: as it is written, then as each character set has it in which its bytes are anything.</summary>
    internal IEnumerable<string> ReadingsOf(string name)
    {
        yield return name;
        if (!_isOfBytes || Ascii.IsValid(name))
        {
            yield break;
        }

        foreach (string reading in ReadingsOf(Encoding.Latin1.GetBytes(name)))
        {
            yield return reading;
        }
    }

    /// <summary>What a name in bytes may be, where nothing says in which character set it is: these bytes first.</summary>
    internal static IEnumerable<string> ReadingsOf(byte[] name) =>
        TextEncoding.Candidates.Select(encoding => Decode(encoding, name)).OfType<string>().Prepend(ByteText.FromBytes(name)).Distinct();

    private static string? Decode(Encoding encoding, byte[] bytes)
    {
        try
        {
            return encoding.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // By its mark; without one, UTF-16 has a zero in every second byte of its first words, which are ASCII.
    private static Encoding? FindUnicode(ReadOnlySpan<byte> bytes, out int start)
    {
        start = bytes.StartsWith(Encoding.UTF8.Preamble) ? 3 : bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] ? 2 : 0;
        return bytes switch
        {
            [0xEF, 0xBB, 0xBF, ..] => Encoding.UTF8,
            [0xFF, 0xFE, ..] or [not 0, 0, not 0, 0, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] or [0, not 0, 0, not 0, ..] => Encoding.BigEndianUnicode,
            _ => null,
        };
    }
}
