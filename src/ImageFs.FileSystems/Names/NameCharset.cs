using System.Buffers;
using System.Globalization;
using System.Text;
using ImageFs.Storage;
using Utf8Units = System.Text.Unicode.Utf8;

namespace ImageFs.FileSystems.Names;

/// <summary>
/// The character set that names are shown in (<c>iocharset=</c>), by the names that Linux has for its own (fs/nls): names are recorded in
/// Unicode, and each of its 16-bit units is shown by itself.
/// </summary>
internal sealed class NameCharset
{
    /// <summary>The most bytes that one unit becomes; in UTF-8, of which two units may become four, as well.</summary>
    public const int MaxBytesPerUnit = 3;

    private const int LengthShift = 24;
    private const int Iso8859 = 28590; // And the part.
    private const int LastIso8859 = Iso8859 + 15;
    private const char FirstPrivate = '\uE000';
    private const char LastPrivate = '\uF8FE'; // The one after is Apple's sign, in Apple's sets.

    // Linux's aliases, and sets that have no number in their name.
    private static readonly Dictionary<string, int> s_numbers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["koi8-r"] = 20866,
        ["koi8-u"] = 21866,
        ["koi8-ru"] = 21866,
        ["iso8859-8"] = 1255,
        ["euc-jp"] = 51932,
        ["sjis"] = 932,
        ["gb2312"] = 936,
        ["euc-kr"] = 949,
        ["big5"] = 950,
        ["tis-620"] = 874,
        ["macroman"] = 10000,
        ["macgreek"] = 10006,
        ["maccyrillic"] = 10007,
        ["macromanian"] = 10010,
        ["maccenteuro"] = 10029,
        ["maciceland"] = 10079,
        ["macturkish"] = 10081,
        ["maccroatian"] = 10082,
    };

    // .NET's KOI8-U has two letters of Belarusian, as Linux's koi8-ru; koi8-u has these (RFC 2319).
    private static readonly (char Other, char Unit)[] s_ukrainian = [('\u045E', '\u255D'), ('\u040E', '\u256C')];

    // For each unit its bytes, the first one lowest, and how many above them; none where the set does not have it. Null for UTF-8.
    private readonly int[]? _codes;
    private readonly Encoding _encoding;
    private readonly char[] _units = new char[256]; // For sets of single bytes: 0 where there is none.
    private readonly byte[] _lowerCase = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    private NameCharset(Encoding encoding, int[]? codes)
    {
        _encoding = encoding;
        _codes = codes;
        for (int unit = 0; codes is not null && unit < codes.Length; unit++)
        {
            if (codes[unit] != 0 && encoding.IsSingleByte)
            {
                _units[unchecked((byte)codes[unit])] = (char)unit;
            }
        }

        for (int value = 'A'; value < _lowerCase.Length; value++)
        {
            bool hasCase = value <= 'Z' || (encoding.IsSingleByte && value > 0x7F);
            _lowerCase[value] = hasCase ? LowerCase((byte)value) : (byte)value;
        }
    }

    /// <summary>UTF-8.</summary>
    public static NameCharset Utf8 { get; } = new(Encoding.UTF8, null);

    /// <summary>Takes <c>iocharset=</c> and <c>utf8</c>, which counts more; UTF-8 when neither is given.</summary>
    /// <exception cref="OptionException">There is no such set.</exception>
    public static NameCharset Take(OptionList options)
    {
        string? name = options.TakeValue("iocharset");
        return options.TakeFlag("utf8") || name is null ? Utf8 : Get(name);
    }

    /// <summary>The set of a name.</summary>
    /// <exception cref="OptionException">There is none.</exception>
    public static NameCharset Get(string name)
    {
        if (name is "utf8" or "utf-8")
        {
            return Utf8;
        }

        return Find(name) is { } encoding
            ? new NameCharset(encoding, FindCodes(encoding, name.Equals("koi8-u", StringComparison.OrdinalIgnoreCase) ? s_ukrainian : []))
            : throw new OptionException($"iocharset={name}", "must be utf8, ascii, iso8859-N, cpN, koi8-r, koi8-u, euc-jp, sjis, gb2312, euc-kr, big5 or tis-620");
    }

    /// <summary>Shows a unit.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="bytes">Takes it.</param>
    /// <returns>Bytes; 0 when there is no room; -1 when the set does not have it. Of UTF-8 half of a pair is not taken.</returns>
    public int Encode(char unit, Span<byte> bytes)
    {
        if (_codes is null)
        {
            return !Rune.TryCreate(unit, out Rune rune) ? -1 : rune.TryEncodeToUtf8(bytes, out int written) ? written : 0;
        }

        int code = _codes[unit];
        int length = code >> LengthShift;
        if (code == 0 || length > bytes.Length)
        {
            return code == 0 ? -1 : 0;
        }

        for (int i = 0; i < length; i++)
        {
            bytes[i] = unchecked((byte)(code >> (8 * i)));
        }

        return length;
    }

    /// <summary>Shows units up to the first that is 0, with another byte for those that the set does not have.</summary>
    /// <param name="units">The units.</param>
    /// <param name="other">The other byte.</param>
    /// <param name="bytes">Takes them: <see cref="MaxBytesPerUnit"/> for each.</param>
    /// <returns>How many bytes.</returns>
    public int Encode(ReadOnlySpan<char> units, byte other, Span<byte> bytes)
    {
        int length = 0;
        foreach (char unit in units)
        {
            if (unit == 0)
            {
                break;
            }

            int written = Encode(unit, bytes[length..]);
            if (written < 0)
            {
                bytes[length] = other;
                written = 1;
            }

            length += written;
        }

        return length;
    }

    /// <summary>The units that a name is shown for.</summary>
    /// <param name="name">The name.</param>
    /// <param name="units">Takes them.</param>
    /// <param name="length">How many there are.</param>
    /// <returns>False when it is none of this set, or too long.</returns>
    public bool TryDecode(ReadOnlySpan<byte> name, Span<char> units, out int length)
    {
        if (_codes is null)
        {
            return Utf8Units.ToUtf16(name, units, out _, out length, replaceInvalidSequences: false) == OperationStatus.Done;
        }

        if (!_encoding.IsSingleByte)
        {
            return _encoding.TryGetChars(name, units, out length) && AreAllShown(units[..length]);
        }

        length = Math.Min(name.Length, units.Length);
        for (int i = 0; i < length; i++)
        {
            units[i] = _units[name[i]];
        }

        return length == name.Length && AreAllShown(units[..length]);
    }

    /// <summary>A letter's small form in a set of single bytes; in others of ASCII alone.</summary>
    public byte ToLower(byte value) => _lowerCase[value];

    private bool AreAllShown(ReadOnlySpan<char> units)
    {
        foreach (char unit in units)
        {
            if (_codes![unit] == 0)
            {
                return false;
            }
        }

        return true;
    }

    private byte LowerCase(byte value)
    {
        char unit = _encoding.IsSingleByte ? _units[value] : (char)value;
        Span<byte> lower = stackalloc byte[MaxBytesPerUnit];
        return Encode(char.ToLowerInvariant(unit), lower) == 1 ? lower[0] : value;
    }

    private static Encoding? Find(string name)
    {
        if (name is "ascii" or "us-ascii")
        {
            return Encoding.ASCII;
        }

        string plain = name.Replace("iso-8859", "iso8859", StringComparison.OrdinalIgnoreCase);
        int number = s_numbers.TryGetValue(plain, out int known) ? known
            : NumberBehind("cp", plain) ?? (NumberBehind("iso8859-", plain) is >= 1 and <= 15 and int part ? Iso8859 + part : 0);
        if (number == Iso8859 + 1)
        {
            return Encoding.Latin1;
        }

        // Some numbers are those of other sets than Linux's: 65001 is UTF-8, 1200 and 12000 are wider.
        Encoding? encoding = number is > 0 and < 65000 ? CodePagesEncodingProvider.Instance.GetEncoding(number) : null;
        return encoding is null || encoding.GetBytes("a") is not [(byte)'a'] ? null : encoding;
    }

    private static int? NumberBehind(string prefix, string name) =>
        name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    // Without the letters that only look alike: what is shown leads back to the unit. Where a set has nothing, .NET has controls or
    // what is private; Linux has nothing.
    private static int[] FindCodes(Encoding encoding, (char Other, char Unit)[] differences)
    {
        bool hasControls = encoding.CodePage is >= Iso8859 and <= LastIso8859;
        var strict = (Encoding)encoding.Clone();
        strict.EncoderFallback = new EncoderReplacementFallback(string.Empty);
        int[] codes = new int[char.MaxValue + 1];
        Span<byte> bytes = stackalloc byte[2 * MaxBytesPerUnit];
        Span<char> back = stackalloc char[2 * MaxBytesPerUnit];
        for (int unit = 1; unit < codes.Length; unit++)
        {
            bool isNone = unit is >= FirstPrivate and <= LastPrivate || (unit > 0x7F && char.IsControl((char)unit) && !hasControls);
            if (char.IsSurrogate((char)unit) || isNone)
            {
                continue;
            }

            int length = strict.GetBytes([(char)unit], bytes);
            if (length is 0 or > MaxBytesPerUnit || strict.GetChars(bytes[..length], back) != 1 || back[0] != unit)
            {
                continue;
            }

            for (int i = 0; i < length; i++)
            {
                codes[unit] |= bytes[i] << (8 * i);
            }

            codes[unit] |= length << LengthShift;
        }

        foreach ((char other, char unit) in differences)
        {
            codes[unit] = codes[other];
            codes[other] = 0;
        }

        return codes;
    }
}
