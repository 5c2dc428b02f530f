using System.Text;

namespace ImageFs.Reading;

/// <summary>
/// A pattern of a shell (POSIX Shell Command Language 2.13; fnmatch(3)): <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[!a-z]</c>, <c>[[:digit:]]</c>, and
/// <c>\</c> before what stands for itself. A bracket that is not closed stands for itself.
/// </summary>
/// <param name="pattern">The pattern.</param>
/// <param name="ignoresCase">Whether small and large letters are the same.</param>
internal sealed class Glob(string pattern, bool ignoresCase = false)
{
    private readonly int[] _pattern = Characters(pattern, ignoresCase);

    /// <summary>Whether a text has what a pattern is made of.</summary>
    internal static bool IsPattern(string text) => text.AsSpan().ContainsAny("*?[");

    /// <summary>Whether a text matches, as a whole. Slashes and dots are like other characters.</summary>
    internal bool Matches(string text)
    {
        int[] characters = Characters(text, ignoresCase);
        int at = 0;
        int place = 0;

        // Where the last star was, and up to where it matches: a longer run of it is all that is ever tried again.
        int star = -1;
        int starred = 0;
        while (place < characters.Length)
        {
            if (at < _pattern.Length && _pattern[at] == '*')
            {
                star = at++;
                starred = place;
            }
            else if (at < _pattern.Length && TryMatchOne(at, characters[place], out int next))
            {
                at = next;
                place++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                place = ++starred;
            }
            else
            {
                return false;
            }
        }

        return !_pattern.AsSpan(at).ContainsAnyExcept('*');
    }

    // A byte that is no UTF-8 is a character, too.
    private static int[] Characters(string text, bool ignoresCase)
    {
        text = ignoresCase ? text.ToUpperInvariant() : text;
        var characters = new List<int>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            characters.Add(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? char.ConvertToUtf32(text[i], text[++i]) : text[i]);
        }

        return [.. characters];
    }

    private bool TryMatchOne(int at, int character, out int next)
    {
        next = at + 1;
        switch (_pattern[at])
        {
            case '?':
                return true;
            case '\\' when next < _pattern.Length:
                return _pattern[next++] == character;
            case '[' when TryMatchSet(at, character, out int end, out bool isIn):
                next = end;
                return isIn;
            default:
                return _pattern[at] == character;
        }
    }

    // False where the bracket is not closed.
    private bool TryMatchSet(int at, int character, out int end, out bool isIn)
    {
        int place = at + 1;
        bool isNegated = place < _pattern.Length && _pattern[place] is '!' or '^';
        place += isNegated ? 1 : 0;
        int first = place;
        isIn = false;
        for (; place < _pattern.Length && (_pattern[place] != ']' || place == first); place++)
        {
            if (TryMatchClass(ref place, character, ref isIn))
            {
                continue;
            }

            int low = Literal(ref place);
            int high = low;
            if (place + 2 < _pattern.Length && _pattern[place + 1] == '-' && _pattern[place + 2] != ']')
            {
                place += 2;
                high = Literal(ref place);
            }

            isIn |= character >= low && character <= high;
        }

        isIn ^= isNegated;
        end = place + 1;
        return place < _pattern.Length;
    }

    // [:digit:] in a bracket.
    private bool TryMatchClass(ref int place, int character, ref bool isIn)
    {
        ReadOnlySpan<int> rest = _pattern.AsSpan(place);
        int end = rest is ['[', ':', ..] ? rest.IndexOf([':', ']']) : -1;
        if (end < 0)
        {
            return false;
        }

        Rune rune = Rune.IsValid(character) ? new Rune(character) : Rune.ReplacementChar;
        isIn |= string.Concat(rest[2..end].ToArray().Select(unit => (char)unit)) switch
        {
            "alnum" => Rune.IsLetterOrDigit(rune),
            "alpha" => Rune.IsLetter(rune),
            "blank" => character is ' ' or '\t',
            "cntrl" => Rune.IsControl(rune),
            "digit" => character is >= '0' and <= '9',
            "graph" => !Rune.IsWhiteSpace(rune) && !Rune.IsControl(rune),
            "lower" => Rune.IsLower(rune),
            "print" => !Rune.IsControl(rune),
            "punct" => Rune.IsPunctuation(rune) || Rune.IsSymbol(rune),
            "space" => Rune.IsWhiteSpace(rune),
            "upper" => Rune.IsUpper(rune),
            "xdigit" => rune.IsAscii && char.IsAsciiHexDigit((char)character),
            _ => false,
        };
        place += end + 1;
        return true;
    }

    private int Literal(ref int place) => _pattern[place] == '\\' && place + 1 < _pattern.Length ? _pattern[++place] : _pattern[place];
}
