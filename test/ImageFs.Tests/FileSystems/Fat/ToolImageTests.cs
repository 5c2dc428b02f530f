using ImageFs.FileSystems.Fat;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>
/// Volumes that mkfs.fat and mtools made (images/fat/build.sh). What is expected is what Linux's own vfat showed of them.
/// </summary>
internal sealed class ToolImageTests
{
    private static readonly string[] s_tree =
    [
        "f 5000 ddac8eb7 A long name, with spaces and more than 8.3.text",
        "f 700 617502c7 SHORT.TXT",
        "f 50 3f8217a5 .hidden",
        "f 20 4876eece Mixed.Txt",
        "f 0 e3b0c442 empty.dat",
        "f 10 59e2a756 lower.txt",
        "f 40 a97eef83 Ünïcödé.txt",
        "d docs",
        "d docs/deep",
        "f 700 617502c7 docs/deep/copy of a short file.txt",
        "f 3000 b19982d3 docs/second",
        "f 2000 2d2a854a docs/first2",
        "f 12000 402f400a docs/third",
        "d empty",
    ];

    [TestCase("fat/fat12", "FAT12", 322)]
    [TestCase("fat/fat16", "FAT16", 8229)]
    [TestCase("fat/fat16-4096", "FAT16", 4964)]
    [TestCase("fat/fat32", "FAT32", 66864)]
    public void Trees_are_as_Linux_shows_them(string name, string type, long free)
    {
        FileSystem fs = VolumeFixture.Open(VolumeFixture.Load(name));
        List<string> tree = fs.Walk();

        // mtools writes half of a surrogate pair: the rest of the name is what Linux shows.
        Assert.That(tree, Is.SupersetOf(s_tree));
        Assert.That(tree, Has.Count.EqualTo(s_tree.Length + 1));
        Assert.That(tree, Has.One.EndsWith(" and 漢字.txt"));
        Assert.That(fs.Statistics.FreeBlocks, Is.EqualTo(free));
        Assert.That(fs.Describe().Facts, Is.SupersetOf((KeyValuePair<string, object>[])
            [new("label", "TEST LABEL"), new("uuid", "1234-ABCD"), new("fat", type)]));
        Assert.That(fs.Attributes("SHORT.TXT").Permissions, Is.EqualTo(Convert.ToUInt32("555", 8)));
        Assert.That(fs.Attributes("docs/second").ModifyTime, Is.EqualTo(new Timestamp(1709210096)));
        Assert.That(fs.Has("ALONGN~1.TEX"));
    }

    [Test]
    public void A_file_in_pieces_has_as_many_extents()
    {
        FileSystem fs = VolumeFixture.Open(VolumeFixture.Load("fat/fat12"));
        Assert.That(fs.Extents("docs/third"), Has.Length.GreaterThan(1));
    }

    [Test]
    public void Damaged_volumes_are_errors_and_never_more([Values("fat/fat12", "fat/fat16")] string name)
    {
        byte[] image = VolumeFixture.Load(name);
        var random = new Random(4711);
        var tally = new MutantTally();
        for (int round = 0; round < 300; round++)
        {
            var undo = new List<(int Place, byte Value)>();
            for (int i = random.Next(1, 20); i > 0; i--)
            {
                // Boot sector, tables and directories are at the start.
                int place = random.Next(4) == 0 ? random.Next(64) : random.Next(48 * 1024);
                undo.Add((place, image[place]));
                image[place] = random.Next(3) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }

            var source = new BlockSlice(new MemorySource(image), 0, random.Next(10) == 0 ? random.Next(image.Length) : image.Length);
            tally.Next();
            try
            {
                if (new FatFormat().Probe(source))
                {
                    FileSystem fs = new FatFormat().Open(source, new OpenContext());
                    tally.NoteOpened();
                    VolumeFixture.Exercise(fs, 100, tally);
                }
            }
            catch (ImageException)
            {
            }

            undo.Reverse();
            undo.ForEach(old => image[old.Place] = old.Value);
        }

        tally.AssertShares(opened: 50, read: 50);
    }
}
