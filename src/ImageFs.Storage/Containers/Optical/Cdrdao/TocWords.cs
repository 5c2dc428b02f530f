namespace ImageFs.Storage.Containers.Optical.Cdrdao;

/// <summary>The words of a TOC file: words, strings in quotes, braces; comments begin with two slashes.</summary>
/// <param name="text">The file.</param>
internal sealed class TocWords(string text)
{
    private int _at;

    /// <summary>The next word; null at the end.</summary>
    internal string? Next { get; private set; }

    /// <summary>Whether the next word is a string in quotes.</summary>
    internal bool IsString { get; private set; }

    /// <summary>The line that the next word is in.</summary>
    internal int Line { get; private set; } = 1;

    /// <summary>Whether a text is one: a track, with words in front of it that may be there.</summary>
    internal static bool IsRecognised(string head)
    {
        var words = new TocWords(head);
        while (words.MoveNext())
        {
            switch (words.Next?.ToUpperInvariant())
            {
                case "CD_DA" or "CD_ROM" or "CD_ROM_XA" or "CD_I":
                    return !words.IsString;
                case "TRACK" when !words.IsString:
                    return words.MoveNext() && TocLayout.FindLayout(words.Next!, 0) is not null;
                case "CATALOG" when !words.IsString && words.MoveNext() && words.IsString:
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    /// <summary>Steps to the next word.</summary>
    internal bool MoveNext()
    {
        SkipSpace();
        IsString = false;
        if (_at == text.Length)
        {
            Next = null;
            return false;
        }

        int start = _at;
        if (text[_at] == '"')
        {
            return ReadString();
        }

        if (text[_at] is '{' or '}' or ',')
        {
            _at++;
        }
        else
        {
            while (_at < text.Length && !char.IsWhiteSpace(text[_at]) && text[_at] is not ('"' or '{' or '}' or ','))
            {
                _at++;
            }
        }

        Next = text[start.._at];
        return true;
    }

    // A backslash stands in front of a quote, of another one, or of three octal digits.
    private bool ReadString()
    {
        var value = new System.Text.StringBuilder();
        for (_at++; _at < text.Length && text[_at] != '"'; _at++)
        {
            if (text[_at] == '\\' && _at + 1 < text.Length && text[_at + 1] is '"' or '\\')
            {
                _at++;
            }

            value.Append(text[_at]);
        }

        _at = Math.Min(_at + 1, text.Length);
        Next = value.ToString();
        IsString = true;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < text.Length)
        {
            if (text[_at] == '\n')
            {
                Line++;
            }
            else if (text.AsSpan(_at).StartsWith("//"))
            {
                int end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
                continue;
            }
            else if (!char.IsWhiteSpace(text[_at]))
            {
                return;
            }

            _at++;
        }
    }
}
