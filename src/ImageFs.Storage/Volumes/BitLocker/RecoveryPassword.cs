namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>A recovery password: eight groups of six digits, each 11 times a number of 16 bits (BDE "Recovery key").</summary>
internal static class RecoveryPassword
{
    /// <summary>Bytes of the key that the digits are.</summary>
    public const int KeySize = 16;

    private const int Groups = 8;
    private const int DigitsOfGroup = 6;
    private const int Divisor = 11;

    /// <summary>Whether a text has the form of one: 48 digits, with hyphens or spaces between them or none.</summary>
    public static bool HasForm(ReadOnlySpan<char> text)
    {
        int digits = 0;
        foreach (char character in text)
        {
            bool isDigit = char.IsAsciiDigit(character);
            if (!isDigit && character is not ('-' or ' '))
            {
                return false;
            }

            digits += isDigit ? 1 : 0;
        }

        return digits == Groups * DigitsOfGroup;
    }

    /// <summary>Finds one in a text of several lines, such as Windows writes to a file.</summary>
    /// <returns>Its place and length; a length of 0 when there is none.</returns>
    public static (int Start, int Length) Find(ReadOnlySpan<char> text)
    {
        const int Length = (Groups * (DigitsOfGroup + 1)) - 1;
        for (int start = 0; start + Length <= text.Length; start++)
        {
            ReadOnlySpan<char> part = text.Slice(start, Length);
            if (char.IsAsciiDigit(part[0]) && part[DigitsOfGroup] == '-' && HasForm(part))
            {
                return (start, Length);
            }
        }

        return (0, 0);
    }

    /// <summary>The key that the digits are.</summary>
    /// <param name="text">A text that has the form of one.</param>
    /// <param name="key">Takes the key.</param>
    /// <returns>The number of the group that is mistyped, from 1; 0 when none is.</returns>
    public static int Parse(ReadOnlySpan<char> text, Span<byte> key)
    {
        int digits = 0;
        int value = 0;
        foreach (char character in text)
        {
            if (!char.IsAsciiDigit(character))
            {
                continue;
            }

            value = (value * 10) + (character - '0');
            if (++digits % DigitsOfGroup == 0)
            {
                int group = digits / DigitsOfGroup;
                if (value % Divisor != 0 || value / Divisor > ushort.MaxValue)
                {
                    return group;
                }

                key[(2 * group) - 2] = (byte)(value / Divisor & 0xFF);
                key[(2 * group) - 1] = (byte)(value / Divisor >> 8);
                value = 0;
            }
        }

        return 0;
    }
}
