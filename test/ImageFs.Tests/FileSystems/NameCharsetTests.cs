using System.Diagnostics;
using System.Text;
using ImageFs.FileSystems.Names;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems;

/// <summary>The character sets of <c>iocharset=</c>, as Linux's nls and iconv(1) have them.</summary>
public sealed class NameCharsetTests
{
    private const byte Other = (byte)'?';

    [TestCase("ascii", "aé€", "613f3f")]
    [TestCase("iso8859-1", "Grüße €", "4772fcdf65203f")]
    [TestCase("ISO-8859-15", "€", "a4")]
    [TestCase("iso8859-2", "Łódź", "a3f364bc")]
    [TestCase("iso8859-5", "Привет", "bfe0d8d2d5e2")]
    [TestCase("iso8859-7", "Ελλάδα", "c5ebebdce4e1")]
    [TestCase("cp437", "Ü█", "9adb")]
    [TestCase("cp850", "Ø", "9d")]
    [TestCase("cp866", "Привет", "8fe0a8a2a5e2")]
    [TestCase("cp1251", "Привет €", "cff0e8e2e5f22088")]
    [TestCase("cp1255", "שלום", "f9ece5ed")]
    [TestCase("koi8-r", "Привет", "f0d2c9d7c5d4")]
    [TestCase("koi8-u", "їжак", "a7d6c1cb")]
    [TestCase("euc-jp", "日本", "c6fccbdc")]
    [TestCase("sjis", "日本ｱ", "93fa967bb1")]
    [TestCase("cp932", "日本", "93fa967b")]
    [TestCase("gb2312", "中文", "d6d0cec4")]
    [TestCase("cp936", "中文", "d6d0cec4")]
    [TestCase("big5", "中文", "a4a4a4e5")]
    [TestCase("euc-kr", "한국", "c7d1b1b9")]
    [TestCase("tis-620", "ไทย", "e4b7c2")]
    [TestCase("koi8-r", "日本", "3f3f")]
    [TestCase("cp1251", "é", "3f", Description = "Not e: a letter that only looks alike leads nowhere.")]
    [TestCase("koi8-r", "😀", "3f3f", Description = "Each unit by itself.")]
    [TestCase("koi8-r", "a\0b", "61")]
    public void Units_are_shown_in_a_set(string name, string text, string hex)
    {
        var charset = NameCharset.Get(name);
        byte[] shown = new byte[text.Length * NameCharset.MaxBytesPerUnit];
        int length = charset.Encode(text, Other, shown);

        Assert.That(Convert.ToHexStringLower(shown.AsSpan(0, length)), Is.EqualTo(hex));
        if (!hex.Contains("3f", StringComparison.Ordinal) && !text.Contains('\0', StringComparison.Ordinal))
        {
            char[] units = new char[text.Length];
            Assert.That(charset.TryDecode(shown.AsSpan(0, length), units, out int count) && units.AsSpan(0, count).SequenceEqual(text));
        }
    }

    // Sets that iconv(1) has exactly so. Others differ in few places: Microsoft's have several codes for a sign (cp932, cp950), or
    // signs that are put together (cp1255).
    [TestCase("ascii")]
    [TestCase("cp437")]
    [TestCase("cp737")]
    [TestCase("cp775")]
    [TestCase("cp850")]
    [TestCase("cp852")]
    [TestCase("cp855")]
    [TestCase("cp857")]
    [TestCase("cp860")]
    [TestCase("cp861")]
    [TestCase("cp862")]
    [TestCase("cp863")]
    [TestCase("cp865")]
    [TestCase("cp866")]
    [TestCase("cp869")]
    [TestCase("cp874")]
    [TestCase("cp936")]
    [TestCase("cp949")]
    [TestCase("cp1250")]
    [TestCase("cp1251")]
    [TestCase("iso8859-1")]
    [TestCase("iso8859-2")]
    [TestCase("iso8859-3")]
    [TestCase("iso8859-4")]
    [TestCase("iso8859-5")]
    [TestCase("iso8859-6")]
    [TestCase("iso8859-9")]
    [TestCase("iso8859-13")]
    [TestCase("iso8859-15")]
    [TestCase("koi8-r")]
    [TestCase("koi8-u")]
    [TestCase("gb2312", "cp936")]
    [TestCase("euc-kr", "cp949")]
    [TestCase("tis-620", "cp874")]
    public void Every_unit_is_what_iconv_makes_of_it(string name, string? inIconv = null)
    {
        var charset = NameCharset.Get(name);
        char[] units = [.. Enumerable.Range(1, char.MaxValue).Select(unit => (char)unit).Where(unit => !char.IsSurrogate(unit) && unit != '\n')];
        byte[][] expected = ByIconv(inIconv ?? name, string.Concat(units.Select(unit => $"{unit}\n")));
        byte[] bytes = new byte[NameCharset.MaxBytesPerUnit];
        char[] back = new char[bytes.Length];

        Assert.That(expected, Has.Length.EqualTo(units.Length));
        Assert.Multiple(() =>
        {
            for (int i = 0; i < units.Length; i++)
            {
                int length = Math.Max(0, charset.Encode(units[i], bytes));
                Assert.That(bytes.AsSpan(0, length).SequenceEqual(expected[i]), $"U+{(int)units[i]:X4}: {Convert.ToHexString(bytes, 0, length)}, not {Convert.ToHexString(expected[i])}");
                Assert.That(length == 0 || (charset.TryDecode(bytes.AsSpan(0, length), back, out int count) && count == 1 && back[0] == units[i]), $"U+{(int)units[i]:X4}");
            }
        });
    }

