using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems.Foreign;

/// <summary>What is not an image, though it has an image's name: it has no fixed marks.</summary>
internal static class NotAnImage
{
    private const int LookedAt = 1024;

    // Zeros are told by the start and the end: to read all of a terabyte for a word would be too much.
    private const int ZerosLookedAt = 1 << 20;

    private static readonly string[] s_pages = ["<!doctype html", "<html", "<head", "<body", "<?xml"];

    /// <summary>Whether it begins as a web page does, or another text of XML.</summary>
    public static bool IsWebPage(ProbeWindow source)
    {
        ReadOnlySpan<byte> text = source.From(0);
        text = text.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? text[3..] : text;
        text = text.TrimStart(" \t\r\n"u8);
        foreach (string page in s_pages)
        {
            if (text.Length >= page.Length && Matches(text[..page.Length], page))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether it begins with nothing but what a text has.</summary>
    public static bool IsText(ProbeWindow source)
    {
        ReadOnlySpan<byte> start = source.From(0);
        start = start[..Math.Min(start.Length, LookedAt)];
        foreach (byte value in start)
        {
            if (value is < 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r' or 0x0C) or 0x7F)
            {
                return false;
            }
        }

        // Letters of other alphabets are UTF-8; bytes at random are not.
        return start.Length > 0 && IsUtf8(start);
    }

    /// <summary>Whether its first and its last MiB are zeros.</summary>
    public static bool IsZeros(ProbeWindow source) =>
        source.Length > 0 && HasZeros(source, 0) && HasZeros(source, Math.Max(0, source.Length - ZerosLookedAt));

    private static bool Matches(ReadOnlySpan<byte> text, string page)
    {
        for (int i = 0; i < page.Length; i++)
        {
            if (char.ToLowerInvariant((char)text[i]) != page[i])
            {
                return false;
            }
        }

        return true;
    }

    // The piece may end within a letter.
    private static bool IsUtf8(ReadOnlySpan<byte> text)
    {
        for (int cut = 0; cut < 4 && cut < text.Length; cut++)
        {
            if (System.Text.Unicode.Utf8.IsValid(text[..^cut]))
            {
                return true;
            }
        }

        return false;
    }

    // A block at a time: what is no zero is seldom far.
    private static bool HasZeros(ProbeWindow source, long address)
    {
        long end = Math.Min(address + ZerosLookedAt, source.Length);
        while (address < end)
        {
            ReadOnlySpan<byte> bytes = source.From(address);
            if (bytes.Length == 0 || bytes.ContainsAnyExcept((byte)0))
            {
                return false;
            }

            address += bytes.Length;
        }

        return true;
    }
}
