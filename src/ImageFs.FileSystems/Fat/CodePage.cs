using System.Text;

namespace ImageFs.FileSystems.Fat;

/// <summary>A character set of one byte for each character, which short names and labels are in.</summary>
internal sealed class CodePage
{
    /// <summary>Linux's default.</summary>
    public const int Default = 437;

    private const string Unknown = "?";

    private readonly char[] _characters = new char[256];
    private readonly char[] _lowerCase = new char[256];

    private CodePage(Encoding encoding)
    {
        Span<byte> one = stackalloc byte[1];
        for (int i = 0; i < _characters.Length; i++)
        {
            one[0] = (byte)i;
            encoding.GetChars(one, _characters.AsSpan(i, 1));
        }

        // A letter whose small form is not in the set stays as it is.
        for (int i = 0; i < _characters.Length; i++)
        {
            char lower = char.ToLowerInvariant(_characters[i]);
            _lowerCase[i] = _characters.Contains(lower) ? lower : _characters[i];
        }
    }

    /// <summary>The numbers of those that there are.</summary>
    public static IReadOnlyList<int> Numbers { get; } =
        [437, 737, 775, 850, 852, 855, 857, 860, 861, 862, 863, 864, 865, 866, 869, 874, 1250, 1251, 1252, 1255];

    /// <summary>The character set of a number.</summary>
    /// <param name="number">One of <see cref="Numbers"/>.</param>
    public static CodePage Get(int number) =>
        new(CodePagesEncodingProvider.Instance.GetEncoding(
                number, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback(Unknown))
            ?? throw new ArgumentOutOfRangeException(nameof(number)));

    /// <summary>The character of a byte.</summary>
    public char ToCharacter(byte value) => _characters[value];

    /// <summary>The character of a byte, in lower case.</summary>
    public char ToLowerCase(byte value) => _lowerCase[value];

    /// <summary>A padded field as text.</summary>
    public string ToText(ReadOnlySpan<byte> field)
    {
        var text = new StringBuilder(field.Length);
        foreach (byte value in field)
        {
            text.Append(ToCharacter(value));
        }

        return text.ToString().TrimEnd(' ', '\0');
    }
}
