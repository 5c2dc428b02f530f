using System.Text.Json;
using ImageFs.Output;
using ImageFs.Storage;

namespace ImageFs.Tests.Program;

/// <summary>How <c>imagefs info</c> prints what it knows.</summary>
public sealed class DescriptionTests
{
    private static readonly DateTimeOffset s_time = new(2026, 11, 22, 1, 2, 3, TimeSpan.FromHours(5.75));

    private static ImageDescription Sample()
    {
        ImageDescription image = new ImageDescription("file")
            .With("name", "a.iso").With("size", 5_000_000_000L).With("ro", true).With("label", "A \"label\" \u001b[31mred")
            .With("created", s_time).With("empty", string.Empty).With("missing", null);
        image.Children.Add(new ImageDescription("part").With("partn", 1L));
        return image;
    }

    [Test]
    public void Json_has_the_shape_of_lsblk()
    {
        using var output = new StringWriter();
        DescriptionJson.Write(output, Sample());
        using JsonDocument json = JsonDocument.Parse(output.ToString());
        JsonElement image = json.RootElement.GetProperty("blockdevices")[0];

        Assert.Multiple(() =>
        {
            Assert.That(image.GetProperty("type").GetString(), Is.EqualTo("file"));
            Assert.That(image.GetProperty("size").GetInt64(), Is.EqualTo(5_000_000_000L));
            Assert.That(image.GetProperty("ro").GetBoolean(), Is.True);
            Assert.That(image.GetProperty("label").GetString(), Is.EqualTo("A \"label\" \u001b[31mred"));
            Assert.That(image.GetProperty("created").GetDateTimeOffset(), Is.EqualTo(s_time));
            Assert.That(image.TryGetProperty("empty", out _), Is.False);
            Assert.That(image.TryGetProperty("missing", out _), Is.False);
            Assert.That(image.GetProperty("children")[0].GetProperty("partn").GetInt64(), Is.EqualTo(1));
            Assert.That(image.GetProperty("children")[0].TryGetProperty("children", out _), Is.False);
        });
    }

    [Test]
    public void Text_is_indented_and_lets_no_escape_sequence_through()
    {
        using var output = new StringWriter();
        new DescriptionText(output, new Style(usesColour: false)).Write(Sample());

        Assert.That(output.ToString(), Does.Not.Contain('\u001b'));
        Assert.That(output.ToString().Split('\n'), Is.EqualTo((string[])
        [
            "file",
            "  name                 a.iso",
            "  size                 5000000000",
            "  ro                   yes",
            "  label                A \"label\" \\x1b[31mred",
            "  created              2026-11-22 01:02:03.00 +05:45",
            "  part",
            "    partn                1",
            string.Empty,
        ]));
    }

    [Test]
    public void A_problem_stands_behind_the_columns_of_the_table()
    {
        ImageDescription image = new ImageDescription("file").With("name", "a.iso").With("size", 1024L).With("unknown", "a long sentence about what is wrong");
        image.Children.Add(new ImageDescription("part").With("partn", 1L).With("size", 512L).With("fstype", "xfs").With("label", "root").With("unknown", "not read"));
        image.Children.Add(new ImageDescription("part").With("partn", 2L).With("size", 512L).With("fstype", "ext4").With("label", "home").With("uuid", "1234-5678"));
        using var output = new StringWriter();
        new DescriptionTable(output, new Style(usesColour: false)).Write(image);
        Assert.That(output.ToString().Split('\n'), Is.EqualTo((string[])
        [
            "NAME   TYPE  START   SIZE  FSTYPE  LABEL  UUID",
            "a.iso  file         1 KiB                            a long sentence about what is wrong",
            "├─1    part         512 B  xfs     root              not read",
            "└─2    part         512 B  ext4    home   1234-5678",
            string.Empty,
        ]));
    }

    [Test]
    public void The_table_lets_no_escape_sequence_through_either()
    {
        using var output = new StringWriter();
        new DescriptionTable(output, new Style(usesColour: false)).Write(Sample());
        Assert.That(output.ToString(), Does.Not.Contain('\u001b').And.Contain("\\x1b[31mred"));
    }
}
