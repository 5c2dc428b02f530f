using ImageFs.FileSystems.ExFat;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Fat;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.ExFat;

/// <summary>Volumes that mkfs.exfat and exfat-fuse made (images/exfat/build.sh).</summary>
internal sealed class ToolImageTests
{
    [Test]
    public void An_empty_volume()
    {
        var warnings = new List<string>();
        FileSystem fs = VolumeFixture.Open(VolumeFixture.Load("exfat/empty"), warnings: warnings);
        Assert.That(warnings, Is.Empty);
        Assert.That(fs.Names(), Is.Empty);
        Assert.That(fs.Describe().Facts, Is.SupersetOf((KeyValuePair<string, object>[])
            [new("label", "TEST LABEL"), new("uuid", "1234-ABCD")]));
    }

    [Test]
    public void The_tree_is_as_exfat_fuse_shows_it()
    {
        FileSystem fs = VolumeFixture.Open(VolumeFixture.Load("exfat/filled"));
        Assert.That(fs.Walk(), Is.SupersetOf((string[])
        [
            "f 5000 ddac8eb7 A long name, with spaces and more than 8.3.text",
            "f 700 617502c7 SHORT.TXT",
            "f 0 e3b0c442 empty.dat",
            "f 40 a97eef83 Ünïcödé.txt",
            "f 30 31a9ab51 \U0001F600 and 漢字.txt",
            "d docs",
            "d docs/deep",
            "f 12000 402f400a docs/deep/third",
            "f 1 6b86b273 docs/deep/file number 1",
            "d empty",
        ]));
        Assert.That(fs.Walk(), Has.Count.EqualTo(52));
        Assert.That(fs.Statistics.FreeBlocks, Is.EqualTo(3868));
        Assert.That(fs.Extents("docs/first"), Has.Length.EqualTo(3));
        Assert.That(fs.Attributes("docs/first").ModifyTime, Is.EqualTo(new Timestamp(1709210096)));
        Assert.That(fs.Attributes("docs/first").BirthTime, Is.EqualTo(new Timestamp(1709210096)));
    }

    [Test]
    public void Damaged_volumes_are_errors_and_never_more()
    {
        byte[] image = VolumeFixture.Load("exfat/filled");
        var random = new Random(4711);
        var tally = new MutantTally();
        for (int round = 0; round < 300; round++)
        {
            var undo = new List<(int Place, byte Value)>();
            for (int i = random.Next(1, 20); i > 0; i--)
            {
                // Table, bitmap, up-case table and directories. The boot region has sums: it is damaged in VolumeTests.
                int place = random.Next(64 * 1024, 512 * 1024);
                place = random.Next(2) == 0 ? place & ~31 : place;
                undo.Add((place, image[place]));
                image[place] = random.Next(3) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }

            var source = new BlockSlice(new MemorySource(image), 0, random.Next(10) == 0 ? random.Next(image.Length) : image.Length);
            tally.Next();
            try
            {
                FileSystem fs = new ExFatFormat().Open(source, new OpenContext());
                tally.NoteOpened();
                VolumeFixture.Exercise(fs, 100, tally);
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
