using System.Buffers.Binary;
using System.Globalization;
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

/// <summary>The characters of a code page that are two bytes, as Linux has them: without those for private use.</summary>
internal sealed class BytePairs
{
    /// <summary>The least byte that can be the first of two.</summary>
    public const int FirstLead = 0x80;

    /// <summary>The most characters that an encoding makes of two bytes.</summary>
    public const int MaxCharacters = 4;

    private const char None = '\0';

    // What code page 932 decodes to where nothing is assigned, and where that is.
    private const char MiddleDot = '\u30FB';
    private const int MiddleDotCode = 0x8145;

    private readonly char[] _characters = new char[(256 - FirstLead) << 8];
    private readonly bool[] _canBegin = new bool[256];

    /// <param name="encoding">The code page, with its own fallback: only that knows characters that have several codes.</param>
    public BytePairs(Encoding encoding)
    {
        Span<byte> pair = stackalloc byte[2];
        Span<char> text = stackalloc char[MaxCharacters];
        for (int code = FirstLead << 8; code <= ushort.MaxValue; code++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(pair, (ushort)code);
            bool isOne = pair[1] != 0 && encoding.GetChars(pair, text) == 1;
            if (isOne && (IsAssigned(text[0]) || (text[0] == MiddleDot && code == MiddleDotCode)))
            {
                _characters[code - (FirstLead << 8)] = text[0];
                _canBegin[pair[0]] = true;
            }
        }
    }

    /// <summary>Whether what an encoding made of one or two bytes is more than its stand-in for those that are nothing.</summary>
    public static bool IsAssigned(char character) =>
        character is not ('?' or MiddleDot) && char.GetUnicodeCategory(character) != UnicodeCategory.PrivateUse;

    /// <summary>Whether a byte begins any pair.</summary>
    public bool CanBegin(byte first) => _canBegin[first];

    /// <summary>The character of a pair.</summary>
    /// <param name="first">A byte that can begin one.</param>
    /// <param name="second">The byte after it.</param>
    /// <param name="character">The character.</param>
    /// <returns>False when there is none.</returns>
    public bool TryGet(byte first, byte second, out char character)
    {
        character = _characters[((first - FirstLead) << 8) + second];
        return character != None;
    }
}
