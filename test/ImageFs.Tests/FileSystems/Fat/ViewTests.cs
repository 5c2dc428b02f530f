using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.Fat;
using ImageFs.FileSystems.Times;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>The views of on-disk structures, over bytes that count up: each field is known by its place.</summary>
internal sealed class ViewTests
{
    private static readonly byte[] s_counting = [.. Enumerable.Range(0, 512).Select(i => (byte)(i & 0xFF))];

    [Test]
    public void A_view_wants_all_its_bytes()
    {
        Assert.Multiple(() =>
        {
            for (int length = 0; length < 512; length++)
            {
                Assert.That(() => new BootSector(s_counting.AsSpan(0, length)).Media, Throws.InstanceOf<ArgumentException>());
                Assert.That(() => new FsInfo(s_counting.AsSpan(0, length)).FreeCount, Throws.InstanceOf<ArgumentException>());
            }

            for (int length = 0; length < 32; length++)
            {
                Assert.That(() => new ShortNameEntry(s_counting.AsSpan(0, length)).FileSize, Throws.InstanceOf<ArgumentException>());
                Assert.That(() => new LongNameEntry(s_counting.AsSpan(0, length)).Checksum, Throws.InstanceOf<ArgumentException>());
            }
        });
    }

    [Test]
    public void Boot_sector()
    {
        byte[] bytes = [.. s_counting];
        var boot = new BootSector(bytes);
        Assert.That(boot.BytesPerSector, Is.EqualTo(0x0C0B));
        Assert.That(boot.SectorsPerCluster, Is.EqualTo(13));
        Assert.That(boot.ReservedSectors, Is.EqualTo(0x0F0E));
        Assert.That(boot.FatCount, Is.EqualTo(16));
        Assert.That(boot.RootEntryCount, Is.EqualTo(0x1211));
        Assert.That(boot.TotalSectors, Is.EqualTo(0x1413));
        Assert.That(boot.Media, Is.EqualTo(21));
        Assert.That(boot.IsFat32, Is.False);
        Assert.That(boot.FatSize, Is.EqualTo(0x1716));
        Assert.That(boot.VolumeId, Is.EqualTo(0x2A292827));
        Assert.That(boot.VolumeLabel[0], Is.EqualTo(43));
        Assert.That(boot.FileSystemType[0], Is.EqualTo(54));
    }

    [Test]
    public void Boot_sector_of_FAT32()
    {
        byte[] bytes = [.. s_counting];
        bytes.AsSpan(19, 5).Clear();
        bytes[40] = 0x81;
        var boot = new BootSector(bytes);
        Assert.That(boot.IsFat32);
        Assert.That(boot.TotalSectors, Is.EqualTo(0x23222120));
        Assert.That(boot.FatSize, Is.EqualTo(0x27262524));
        Assert.That(boot.ActiveFat, Is.EqualTo(1));
        Assert.That(boot.RootCluster, Is.EqualTo(0x2F2E2D2C));
        Assert.That(boot.FsInfoSector, Is.EqualTo(0x3130));
        Assert.That(boot.VolumeId, Is.EqualTo(0x46454443));
        Assert.That(boot.VolumeLabel[0], Is.EqualTo(71));
        Assert.That(boot.FileSystemType[0], Is.EqualTo(82));
    }

    [Test]
    public void Short_name_entry()
    {
        var entry = new ShortNameEntry(s_counting.AsSpan(0, 32));
        Assert.That(entry.Name[10], Is.EqualTo(10));
        Assert.That(entry.Attributes, Is.EqualTo((EntryAttributes)11));
        Assert.That(entry.IsBaseLowerCase);
        Assert.That(entry.IsExtensionLowerCase, Is.False);
        Assert.That(entry.CreationHundredths, Is.EqualTo(13));
        Assert.That(entry.CreationTime, Is.EqualTo(0x0F0E));
        Assert.That(entry.CreationDate, Is.EqualTo(0x1110));
        Assert.That(entry.AccessDate, Is.EqualTo(0x1312));
        Assert.That(entry.FirstClusterHigh, Is.EqualTo(0x1514));
        Assert.That(entry.WriteTime, Is.EqualTo(0x1716));
        Assert.That(entry.WriteDate, Is.EqualTo(0x1918));
        Assert.That(entry.FirstClusterLow, Is.EqualTo(0x1B1A));
        Assert.That(entry.FileSize, Is.EqualTo(0x1F1E1D1C));
    }

    [Test]
    public void Long_name_entry()
    {
        var entry = new LongNameEntry(s_counting.AsSpan(64, 32));
        char[] units = new char[LongNameEntry.Units];
        entry.CopyUnits(units);
        Assert.That(entry.IsLast);
        Assert.That(entry.Ordinal, Is.Zero);
        Assert.That(entry.Checksum, Is.EqualTo(77));
        Assert.That(units.Select(unit => (unit & 0xFF) - 64), Is.EqualTo((int[])[1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]));
    }

    [TestCase("FILENAMEEXT", 0xF6)]
    [TestCase("A          ", 0x80)]
    public void The_checksum_is_that_of_the_specification(string name, int checksum) =>
        Assert.That(new ShortNameEntry(FatImage.Entry(name)).Checksum, Is.EqualTo(checksum));

    // Checked with date(1): date -u -d '2024-02-29 12:34:56' +%s, and so on.
    [TestCase(2024, 2, 29, 12, 34, 56, 1709210096)]
    [TestCase(1980, 1, 1, 0, 0, 0, 315532800)]
    [TestCase(1999, 12, 31, 23, 59, 58, 946684798)]
    [TestCase(2100, 3, 1, 0, 0, 0, 4107542400)]
    [TestCase(2107, 12, 31, 23, 59, 58, 4354819198)]
    [TestCase(1980, 0, 0, 0, 0, 0, 315532800)]
    public void Times(int year, int month, int day, int hour, int minute, int second, long expected)
    {
        ushort date = (ushort)(((year - 1980) << 9) | (month << 5) | day);
        ushort time = (ushort)((hour << 11) | (minute << 5) | (second / 2));
        Assert.That(DosTime.Read(date, time, 0, 0), Is.EqualTo(new ImageFs.Tree.Timestamp(expected)));
        Assert.That(DosTime.Read(date, time, 199, 3600), Is.EqualTo(new ImageFs.Tree.Timestamp(expected + 1 - 3600, 990_000_000)));
    }
}
