using System.Text;
using ImageFs.Output;

namespace ImageFs.Tests.Program;

/// <summary>Nothing that an image says reaches a terminal or a log as it is.</summary>
public sealed class PrintableTextTests
{
    [TestCase("plain text, ümläut, 漢字, 😀", "plain text, ümläut, 漢字, 😀")]
    [TestCase("\u001b[31mred\a", "\\x1b[31mred\\x07")]
    [TestCase("a\nimagefs: forged", "a\\x0aimagefs: forged")]
    [TestCase("a\r\tb\0c\u007f", "a\\x0d\\x09b\\x00c\\x7f")]
    [TestCase("c1 \u009b31m \u0085", "c1 \\x9b31m \\x85")]
    [TestCase("a\u202etxt.exe\u202c", "a\\u202etxt.exe\\u202c")]
    [TestCase("\u2066\u2069\u200e\u200f\u061c\u2028\u2029", "\\u2066\\u2069\\u200e\\u200f\\u061c\\u2028\\u2029")]
    [TestCase("\u001b[1mforged\u001b[0m", "\\x1b[1mforged\\x1b[0m")]
    public void What_drives_a_terminal_is_written_as_numbers(string text, string expected)
    {
        Assert.That(PrintableText.Of(text), Is.EqualTo(expected));
        Assert.That(PrintableText.IsPrintable(text), Is.EqualTo(text == expected));
    }

    [Test]
    public void A_byte_that_is_no_text_is_one_too() =>
        Assert.That(PrintableText.Of($"bytes {(char)0xDC9B}{(char)0xDCE9} half {(char)0xD83D}!"), Is.EqualTo("bytes \\x9b\\xe9 half \uFFFD!"));

    [Test]
    public void A_painted_text_is_made_printable_before_it_is_painted()
    {
        string painted = new Style(usesColour: true).Bold("a\u001b[2Jb\u001b[1m");
        Assert.That(painted, Is.EqualTo("\u001b[1ma\\x1b[2Jb\\x1b[1m\u001b[0m"));
        Assert.That(PrintableText.Of(painted + "\u001b[8m", isStyled: true, keepsBytes: false), Is.EqualTo(painted + "\\x1b[8m"));
    }

    [Test]
    public void A_written_line_stays_one()
    {
        using var bytes = new MemoryStream();
        using var plain = new PrintableWriter(bytes, isStyled: false);
        plain.WriteLine("a\nb\u001b[1m");
        plain.Write("c");
        plain.WriteLine();
        Assert.That(Encoding.UTF8.GetString(bytes.ToArray()), Is.EqualTo("a\\x0ab\\x1b[1m\nc\n"));
    }

    [Test]
    public void Json_has_numbers_for_marks_of_direction()
    {
        using var bytes = new MemoryStream();
        using (var json = JsonOutput.Open(bytes))
        {
            json.WriteStartObject();
            json.WriteText("name", "a\u202eb\u009b\u001b'");
            json.WriteEndObject();
        }

        string text = Encoding.UTF8.GetString(bytes.ToArray());
        Assert.That(text.All(c => c is '\n' or (>= ' ' and <= '~')), Is.True, text);
        Assert.That(System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("name").GetString(), Is.EqualTo("a\u202eb\u009b\u001b'"));
    }
}
