using ImageFs.FileSystems;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems;

/// <summary>The character sets of <c>iocharset=</c>, as iconv(1) has them.</summary>
public sealed class NameCharsetTest
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

    [TestCase("klingon")]
    [TestCase("cp0")]
    [TestCase("cp1200")]
    [TestCase("cp65001")]
    [TestCase("cp37", Description = "EBCDIC.")]
    [TestCase("iso8859-12")]
    [TestCase("iso8859-0")]
    [TestCase("")]
    public void There_is_no_other(string name) => Assert.That(() => NameCharset.Get(name), Throws.TypeOf<MountOptionException>());

    [TestCase("", ExpectedResult = true)]
    [TestCase("iocharset=utf8", ExpectedResult = true)]
    [TestCase("iocharset=koi8-r,utf8", ExpectedResult = true)]
    [TestCase("iocharset=koi8-r", ExpectedResult = false)]
    public bool It_is_UTF_8_unless_it_is_said(string options) => NameCharset.Take(MountOptions.Parse(options)) == NameCharset.Utf8;

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public bool What_is_shown_leads_back(char unit)
    {
        NameCharset charset = Gb;
        byte[] shown = new byte[NameCharset.MaxBytesPerUnit];
        char[] back = new char[2];
        int length = charset.Encode(unit, shown);
        return length < 0 || (charset.TryDecode(shown.AsSpan(0, length), back, out int count) && count == 1 && back[0] == unit);
    }

    private static NameCharset Gb { get; } = NameCharset.Get("gb2312");
}
