using System.Globalization;
using System.Text;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Ewf;

/// <summary>What the examiner wrote down of the case (EWF: header and header2 sections).</summary>
internal sealed class CaseData
{
    private const int MaxStoredLength = 1 << 20;
    private const int MaxLength = 4 << 20;

    // What a letter stands for, and what it is called where it is told, in the order of telling.
    private static readonly (string Letter, string Key)[] s_values =
    [
        ("c", "case-number"), ("n", "evidence-number"), ("a", "description"), ("e", "examiner"), ("t", "notes"), ("m", "acquired"), ("u", "system-date"),
        ("md", "model"), ("sn", "serial-number"), ("av", "acquired-by"), ("ov", "acquired-on"),
    ];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private CaseData()
    {
    }

    /// <summary>Reads the section.</summary>
    /// <param name="segment">The segment that it is in.</param>
    /// <param name="section">The section, "header" or "header2".</param>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public static CaseData Read(Segment segment, Section section)
    {
        byte[] stored = section.Length <= MaxStoredLength
            ? new byte[section.Length]
            : throw segment.Invalid("header section", section.Address, $"it has {section.Length} bytes: {MaxStoredLength} are the most that is read");
        segment.Source.ReadAt(section.Start, stored);
        for (int room = 1 << 16; room <= MaxLength; room *= 8)
        {
            byte[] bytes = new byte[room];
            if (Codecs.Zlib.TryDecode(stored, bytes, out int length))
            {
                return Parse(TextOf(bytes.AsSpan(0, length)));
            }
        }

        throw segment.Invalid("header section", section.Address, $"its {section.Length} bytes are no whole stream of zlib");
    }

    /// <summary>Reads what the section has in it: a line "main", one with letters between tabs, and one with what each stands for.</summary>
    public static CaseData Parse(string text)
    {
        var data = new CaseData();
        string[] lines = text.Split('\n');
        int main = Array.FindIndex(lines, line => line.TrimEnd('\r') == "main");
        if (main < 0 || main + 2 >= lines.Length)
        {
            return data;
        }

        string[] letters = lines[main + 1].TrimEnd('\r').Split('\t');
        string[] values = lines[main + 2].TrimEnd('\r').Split('\t');
        for (int i = 0; i < Math.Min(letters.Length, values.Length); i++)
        {
            data._values.TryAdd(letters[i], values[i]);
        }

        return data;
    }

    /// <summary>Adds what is told.</summary>
    public void AddTo(ImageDescription description)
    {
        foreach ((string letter, string key) in s_values)
        {
            string value = _values.GetValueOrDefault(letter, string.Empty);
            description.With(key, letter is "m" or "u" ? DateOf(value) : value);
        }
    }

    private static string TextOf(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xFF, 0xFE, ..] => Encoding.Unicode.GetString(bytes[2..]),
        [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode.GetString(bytes[2..]),
        _ => Encoding.Latin1.GetString(bytes),
    };

    // Seconds since 1970, or year, month, day, hour, minute and second of a clock whose zone nobody knows.
    private static object DateOf(string value)
    {
        string[] parts = value.Split(' ');
        int[] numbers = [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
        return numbers switch
        {
            [> 0 and var seconds] => DateTimeOffset.FromUnixTimeSeconds(seconds),
            [>= 1900, >= 0, >= 0, >= 0, >= 0, >= 0] => string.Create(
                CultureInfo.InvariantCulture, $"{numbers[0]:D4}-{numbers[1]:D2}-{numbers[2]:D2} {numbers[3]:D2}:{numbers[4]:D2}:{numbers[5]:D2}"),
            _ => value,
        };
    }
}