    // As nls_cp1255.ko and nls_koi8-ru.ko of Linux 6.12 do, asked for each unit.
    [TestCase("iso8859-8", "\u20AA\u05D0\u0080", "a4e03f")]
    [TestCase("koi8-ru", "\u045E\u040E\u255D\u256C", "aebe3f3f")]
    [TestCase("koi8-u", "\u045E\u040E\u255D\u256C", "3f3faebe")]
    [TestCase("sjis", "\\~\u00A5\u203E\uE000\u0080", "5c7e3f3f3f3f")]
    [TestCase("cp950", "\uE000\u2550\u4E00", "3ff9f9a440")]
    [TestCase("cp1255", "\u0081\u20AA", "3fa4")]
    public void What_Linux_has_not_is_not_shown(string name, string units, string hex)
    {
        byte[] shown = new byte[units.Length * NameCharset.MaxBytesPerUnit];
        int length = NameCharset.Get(name).Encode(units, Other, shown);

        Assert.That(Convert.ToHexStringLower(shown.AsSpan(0, length)), Is.EqualTo(hex));
    }

    [TestCase("cp1251", "98")]
    [TestCase("iso8859-3", "a5")]
    [TestCase("cp932", "f040")]
    public void What_stands_for_nothing_is_no_name(string name, string hex) =>
        Assert.That(NameCharset.Get(name).TryDecode(Convert.FromHexString(hex), new char[4], out _), Is.False);

    [TestCase("klingon")]
    [TestCase("cp0")]
    [TestCase("cp1200")]
    [TestCase("cp65001")]
    [TestCase("cp37", Description = "EBCDIC.")]
    [TestCase("iso8859-12")]
    [TestCase("iso8859-0")]
    [TestCase("")]
    public void There_is_no_other(string name) => Assert.That(() => NameCharset.Get(name), Throws.TypeOf<OptionException>());

    [TestCase("", ExpectedResult = true)]
    [TestCase("iocharset=utf8", ExpectedResult = true)]
    [TestCase("iocharset=koi8-r,utf8", ExpectedResult = true)]
    [TestCase("iocharset=koi8-r", ExpectedResult = false)]
    public bool It_is_UTF_8_unless_it_is_said(string options) => NameCharset.Take(OptionList.Parse(options)) == NameCharset.Utf8;

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public bool What_is_shown_leads_back(char unit)
    {
        NameCharset charset = Gb;
        byte[] shown = new byte[NameCharset.MaxBytesPerUnit];
        char[] back = new char[2];
        int length = charset.Encode(unit, shown);
        return length < 0 || (charset.TryDecode(shown.AsSpan(0, length), back, out int count) && count == 1 && back[0] == unit);
    }

    // Line by line; what the set does not have is left out.
    private static byte[][] ByIconv(string name, string lines)
    {
        using var process = Process.Start(new ProcessStartInfo("iconv", ["-c", "-f", "utf-8", "-t", name]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Task writing = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(Encoding.UTF8.GetBytes(lines));
            process.StandardInput.Close();
        });
        using var result = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(result);
        writing.Wait();
        process.WaitForExit();
        var rows = new List<byte[]>();
        ReadOnlySpan<byte> rest = result.ToArray();
        for (int end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
        {
            rows.Add(rest[..end].ToArray());
            rest = rest[(end + 1)..];
        }

        return [.. rows];
    }

    private static NameCharset Gb { get; } = NameCharset.Get("gb2312");
}
