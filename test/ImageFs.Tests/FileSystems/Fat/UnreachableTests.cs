using System.Text;
using ImageFs.FileSystems.Clusters;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.ExFat;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>Names that no path can hold, and names that several entries have: what is not shown is told, and a name is one file's.</summary>
internal sealed class UnreachableTests
{
    private static readonly byte[][] s_bad =
    [
        FatImage.Entry("A/B     TXT", size: 0),
        FatImage.Entry("..", EntryAttributes.Archive),
        FatImage.Entry("..", EntryAttributes.Directory, 12),
        FatImage.Entry(".", EntryAttributes.Directory, 12),
        FatImage.Entry("           "),
    ];

    private static void AssertOneIsLeftOut(FileSystem fs, NodeId directory, string[] expected)
    {
        List<VolumeFixture.ListedEntry> entries = fs.List(directory);
        Assert.That(entries.Select(entry => entry.Name), Is.EqualTo(expected));
        Assert.That(() => fs.List(directory, entries[^1].NextPosition), Throws.TypeOf<InvalidImageException>().With.Message.Contains("left out"));
        Assert.That(fs.TryLookup(directory, "absent"u8, out _), Is.False, "it is not what was left out");
    }

    [TestCaseSource(nameof(s_bad))]
    public void What_no_path_can_lead_to_is_told_of_at_the_end(byte[] entry)
    {
        foreach (uint directory in (uint[])[0, 10])
        {
            var image = new FatImage(16, 5000);
            image.Add(0, image.Directory("DIR", 0, 10));
            image.Add(directory, FatImage.Entry("ONE"), entry, FatImage.Entry("TWO"));
            FileSystem fs = image.Open();
            AssertOneIsLeftOut(fs, directory == 0 ? fs.Root : fs.Find("DIR"), directory == 0 ? [".", "..", "DIR", "ONE", "TWO"] : [".", "..", "ONE", "TWO"]);
        }
    }

    [TestCase(".")]
    [TestCase("..")]
    [TestCase("a/b")]
    public void Long_names_are_no_better(string name)
    {
        var image = new FatImage(32, 100);
        image.Add(0, FatImage.Entry("ONE"));
        image.Add(0, FatImage.Long(name, FatImage.Entry("SHORT")));
        FileSystem fs = image.Open();
        AssertOneIsLeftOut(fs, fs.Root, [".", "..", "ONE"]);

        var exFat = new ExFatImage();
        exFat.Add(ExFatImage.RootCluster, ExFatImage.Set("one"), ExFatImage.Set(name));
        AssertOneIsLeftOut(exFat.Open(), fs.Root, [".", "..", "one"]);
    }

    [Test]
    public void A_NUL_in_a_name_of_exFAT_is_no_end_of_it()
    {
        var image = new ExFatImage();
        image.Add(ExFatImage.RootCluster, ExFatImage.Set("one"), ExFatImage.Set("one\0two"));
        FileSystem fs = image.Open();
        AssertOneIsLeftOut(fs, fs.Root, [".", "..", "one"]);
    }

    [Test]
    public void How_many_are_left_out_is_told()
    {
        var image = new FatImage(16, 5000);
        image.Add(0, FatImage.Entry("A/B"), FatImage.Entry("C/D"), FatImage.Entry("E/F"));
        FileSystem fs = image.Open();
        Assert.That(() => fs.List(fs.Root, 2), Throws.TypeOf<InvalidImageException>().With.Message.Contains("\"A/B\"").And.Message.Contains("2 more"));
    }

    [Test]
    public void Dots_that_mean_what_they_say_are_harmless_anywhere()
    {
        var image = new FatImage(16, 5000);
        image.Add(0, FatImage.Entry(".", EntryAttributes.Directory), image.Directory("DIR", 0, 10));
        image.Add(10, FatImage.Entry(".", EntryAttributes.Directory, 10));
        FileSystem fs = image.Open();
        Assert.That(fs.List(fs.Root, fs.List(fs.Root)[^1].NextPosition), Is.Empty);
        Assert.That(fs.Names("DIR"), Is.Empty);
    }

    [Test]
    public void A_name_is_that_of_the_first_entry_that_has_it()
    {
        var image = new FatImage(16, 5000);
        for (uint i = 10; i < 16; i++)
        {
            image.Chain(i);
        }

        image.Add(0, FatImage.Entry("DUP     TXT", cluster: 10, size: 10), FatImage.Entry("DUP     TXT", cluster: 11, size: 11));
        image.Add(0, FatImage.Long("Case.txt", FatImage.Entry("C1", cluster: 12, size: 12)));
        image.Add(0, FatImage.Long("CASE.TXT", FatImage.Entry("C2", cluster: 13, size: 13)));
        image.Add(0, FatImage.Long("a long name", FatImage.Entry("ALONGN~1", cluster: 14, size: 14)));
        image.Add(0, FatImage.Long("alongn~1", FatImage.Entry("OTHER", cluster: 15, size: 15)));
        FileSystem fs = image.Open();
        List<VolumeFixture.ListedEntry> entries = fs.List(fs.Root);
        Assert.That(
            entries.Skip(2).Select(entry => fs.GetAttributes(entry.Node).Size),
            Is.EqualTo((long[])[10, 10, 12, 12, 14, 14]));
        foreach (VolumeFixture.ListedEntry entry in entries)
        {
            Assert.That(fs.TryLookup(fs.Root, Encoding.UTF8.GetBytes(entry.Name), out NodeId node) ? node : default, Is.EqualTo(entry.Node), entry.Name);
        }
    }

    [Test]
    public void A_name_of_exFAT_is_that_of_the_first_entry_that_has_it()
    {
        var image = new ExFatImage();
        image.Add(ExFatImage.RootCluster, ExFatImage.Set("AB"), ExFatImage.Set("ab"), ExFatImage.Set("other"), ExFatImage.Set("Ab"));
        FileSystem fs = image.Open();
        NodeId[] nodes = [.. fs.List(fs.Root).Skip(2).Select(entry => entry.Node)];
        Assert.That(nodes[1], Is.EqualTo(nodes[0]));
        Assert.That(nodes[3], Is.EqualTo(nodes[0]));
        Assert.That(nodes[2], Is.Not.EqualTo(nodes[0]));
    }

    // What Linux 6.12 says, asked by stat(2).
    [TestCase(2020, 13, 31, 1580515200)]
    [TestCase(2000, 15, 0, 946771200)]
    [TestCase(2021, 14, 5, 1609804800)]
    public void Months_that_there_are_not_count_as_in_Linux(int year, int month, int day, long expected)
    {
        byte[] entry = FatImage.Entry("FILE");
        BitConverter.TryWriteBytes(entry.AsSpan(24), (ushort)(((year - 1980) << 9) | (month << 5) | day));
        var image = new FatImage(16, 5000);
        image.Add(0, entry);
        Assert.That(image.Open().Attributes("FILE").ModifyTime.Seconds, Is.EqualTo(expected));
    }
}
