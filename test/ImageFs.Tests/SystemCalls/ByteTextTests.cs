using System.Text;
using FsCheck;
using ImageFs.Linux;

namespace ImageFs.Tests.SystemCalls;

/// <summary>Text for any bytes.</summary>
public sealed class ByteTextTests
{
    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public bool The_way_back_gives_the_same_bytes(byte[] bytes) => ByteText.ToBytes(ByteText.FromBytes(bytes)).SequenceEqual(bytes);

    [FsCheck.NUnit.Property]
    public bool Text_is_as_in_UTF_8(NonNull<string> text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.Get);
        return ByteText.FromBytes(bytes) == Encoding.UTF8.GetString(bytes);
    }

    [TestCase("706c61696e", "plain")]
    [TestCase("e9", @"\xe9")]
    [TestCase("72e961646de9", @"r\xe9adm\xe9")]
    [TestCase("c3a9ffe282ac80f09f9880e9", @"é\xff€\x80😀\xe9")]
    [TestCase("e282", @"\xe2\x82", Description = "A character cut short.")]
    [TestCase("c0af", @"\xc0\xaf", Description = "An overlong slash.")]
    [TestCase("edb3a9", @"\xed\xb3\xa9", Description = "A surrogate in UTF-8.")]
    [TestCase("f4908080", @"\xf4\x90\x80\x80", Description = "Beyond Unicode.")]
    public void What_is_no_UTF_8_is_kept_byte_by_byte(string hex, string escaped)
    {
        byte[] bytes = Convert.FromHexString(hex);
        string text = ByteText.FromBytes(bytes);

        Assert.That(ByteText.Escape(text), Is.EqualTo(escaped));
        Assert.That(ByteText.ToBytes(text), Is.EqualTo(bytes));
    }

    [Test]
    public void Halves_of_characters_stand_for_bytes_only_alone()
    {
        // U+1F480 is D83D DC80, and DC80 alone is 0x80.
        Assert.That(ByteText.ToBytes("\ud83d\udc80\udc80"), Is.EqualTo((byte[])[0xF0, 0x9F, 0x92, 0x80, 0x80]));
        Assert.That(ByteText.ToBytes("\ud83d"), Is.EqualTo("\ufffd"u8.ToArray()));
        Assert.That(ByteText.Escape("💀\udc80/r\udce9"), Is.EqualTo(@"💀\x80/r\xe9"));
    }
}
