using System.Globalization;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Split;

namespace ImageFs.Tests.Storage.Containers;

public sealed class SplitFormatTests
{
    private static readonly SplitFormat s_format = new();

    [TestCase("disk.img.001", "disk.img.001 disk.img.002 disk.img.003", ExpectedResult = 3)]
    [TestCase("disk.000", "disk.000 disk.001", ExpectedResult = 2)]
    [TestCase("disk.00", "disk.00 disk.01", ExpectedResult = 2)]
    [TestCase("disk.img.aa", "disk.img.aa disk.img.ab disk.img.ac", ExpectedResult = 3)]
    [TestCase("disk.aaa", "disk.aaa disk.aab", ExpectedResult = 2)]
    [TestCase("xaa", "xaa xab", ExpectedResult = 2)]
    [TestCase("disk.img.xaa", "disk.img.xaa disk.img.xab", ExpectedResult = 2)]
    [TestCase("x00", "x00 x01 x02", ExpectedResult = 3)]
    [TestCase("disk.7z.001", "disk.7z.001 disk.7z.002", ExpectedResult = 2)]
    [TestCase("disk.001", "disk.001 disk.002 disk.004", ExpectedResult = 2, Description = "what is after a gap is of another time")]
    [TestCase("disk.img.aa", "disk.img.aa disk.img.ab disk.img.gz", ExpectedResult = 2, Description = "what is compressed is no part")]
    public int Its_parts_are_those_that_follow(string first, string files)
    {
        var folder = new MemoryFolder(files);
        Container disk = s_format.Open(folder.File(first), new OpenContext());
        byte[] contents = new byte[disk.Length];
        disk.ReadAt(0, contents);

        Assert.That(s_format.Probe(folder.File(first)), Is.True);
        Assert.That(contents, Is.EqualTo(Enumerable.Range(0, contents.Length).Select(i => (byte)i)));
        Assert.That(disk.Describe().Find("parts"), Is.EqualTo((long)contents.Length));
        return contents.Length;
    }

    [TestCase("", 700)]
    [TestCase("-d", 120)]
    [TestCase("-x", 40)]
    [TestCase("-a 3", 40)]
    [TestCase("-d -a 3", 40)]
    [TestCase("--numeric-suffixes=1", 40)]
    public void Its_parts_are_counted_as_split_counts_them(string options, int count)
    {
        using var folder = new DiskFolder();
        byte[] contents = new byte[count];
        new Random(count).NextBytes(contents);
        File.WriteAllBytes(folder["disk"], contents);
        folder.Run("split", ["-b", "1", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "disk", "disk.img."]);
        string first = Directory.GetFiles(Path.GetDirectoryName(folder["disk"])!, "disk.img.*").Order(StringComparer.Ordinal).First();

        DiskAssert.Holds(folder.Open(Path.GetFileName(first)), contents);
    }

    [TestCase("disk.001", "disk.001 disk.002 disk.004", "between disk.002 and disk.004")]
    [TestCase("disk.000", "disk.000 disk.009", "between disk.000 and disk.009")]
    [TestCase("disk.aa", "disk.aa disk.ac", "between disk.aa and disk.ac")]
    [TestCase("disk.aaa", "disk.aaa disk.aab disk.aba", "between disk.aab and disk.aba")]
    [TestCase("disk.00", "disk.00 disk.01 disk.02 disk.03 disk.04 disk.05 disk.06 disk.07 disk.08 disk.09 disk.0a disk.0c", "between disk.0a and disk.0c")]
    public void A_gap_is_told(string first, string files, string message)
    {
        ImageFile file = new MemoryFolder(files).File(first);
        Assert.That(s_format.Probe(file), Is.True);
        var warnings = new List<string>();
        s_format.Open(file, OpenContext.Of(null, warnings.Add));
        Assert.That(warnings, Has.One.Contains(message));
    }

    [TestCase("4 4 4", false)]
    [TestCase("4 4 1", false)]
    [TestCase("4 1 4", true)]
    [TestCase("4 4 5", true)]
    public void A_part_of_another_length_is_told(string lengths, bool isTold)
    {
        using var folder = new DiskFolder();
        int number = 0;
        foreach (string length in lengths.Split(' '))
        {
            File.WriteAllBytes(folder[$"disk.{++number:000}"], new byte[int.Parse(length, CultureInfo.InvariantCulture)]);
        }

        folder.Open("disk.001");
        Assert.That(folder.Warnings.Count == 1 && folder.Warnings[0].Contains("may be cut short", StringComparison.Ordinal), Is.EqualTo(isTold), string.Join('\n', folder.Warnings));
    }

    [TestCase("disk.001", "disk.001")]
    [TestCase("disk.aa", "disk.aa disk.gz")]
    [TestCase("disk.ab", "disk.ab disk.ac")]
    [TestCase("disk.a", "disk.a disk.b")]
    [TestCase("aa", "aa ab", Description = "a word")]
    [TestCase("disk.002", "disk.002 disk.003")]
    [TestCase("disk.1", "disk.1 disk.2")]
    [TestCase("disk", "disk disk.002")]
    [TestCase("disk.+01", "disk.+01 disk.002")]
    public void One_part_or_none_is_no_split_image(string first, string files) =>
        Assert.That(s_format.Probe(new MemoryFolder(files).File(first)), Is.False);

    // Each file is one byte: its place in the list.
    private sealed class MemoryFolder(string files) : ImageFolder
    {
        private readonly string[] _names = files.Split(' ');

        public ImageFile File(string name) => new(name, new MemorySource(new[] { (byte)Array.IndexOf(_names, name) }), this, name);

        public override ImageFile Open(string path, string role, ImageFile opener) => File(path);

        public override bool Contains(string name) => _names.Contains(name);
    }
}
