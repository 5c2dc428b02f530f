using System.Globalization;
using System.Text;

namespace ImageFs.Storage.Containers;

/// <summary>The character sets that texts of images may be in, which say nothing of it: sheets, descriptors, the names in them.</summary>
public static class TextEncoding
{
    private const string Option = "encoding";

    // The most common first among writers of such files: a set counts only if a name decoded by it exists.
    private static readonly int[] s_likely =
    [
        1252, 932, 949, 936, 950, 1251, 1250, 1253, 1254, 1257, 1255, 1256, 1258, 874, 437, 850, 852, 866, 737, 857, 775, 862, 20866, 20932, 51949, 10000,
    ];

    private static readonly Lazy<Encoding[]> s_candidates = new(() => [.. s_likely.Select(number => Strict(CodePagesEncodingProvider.Instance.GetEncoding(number))).OfType<Encoding>()]);

    /// <summary>Those that are tried where none is given; each throws for bytes that are nothing in it.</summary>
    public static IReadOnlyList<Encoding> Candidates => s_candidates.Value;

    /// <summary>Takes <c>encoding=</c>; null when it was not given.</summary>
    /// <param name="options">Mount options.</param>
    /// <exception cref="OptionException">There is no such character set.</exception>
    public static Encoding? Take(OptionList options) => options.TakeValue(Option) is { } name
        ? Find(name) ?? throw new OptionException($"{Option}={name}", "is not a known character set: utf-8, cp932, iso8859-1 and others are")
        : null;

    /// <summary>A character set by its name or number: "Shift_JIS", "windows-1252", "cp437", "932"; null when there is none.</summary>
    public static Encoding? Find(string name)
    {
        string number = name.StartsWith("cp", StringComparison.OrdinalIgnoreCase) ? name[2..] : name;
        if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int page))
        {
            return page is > 0 and <= ushort.MaxValue ? CodePagesEncodingProvider.Instance.GetEncoding(page) ?? FindBuiltIn(page) : null;
        }

        // Linux's names have no dash after "iso".
        string spelt = name.StartsWith("iso8859", StringComparison.OrdinalIgnoreCase) ? string.Concat("iso-", name.AsSpan(3)) : name;
        return CodePagesEncodingProvider.Instance.GetEncoding(spelt) ?? spelt.ToUpperInvariant() switch
        {
            "UTF8" or "UTF-8" => Encoding.UTF8,
            "UTF16" or "UTF-16" or "UTF-16LE" => Encoding.Unicode,
            "UTF-16BE" => Encoding.BigEndianUnicode,
            "ISO-8859-1" or "LATIN1" => Encoding.Latin1,
            "ASCII" or "US-ASCII" => Encoding.ASCII,
            _ => null,
        };
    }

    private static Encoding? FindBuiltIn(int page) => page switch
    {
        65001 => Encoding.UTF8,
        1200 => Encoding.Unicode,
        1201 => Encoding.BigEndianUnicode,
        28591 => Encoding.Latin1,
        20127 => Encoding.ASCII,
        _ => null,
    };

    private static Encoding? Strict(Encoding? encoding) => encoding is null
        ? null
        : CodePagesEncodingProvider.Instance.GetEncoding(encoding.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
}
