using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.ExFat;
using ImageFs.Tree;
using BootSector = ImageFs.FileSystems.ExFat.BootSector;

namespace ImageFs.Tests.FileSystems.ExFat;

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
                Assert.That(() => new BootSector(s_counting.AsSpan(0, length)).ClusterCount, Throws.InstanceOf<ArgumentException>());
            }

            for (int length = 0; length < 32; length++)
            {
                byte[] cut = s_counting[..length];
                Assert.That(() => new FileEntry(cut).SecondaryCount, Throws.InstanceOf<ArgumentException>());
                Assert.That(() => new StreamExtensionEntry(cut).NameLength, Throws.InstanceOf<ArgumentException>());
                Assert.That(() => new FileNameEntry(cut).CopyUnits(new char[15]), Throws.InstanceOf<ArgumentException>());
                Assert.That(() => new VolumeEntry(cut).Type, Throws.InstanceOf<ArgumentException>());
                Assert.That(() => new EntrySet(cut).Checksum, Throws.InstanceOf<ArgumentException>());
            }
        });
    }

    [Test]
    public void Boot_sector()
    {
        var boot = new BootSector(s_counting);
        Assert.That(boot.VolumeLength, Is.EqualTo(0x4F4E4D4C4B4A4948));
        Assert.That(boot.FatOffset, Is.EqualTo(0x53525150));
        Assert.That(boot.FatLength, Is.EqualTo(0x57565554));
        Assert.That(boot.ClusterHeapOffset, Is.EqualTo(0x5B5A5958));
        Assert.That(boot.ClusterCount, Is.EqualTo(0x5F5E5D5C));
        Assert.That(boot.FirstClusterOfRootDirectory, Is.EqualTo(0x63626160));
        Assert.That(boot.VolumeSerialNumber, Is.EqualTo(0x67666564));
        Assert.That(boot.FileSystemRevision, Is.EqualTo(0x6968));
        Assert.That((int)boot.VolumeFlags, Is.EqualTo(0x6B6A));
        Assert.That(boot.BytesPerSectorShift, Is.EqualTo(108));
        Assert.That(boot.SectorsPerClusterShift, Is.EqualTo(109));
        Assert.That(boot.NumberOfFats, Is.EqualTo(110));
        Assert.That(boot.IsExFat, Is.False);
    }

    [Test]
    public void Stream_extension_entry()
    {
        var stream = new StreamExtensionEntry(s_counting.AsSpan(0, 32));
        Assert.That(stream.IsContiguous, Is.False);
        Assert.That(stream.NameLength, Is.EqualTo(3));
        Assert.That(stream.NameHash, Is.EqualTo(0x0504));
        Assert.That(stream.ValidDataLength, Is.EqualTo(0x0F0E0D0C0B0A0908));
        Assert.That(stream.FirstCluster, Is.EqualTo(0x17161514));
        Assert.That(stream.DataLength, Is.EqualTo(0x1F1E1D1C1B1A1918));
    }

    [Test]
    public void File_entry()
    {
        byte[] bytes = [.. s_counting[..32]];
        var file = new FileEntry(bytes);
        Assert.That(file.SecondaryCount, Is.EqualTo(1));
        Assert.That(file.SetChecksum, Is.EqualTo(0x0302));
        Assert.That(file.Attributes, Is.EqualTo(EntryAttributes.System));
    }

    // The offset from UTC in quarter hours, seven bits with a sign, and the bit that says that there is one.
    [TestCase(0x00, 1709210096 - 60)]
    [TestCase(0x80, 1709210096)]
    [TestCase(0x84, 1709210096 - 3600)]
    [TestCase(0xFC, 1709210096 + 3600)]
    [TestCase(0xBF, 1709210096 - (63 * 900))]
    [TestCase(0xC0, 1709210096 + (64 * 900))]
    public void Times_have_an_offset_from_UTC(int offset, long expected)
    {
        byte[] bytes = new byte[32];
        foreach (int place in (int[])[8, 12, 16])
        {
            bytes[place] = 0x5C;
            bytes[place + 1] = 0x64;
            bytes[place + 2] = 0x5D;
            bytes[place + 3] = 0x58;
        }

        bytes[20] = 150;
        bytes[21] = 50;
        bytes[22] = bytes[23] = bytes[24] = (byte)offset;
        var file = new FileEntry(bytes);
        Assert.That(file.CreateTime(60), Is.EqualTo(new Timestamp(expected + 1, 500_000_000)));
        Assert.That(file.LastModifiedTime(60), Is.EqualTo(new Timestamp(expected, 500_000_000)));
        Assert.That(file.LastAccessedTime(60), Is.EqualTo(new Timestamp(expected)));
    }

    [Test]
    public void An_up_case_table_may_be_compressed_or_not()
    {
        var compressed = new UpcaseTable(ExFatImage.UpcaseTable);
        var plain = new UpcaseTable([.. Enumerable.Range(0, 65536)
            .Select(unit => unit is >= 'a' and <= 'z' ? unit - 32 : unit == 'é' ? 'É' : unit)
            .SelectMany(unit => (byte[])[(byte)(unit & 0xFF), (byte)(unit >> 8)])]);
        string all = new([.. Enumerable.Range(0, 65536).Select(unit => (char)unit)]);
        foreach (char unit in all)
        {
            Assert.That(compressed.Hash([unit]), Is.EqualTo(plain.Hash([unit])), $"{(int)unit:X4}");
        }

        Assert.That(compressed.AreEqual("café", "CAFÉ"));
        Assert.That(compressed.AreEqual("über", "ÜBER"), Is.False);
        Assert.That(UpcaseTable.Default.AreEqual("über", "ÜBER"));
    }

    [Test]
    public void The_name_hash_is_that_of_the_specification()
    {
        // By hand: FILE in UTF-16, each byte rotated in.
        ushort hash = 0;
        foreach (byte b in (byte[])[(byte)'F', 0, (byte)'I', 0, (byte)'L', 0, (byte)'E', 0])
        {
            hash = (ushort)((((hash << 15) | (hash >> 1)) + b) & 0xFFFF);
        }

        Assert.That(new UpcaseTable(ExFatImage.UpcaseTable).Hash("file"), Is.EqualTo(hash));
    }
}
