using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ImageFs.FileSystems.Fat;

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

    /// <summary>Reads them.</summary>
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
    /// <param name="second">The byte behind it.</param>
    /// <param name="character">The character.</param>
    /// <returns>False when there is none.</returns>
    public bool TryGet(byte first, byte second, out char character)
    {
        character = _characters[((first - FirstLead) << 8) + second];
        return character != None;
    }
}
