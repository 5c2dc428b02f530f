using System.Buffers;
using System.Globalization;
using System.Text;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>
/// Reads the text of a volume group: sections in braces, <c>key = value</c>, arrays in brackets, strings, numbers, and comments from '#' to
/// the end of the line (libdm-config.c).
/// </summary>
/// <param name="text">The text; it ends at a byte of zero.</param>
/// <param name="addressOf">Where a byte of it is on the physical volume.</param>
internal ref struct ConfigurationText(ReadOnlySpan<byte> text, Func<int, long> addressOf)
{
    // LVM's own texts are four deep, and a volume of one segment has some twenty values.
    private const int MaxDepth = 16;
    private const int MaxValues = 1 << 21;

    private static readonly SearchValues<byte> s_space = SearchValues.Create(" \t\n\v\f\r"u8);
    private static readonly SearchValues<byte> s_endsWord = SearchValues.Create(" \t\n\v\f\r#={}[],"u8);

    private readonly ReadOnlySpan<byte> _text = text;
    private int _position;
    private int _values;

    /// <summary>Reads it whole.</summary>
    /// <param name="text">The text; it ends at a byte of zero.</param>
    /// <param name="addressOf">Where a byte of it is on the physical volume.</param>
    /// <exception cref="InvalidImageException">It is not of this form.</exception>
    /// <exception cref="UnsupportedFeatureException">It has more in it than any volume group.</exception>
    public static ConfigurationSection Read(ReadOnlySpan<byte> text, Func<int, long> addressOf)
    {
        int end = text.IndexOf((byte)0);
        var reader = new ConfigurationText(end < 0 ? text : text[..end], addressOf);
        var root = new ConfigurationSection(string.Empty, addressOf(0));
        reader.ReadSection(root, depth: 0);
        return root;
    }

    private void ReadSection(ConfigurationSection section, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Wrong("sections are nested too deep");
        }

        for (byte next = Peek(); next != 0; next = Peek())
        {
            if (next == '}')
            {
                if (depth == 0)
                {
                    throw Wrong("a section ends that did not begin");
                }

                _position++;
                return;
            }

            int start = _position;
            string key = next is (byte)'"' or (byte)'\'' ? ReadString(next) : ReadWord();
            if (key.Length == 0)
            {
                throw Wrong("a name is missing");
            }

            Count();
            switch (Peek())
            {
                case (byte)'{':
                    _position++;
                    ReadSection(section.Open(key, addressOf(start)), depth + 1);
                    break;
                case (byte)'=':
                    _position++;
                    section.Add(key, ReadValues());
                    break;
                default:
                    throw Wrong($"after \"{key}\" there is neither = nor {{");
            }
        }

        if (depth > 0)
        {
            throw Wrong($"the text ends inside of section {section.Name}");
        }
    }

    private ConfigurationValue[] ReadValues()
    {
        if (Peek() != '[')
        {
            return [ReadValue()];
        }

        _position++;
        var values = new List<ConfigurationValue>();
        while (true)
        {
            switch (Peek())
            {
                case (byte)']':
                    _position++;
                    return [.. values];
                case (byte)',' when values.Count > 0:
                    _position++;
                    break;
                default:
                    values.Add(ReadValue());
                    break;
            }
        }
    }

    private ConfigurationValue ReadValue()
    {
        Count();
        byte next = Peek();
        if (next is (byte)'"' or (byte)'\'')
        {
            return new ConfigurationValue(null, ReadString(next));
        }

        int start = _position;
        string word = ReadWord();
        if (word.Length == 0)
        {
            throw Wrong("a value is missing");
        }

        if (word.AsSpan().TrimStart("+-").ContainsAnyExceptInRange('0', '9') || !char.IsAsciiDigit(word[^1]))
        {
            return new ConfigurationValue(null, word);
        }

        _position = long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? _position : start;
        return _position == start ? throw Wrong($"{word} is no number that a volume group can have") : new ConfigurationValue(number, null);
    }

    // In double quotes a backslash stands before a quote or a backslash; in single ones nothing is special.
    private string ReadString(byte quote)
    {
        int start = _position++;
        var bytes = new ArrayBufferWriter<byte>();
        while (_position < _text.Length)
        {
            byte value = _text[_position++];
            if (value == quote)
            {
                return Encoding.UTF8.GetString(bytes.WrittenSpan);
            }

            if (value == '\\' && quote == '"' && _position < _text.Length && _text[_position] is (byte)'"' or (byte)'\\')
            {
                value = _text[_position++];
            }

            bytes.Write([value]);
        }

        _position = start;
        throw Wrong("a string does not end");
    }

    private string ReadWord()
    {
        ReadOnlySpan<byte> rest = _text[_position..];
        int length = rest.IndexOfAny(s_endsWord);
        ReadOnlySpan<byte> word = length < 0 ? rest : rest[..length];
        _position += word.Length;
        return Encoding.UTF8.GetString(word);
    }

    // The next byte that counts; 0 at the end.
    private byte Peek()
    {
        while (_position < _text.Length)
        {
            ReadOnlySpan<byte> rest = _text[_position..];
            if (rest[0] == '#')
            {
                int end = rest.IndexOf((byte)'\n');
                _position += end < 0 ? rest.Length : end;
            }
            else if (s_space.Contains(rest[0]))
            {
                int end = rest.IndexOfAnyExcept(s_space);
                _position += end < 0 ? rest.Length : end;
            }
            else
            {
                return rest[0];
            }
        }

        return 0;
    }

    private void Count()
    {
        if (++_values > MaxValues)
        {
            throw new UnsupportedFeatureException($"LVM metadata of more than {MaxValues} values");
        }
    }

    private readonly InvalidImageException Wrong(string problem) => new("LVM metadata", addressOf(Math.Min(_position, _text.Length)), problem, "libdm-config.c");
}
