using System.Text;

namespace ImageFs.Storage.Containers.Optical.Sheets;

/// <summary>A text that tells of a disc's tracks: small, and of no character set that it would tell.</summary>
internal static class SheetText
{
    // The longest sheets, with the times of 99 tracks and CD-TEXT in several languages, are of some 100 KiB.
    private const int MaxLength = 1 << 20;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The beginning of a file, if it may be such a text; null when it is none.</summary>
    internal static string? FindHead(ImageFile file)
    {
        ReadOnlySpan<byte> head = file.Head;
        return head.IsEmpty || file.Source.Length > MaxLength || head.Contains((byte)0)
            ? null
            : Encoding.Latin1.GetString(head.StartsWith(Encoding.UTF8.Preamble) ? head[3..] : head);
    }

    /// <summary>All of it: UTF-8, or else Latin-1.</summary>
    /// <exception cref="UnsupportedFeatureException">It is too long for one.</exception>
    internal static string Read(ImageFile file)
    {
        if (file.Source.Length > MaxLength)
        {
            throw new UnsupportedFeatureException($"{file.Name}: a sheet of more than {MaxLength} bytes is");
        }

        byte[] bytes = new byte[file.Source.Length];
        file.Source.ReadAt(0, bytes);
        int start = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? 3 : 0;
        try
        {
            return s_utf8.GetString(bytes, start, bytes.Length - start);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes, start, bytes.Length - start);
        }
    }

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
}
