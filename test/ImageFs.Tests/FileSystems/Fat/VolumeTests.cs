using ImageFs.FileSystems.Fat;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>The boot sector: what is FAT, which FAT it is, and what is said of it.</summary>
internal sealed class VolumeTests
{
    private static object? Fact(FileSystem fs, string key) => fs.Describe().Facts.FirstOrDefault(fact => fact.Key == key).Value;

    [TestCase(12, 4084u, "FAT12")]
    [TestCase(12, 4084u, "FAT12", 4096)]
    [TestCase(16, 4085u, "FAT16")]
    [TestCase(16, 65524u, "FAT16")]
    [TestCase(32, 100u, "FAT32", 1024)]
    [TestCase(32, 70_000u, "FAT32")]
    public void The_type_goes_by_the_number_of_clusters(int width, uint clusters, string type, int sectorSize = 512)
    {
        // The largest FAT12 of the specification has 4084 clusters, Linux's has as many.
        FileSystem fs = new FatImage(width, clusters, sectorSize).Open();
        Assert.That(Fact(fs, "fat"), Is.EqualTo(type));
        Assert.That(fs.Statistics.Blocks, Is.EqualTo(clusters));
        Assert.That(fs.Statistics.BlockSize, Is.EqualTo(sectorSize));
        Assert.That(fs.Format, Is.EqualTo("vfat"));
        Assert.That(Fact(fs, "uuid"), Is.EqualTo("1234-ABCD"));
        Assert.That(Fact(fs, "label"), Is.EqualTo("BOOT LABEL"));
    }

    [TestCase(11, 0x01)]
    [TestCase(12, 0x03)]
    [TestCase(13, 0x00)]
    [TestCase(13, 0x03)]
    [TestCase(14, 0x00)]
    [TestCase(16, 0x00)]
    [TestCase(17, 0x01)]
    [TestCase(21, 0x00)]
    [TestCase(22, 0x00)]
    public void A_parameter_block_that_makes_no_sense_is_not_FAT(int place, byte value)
    {
        byte[] bytes = new FatImage(12, 100).Bytes;
        bytes[place] = value;
        var source = new MemorySource(bytes);
        Assert.That(new FatFormat().Probe(source), Is.False);
        Assert.That(() => new FatFormat().Open(source, new OpenContext()), Throws.TypeOf<InvalidImageException>());
    }

    [TestCase(0u)]
    [TestCase(1u)]
    [TestCase(102u)]
    public void A_root_directory_that_is_nowhere_is_an_error(uint cluster)
    {
        var image = new FatImage(32, 100);
        image.Put32(44, cluster);
        Assert.That(() => image.Open(), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void Without_the_name_of_the_type_the_jump_and_the_signature_are_wanted()
    {
        byte[] bytes = new FatImage(12, 100).Bytes;
        bytes.AsSpan(54, 8).Clear();
        Assert.That(new FatFormat().Probe(new MemorySource(bytes)));
        "JFS     "u8.CopyTo(bytes.AsSpan(54));
        Assert.That(new FatFormat().Probe(new MemorySource(bytes)), Is.False);
        bytes.AsSpan(54, 8).Clear();
        bytes[0] = 0xFA;
        Assert.That(new FatFormat().Probe(new MemorySource(bytes)), Is.False);
    }

    [Test]
    public void Other_things_are_not_FAT()
    {
        byte[] mbr = new byte[4096];
        mbr[0] = 0xEB;
        mbr[510] = 0x55;
        mbr[511] = 0xAA;
        Assert.That(new FatFormat().Probe(new MemorySource(mbr)), Is.False);
        Assert.That(new FatFormat().Probe(new MemorySource(new byte[100])), Is.False);
        Assert.That(new FatFormat().Probe(new MemorySource(VolumeFixture.Load("exfat/empty"))), Is.False);
    }

    [Test]
    public void The_active_table_is_the_one_that_is_read()
    {
        var image = new FatImage(32, 100);
        image.Chain(10, 11);
        image.Add(0, FatImage.Entry("FILE", cluster: 10, size: 1024));
        image.SetLink(10, 0, onlyFat: 0);
        Assert.That(() => image.Open().ReadAll("FILE"), Throws.TypeOf<InvalidImageException>(), "as Linux: the copy is not asked");

        image.Bytes[40] = 0x81;
        Assert.That(image.Open().ReadAll("FILE"), Has.Length.EqualTo(1024));

        var warnings = new List<string>();
        image.Bytes[40] = 0x85;
        image.Open(warnings: warnings);
        Assert.That(warnings, Has.Count.EqualTo(1));
    }

    [Test]
    public void The_recorded_free_count_is_used_when_it_is_asked_for()
    {
        var image = new FatImage(32, 100);
        image.Put32(512, 0x41615252);
        image.Put32(512 + 484, 0x61417272);
        image.Put32(512 + 488, 42);
        Assert.That(image.Open().Statistics.FreeBlocks, Is.EqualTo(99));
        Assert.That(image.Open("usefree").Statistics.FreeBlocks, Is.EqualTo(42));
        image.Put32(512 + 488, 101);
        Assert.That(image.Open("usefree").Statistics.FreeBlocks, Is.EqualTo(99));
    }

    [Test]
    public void A_volume_in_use_and_one_cut_short_are_warned_of()
    {
        var image = new FatImage(16, 5000);
        image.Bytes[37] = 1;
        var warnings = new List<string>();
        new FatFormat().Open(new BlockSlice(new MemorySource(image.Bytes), 0, 100_000), OpenContext.Of(null, warnings.Add));
        Assert.That(warnings, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_table_that_cannot_be_read_does_not_fail_statfs()
    {
        var image = new FatImage(32, 70_000);
        image.Put32(512, 0x41615252);
        image.Put32(512 + 484, 0x61417272);
        image.Put32(512 + 488, 42);
        var cut = new BlockSlice(new MemorySource(image.Bytes), 0, 100_000);
        Assert.That(new FatFormat().Open(cut, new OpenContext()).Statistics.FreeBlocks, Is.EqualTo(42));
        image.Put32(512, 0);
        Assert.That(new FatFormat().Open(cut, new OpenContext()).Statistics.FreeBlocks, Is.Zero);
    }

    [TestCase(0, TestName = "{m}(not named)")]
    [TestCase(6, TestName = "{m}(different)")]
    [TestCase(7, TestName = "{m}(elsewhere)")]
    public void A_backup_boot_sector_is_compared_whatever_is_said_of_its_place(int named)
    {
        var image = new FatImage(32, 100);
        image.Put16(50, 6);
        image.Bytes.AsSpan(0, 512).CopyTo(image.Bytes.AsSpan(6 * 512));
        Assert.That(CheckBackup(image), Is.Empty);

        image.Put16(50, (ushort)named);
        image.Bytes[100] ^= named == 6 ? (byte)1 : (byte)0;
        Assert.That(CheckBackup(image), Has.Count.EqualTo(1));
    }

    private static List<Finding> CheckBackup(FatImage image)
    {
        var findings = new List<Finding>();
        Check check = image.Open().Checks.Structures.First(check => check.Name == "backup boot sector");
        check.Run!(new CheckRun(findings.Add, _ => { }));
        return findings;
    }
}
