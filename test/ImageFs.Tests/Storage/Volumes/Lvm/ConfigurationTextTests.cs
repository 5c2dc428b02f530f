using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Volumes.Lvm;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>The text of volume groups.</summary>
internal sealed class ConfigurationTextTests
{
    [Test]
    public void Sections_values_arrays_and_comments_are_read()
    {
        ConfigurationSection root = Read("""
            # a comment { with = braces
            a {
              number = 42	# behind a value
              negative = -7
              text="x"
              list = [ "one", 2,
                "three" ]
              empty = []
              1st { deep = 1 }
            }
            b = 'single \ "quoted"'
            """);
        ConfigurationSection a = root.FindSection("a")!;
        Assert.That((a.Number("number"), a.FindNumber("negative"), a.Text("text"), root.Text("b")), Is.EqualTo((42, -7, "x", "single \\ \"quoted\"")));
        Assert.That(a.FindList("list"), Is.EqualTo((ConfigurationValue[])[new(null, "one"), new(2, null), new(null, "three")]));
        Assert.That((a.FindList("empty")!.Count, a.FindList("nothing")), Is.EqualTo((0, (IReadOnlyList<ConfigurationValue>?)null)));
        Assert.That(a.Sections.Single().Number("deep"), Is.EqualTo(1));
    }

    [TestCase("""x = "a\"b" """, ExpectedResult = "a\"b")]
    [TestCase("""x = "a\\b" """, ExpectedResult = "a\\b")]
    [TestCase("""x = "a\nb" """, ExpectedResult = "a\\nb")]
    [TestCase("""x = "# no { comment" """, ExpectedResult = "# no { comment")]
    [TestCase("""x = "é" """, ExpectedResult = "é")]
    [TestCase("x = bare", ExpectedResult = "bare")]
    [TestCase("x = 1.5", ExpectedResult = "1.5")]
    [TestCase("x = \"first\" x = \"second\"", ExpectedResult = "first")]
    [TestCase("x = \"before\"\0x = y {", ExpectedResult = "before")]
    public string A_string_is_what_is_between_its_quotes(string text) => Read(text).Text("x");

    [TestCase("a { b = 1", "the text ends inside of section a")]
    [TestCase("}", "a section ends that did not begin")]
    [TestCase("a", "neither = nor {")]
    [TestCase("a = ", "a value is missing")]
    [TestCase("a = [1, 2", "a value is missing")]
    [TestCase("a = [,1]", "a value is missing")]
    [TestCase("= 1", "a name is missing")]
    [TestCase("a = \"x", "a string does not end")]
    [TestCase("a = 99999999999999999999", "is no number that a volume group can have")]
    public void What_is_no_text_is_an_error_with_its_place(string text, string problem) =>
        Assert.That(() => Read(text), Throws.TypeOf<InvalidImageException>().With.Message.Contains(problem).And.Property(nameof(InvalidImageException.Address)).InRange(1000, 1000 + text.Length));

    [Test]
    public void Depth_and_number_of_values_are_bounded()
    {
        Assert.That(() => Read(string.Concat(Enumerable.Repeat("a {", 100_000))), Throws.TypeOf<InvalidImageException>().With.Message.Contains("nested too deep"));
        Assert.That(() => Read($"a = [{string.Concat(Enumerable.Repeat("1 ", 3 << 20))}]"), Throws.TypeOf<UnsupportedFeatureException>());
    }

    [Test]
    public void A_text_that_is_cut_anywhere_is_read_or_an_error()
    {
        string text = LvmImage.Text([4, 4], LvmImage.Volume("root", (2, LvmImage.Linear("pv0", 0)), (2, LvmImage.Striped(4096, ("pv0", 2), ("pv1", 0)))));
        int groups = 0;
        for (int length = 0; length <= text.Length; length++)
        {
            try
            {
                VolumeGroup.Read(Read(text[..length]));
                groups++;
            }
            catch (ImageException)
            {
                continue;
            }
        }

        Assert.That(groups, Is.GreaterThan(0).And.LessThan(text.Length - text.LastIndexOf('}')), "only when the group's last brace is there");
    }

    private static ConfigurationSection Read(string text) => ConfigurationText.Read(Encoding.UTF8.GetBytes(text), position => 1000 + position);
}
