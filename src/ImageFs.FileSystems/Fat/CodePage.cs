using System.Text;

namespace ImageFs.FileSystems.Fat;

/// <summary>The character set of short names and labels: each character is one byte, in some sets one or two.</summary>
internal sealed class CodePage
{
    /// <summary>Linux's default.</summary>
    public const int Default = 437;

    private const char Unknown = '?';

    private readonly char[] _characters = new char[256];
    private readonly char[] _lowerCase = new char[256];
    private readonly BytePairs? _pairs;

    private CodePage(int number, Encoding encoding)
    {
        Span<byte> one = stackalloc byte[1];
        Span<char> text = stackalloc char[BytePairs.MaxCharacters];
        for (int i = 0; i < _characters.Length; i++)
        {
            one[0] = (byte)i;
            encoding.GetChars(one, text);
            _characters[i] = text[0];
        }

        if (!encoding.IsSingleByte)
        {
            _pairs = new BytePairs(encoding);
            FillGaps(number);
        }

        // A letter whose small form is not in the set stays as it is. Of sets with pairs, Linux makes small only the letters of ASCII.
        for (int i = 0; i < _characters.Length; i++)
        {
            char lower = char.ToLowerInvariant(_characters[i]);
            bool isThere = _pairs is null ? _characters.Contains(lower) : char.IsAscii(lower);
            _lowerCase[i] = isThere ? lower : _characters[i];
        }
    }

    /// <summary>The numbers of those that there are.</summary>
    public static IReadOnlyList<int> Numbers { get; } =
        [437, 737, 775, 850, 852, 855, 857, 860, 861, 862, 863, 864, 865, 866, 869, 874, 932, 936, 949, 950, 1250, 1251, 1252, 1255];

    /// <summary>The character set of a number.</summary>
    /// <param name="number">One of <see cref="Numbers"/>.</param>
    public static CodePage Get(int number) =>
        new(number, CodePagesEncodingProvider.Instance.GetEncoding(number) ?? throw new ArgumentOutOfRangeException(nameof(number)));

    /// <summary>Reads the first character of a field; as in Linux a question mark of one byte where there is none.</summary>
    /// <param name="field">The field, not empty.</param>
    /// <param name="isLowerCase">Whether it is wanted in lower case.</param>
    /// <param name="character">The character.</param>
    /// <returns>How many bytes it takes.</returns>
    public int Read(ReadOnlySpan<byte> field, bool isLowerCase, out char character)
    {
        byte first = field[0];
        if (_pairs is not null && _pairs.CanBegin(first) && field.Length > 1 && field[1] != 0)
        {
            return _pairs.TryGet(first, field[1], out character) ? 2 : Fail(out character);
        }

        character = isLowerCase ? _lowerCase[first] : _characters[first];
        return 1;
    }

    /// <summary>A padded field as text.</summary>
    public string ToText(ReadOnlySpan<byte> field)
    {
        var text = new StringBuilder(field.Length);
        while (!field.IsEmpty)
        {
            field = field[Read(field, isLowerCase: false, out char character)..];
            text.Append(character);
        }

        return text.ToString().TrimEnd(' ', '\0');
    }

    private static int Fail(out char character)
    {
        character = Unknown;
        return 1;
    }

    // Bytes that are no character by themselves: Linux's 932 refuses them, its other sets take them for Latin 1.
    private void FillGaps(int number)
    {
        for (int i = BytePairs.FirstLead; i < _characters.Length; i++)
        {
            bool isGap = _pairs!.CanBegin((byte)i) || char.IsControl(_characters[i]) || !BytePairs.IsAssigned(_characters[i]);
            _characters[i] = !isGap ? _characters[i] : number == 932 ? Unknown : (char)i;
        }
    }
}
