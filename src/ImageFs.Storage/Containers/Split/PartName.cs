namespace ImageFs.Storage.Containers.Split;

/// <summary>The name of a part, and how those that follow are named: by numbers of two digits at least, by letters (split(1)), or in hexadecimal.</summary>
internal sealed class PartName
{
    private const string Digits = "0123456789";
    private const string HexDigits = "0123456789abcdef";
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";
    private const int MinLength = 2;

    // Fewer than from .aa to .gz or .xz, which are no parts.
    private const int MaxGap = 25;

    private readonly string _prefix;
    private readonly string _suffix;
    private readonly string _symbols;

    private PartName(string prefix, string suffix, string symbols)
    {
        _prefix = prefix;
        _suffix = suffix;
        _symbols = symbols;
    }

    /// <summary>The name, without a folder.</summary>
    public string Name => _prefix + _suffix;

    /// <summary>The name of a first part: <c>disk.001</c>, <c>disk.000</c>, <c>disk.aa</c>, <c>xaa</c>; null of any other file.</summary>
    public static PartName? First(string path)
    {
        string name = Path.GetFileName(path);
        int start = name.LastIndexOf('.') + 1;
        string suffix = name[start..];

        // What split(1) puts before, when it is told nothing.
        if (suffix.StartsWith('x'))
        {
            start++;
            suffix = suffix[1..];
        }
        else if (start == 0)
        {
            return null;
        }

        string? symbols = suffix.Length < MinLength ? null
            : suffix.All(symbol => symbol == Letters[0]) ? Letters
            : suffix[..^1].All(symbol => symbol == Digits[0]) && suffix[^1] is '0' or '1' ? Digits
            : null;
        return symbols is null ? null : new PartName(name[..start], suffix, symbols);
    }

    /// <summary>The part after this one; null when there is none.</summary>
    public PartName? FindNext(ImageFolder folder)
    {
        if (_symbols == Digits && _suffix[^1] == '9' && Increment(HexDigits) is { } hexadecimal && folder.Contains(_prefix + hexadecimal))
        {
            return new PartName(_prefix, hexadecimal, HexDigits);
        }

        return Followers().FirstOrDefault(suffix => folder.Contains(_prefix + suffix)) is { } next ? new PartName(_prefix, next, _symbols) : null;
    }

    /// <summary>A part after this one that is not the next: between the two, some are missing. Null when there is none.</summary>
    public PartName? FindBehindGap(ImageFolder folder)
    {
        PartName part = this;
        for (int i = 0; i <= MaxGap && part.Increment(_symbols) is { } suffix; i++)
        {
            part = new PartName(_prefix, suffix, _symbols);
            if (folder.Contains(part.Name))
            {
                return part;
            }
        }

        return null;
    }

    // Where the symbols run out split(1) goes on with more of them, after the last one: yz, zaaa; 89, 9000. Others simply count.
    private IEnumerable<string> Followers()
    {
        string? next = Increment(_symbols);
        if (next is not null)
        {
            yield return next;
            if (next.StartsWith(_symbols[^1]) && next.AsSpan(1).IndexOfAnyExcept(_symbols[0]) < 0)
            {
                yield return next + new string(_symbols[0], 2);
            }

            yield break;
        }

        yield return $"{_symbols[1]}{new string(_symbols[0], _suffix.Length)}";
    }

    // Null when all places have the last symbol.
    private string? Increment(string symbols)
    {
        char[] next = _suffix.ToCharArray();
        for (int i = next.Length - 1; i >= 0; i--)
        {
            int value = symbols.IndexOf(next[i], StringComparison.Ordinal);
            if (value < symbols.Length - 1)
            {
                next[i] = symbols[value + 1];
                return new string(next);
            }

            next[i] = symbols[0];
        }

        return null;
    }
}
