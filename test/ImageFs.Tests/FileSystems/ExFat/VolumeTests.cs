using ImageFs.FileSystems.ExFat;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.ExFat;

/// <summary>Boot regions, tables, and what the root directory says of the volume.</summary>
internal sealed class VolumeTests
{
    private static object? Fact(FileSystem fs, string key) => fs.Describe().Facts.FirstOrDefault(fact => fact.Key == key).Value;

    private static FileSystem Open(byte[] bytes, List<string> warnings) =>
        new ExFatFormat().Open(new MemorySource(bytes), OpenContext.Of(null, warnings.Add));

    [Test]
    public void The_volume_is_described()
    {
        var warnings = new List<string>();
        FileSystem fs = new ExFatImage().Open(warnings: warnings);
        Assert.That(warnings, Is.Empty);
        Assert.That(fs.Format, Is.EqualTo("exfat"));
        Assert.That(Fact(fs, "label"), Is.EqualTo("Lábel"));
        Assert.That(Fact(fs, "uuid"), Is.EqualTo("1234-ABCD"));
        Assert.That(Fact(fs, "guid"), Is.EqualTo("01234567-89ab-cdef-0123-456789abcdef"));
        Assert.That(Fact(fs, "revision"), Is.EqualTo("1.0"));
        Assert.That(fs.Statistics.Blocks, Is.EqualTo(1000));
        Assert.That(fs.Statistics.FreeBlocks, Is.EqualTo(996));
        Assert.That(fs.GetAttributes(fs.Root).LinkCount, Is.EqualTo(2));
    }

    // Without the sum it is wrong; with it, the region is what it says.
    [TestCase(300)]
    [TestCase(108)]
    [TestCase(109)]
    [TestCase(110)]
    [TestCase(5000)]
    public void The_backup_region_is_used_when_the_main_one_is_damaged(int place)
    {
        byte[] bytes = new ExFatImage().Seal().Bytes;
        bytes[place] ^= 0x15;
        var warnings = new List<string>();
        FileSystem fs = Open(bytes, warnings);
        Assert.That(warnings, Has.Count.EqualTo(1));
        Assert.That(Fact(fs, "label"), Is.EqualTo("Lábel"));

        bytes[(12 * 512) + place] ^= 0x15;
        Assert.That(() => Open(bytes, warnings), Throws.TypeOf<InvalidImageException>());
    }

    [TestCase(106)]
    [TestCase(112)]
    public void What_changes_while_a_volume_is_used_is_not_in_the_sum(int place)
    {
        byte[] bytes = new ExFatImage().Seal().Bytes;
        bytes[place] = 0x06;
        var warnings = new List<string>();
        Open(bytes, warnings);
        Assert.That(warnings, Has.Count.EqualTo(place == 106 ? 2 : 0), "in use, and failures");
    }

    [TestCase(84, 0x00)]
    [TestCase(88, 0x01)]
    [TestCase(108, 8)]
    [TestCase(108, 13)]
    [TestCase(109, 17)]
    [TestCase(110, 0)]
    [TestCase(110, 3)]
    [TestCase(96, 1)]
    [TestCase(98, 1)]
    [TestCase(95, 0xFF)]
    public void A_boot_sector_that_makes_no_sense_is_refused(int place, byte value)
    {
        var image = new ExFatImage();
        image.Bytes[place] = value;
        Assert.That(() => image.Open(), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void The_second_table_is_read_when_it_is_the_active_one()
    {
        var image = new ExFatImage(fats: 2);
        image.Chain(10, 20);
        image.SetLink(10, 0xFFFFFFF7, onlyFat: 0);
        byte[] second = ExFatImage.VolumeEntry(EntryType.AllocationBitmap, 2, 125);
        second[1] = 1;
        image.Add(ExFatImage.RootCluster, second, ExFatImage.Set("file", 10, 1024));
        FileSystem first = image.Open();
        Assert.That(() => first.OpenFile(Fat.VolumeFixture.Find(first, "file")).Map(600, 1, out _), Throws.TypeOf<InvalidImageException>());

        image.Bytes[106] = 1;
        FileSystem fs = image.Open();
        Assert.That(fs.OpenFile(Fat.VolumeFixture.Find(fs, "file")).Map(600, 1, out _).Address, Is.EqualTo(image.AddressOf(20) + 88));
        Assert.That(fs.Statistics.FreeBlocks, Is.EqualTo(996));
    }

    [Test]
    public void A_damaged_up_case_table_gives_way_to_Unicode_with_a_warning()
    {
        var image = new ExFatImage();
        image.Add(ExFatImage.RootCluster, ExFatImage.Set("FILE"));
        image.Bytes[image.AddressOf(3)] ^= 1;
        var warnings = new List<string>();
        FileSystem fs = image.Open(warnings: warnings);
        Assert.That(warnings, Has.Count.EqualTo(1));
        Assert.That(fs.TryLookup(fs.Root, "file"u8, out _));
    }

    [Test]
    public void Options_of_exfat_are_taken()
    {
        var options = OptionList.Parse(
            "uid=1,gid=2,umask=022,dmask=022,fmask=133,allow_utime=20,iocharset=utf8,errors=continue,discard,time_offset=60,keep_last_dots,"
            + "sys_tz,zero_size_dir,utf8,debug,namecase=0,codepage=437");
        new ExFatFormat().Open(new MemorySource(new ExFatImage().Seal().Bytes), new OpenContext(options));
        Assert.That(options.Names, Is.Empty);
    }

    [Test]
    public void A_volume_of_FAT_is_none_of_exFAT() =>
        Assert.That(new ExFatFormat().Probe(new MemorySource(new Fat.FatImage(12, 100).Bytes)), Is.False);

    [TestCase(25, 750u)]
    [TestCase(0xFF, 0u)]
    public void A_bitmap_that_cannot_be_read_does_not_fail_statfs(byte percentInUse, uint expected)
    {
        byte[] bytes = new ExFatImage().Seal().Bytes;
        var image = new ExFatImage();
        int root = (int)image.AddressOf(ExFatImage.RootCluster);
        while (bytes[root] != EntryType.AllocationBitmap)
        {
            root += 32;
        }

        bytes[root + 21] = 0xFF;
        bytes[112] = percentInUse;
        Assert.That(Open(bytes, []).Statistics.FreeBlocks, Is.EqualTo(expected));
    }
}
