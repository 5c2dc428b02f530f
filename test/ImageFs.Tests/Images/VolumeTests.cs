using System.Buffers.Binary;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Volumes;
using ImageFs.Tests.FileSystems.Ext;
using ImageFs.Tests.FileSystems.Fat;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.Images;

/// <summary>What is on a partition or a disk: recognised when it is damaged too, and opened once.</summary>
internal sealed class VolumeTests
{
    private const int SuperBlock = 1024;
    private const int ReservedSectors = 14;

    private static readonly Partition s_partition = new(1, 0, 512, "0x83");

    [Test]
    public void Its_label_is_read_without_opening_it()
    {
        var source = new CountingSource(ExtImages.Read("ext2"));
        Volume volume = Volume.Recognise(s_partition, source);
        long reads = source.Reads;
        Assert.That(volume.Label, Is.EqualTo("ext2"));
        Assert.That(source.Reads, Is.EqualTo(reads + 1), "the super block");
    }

    [Test]
    public void What_was_opened_to_be_described_is_not_opened_again_unless_there_are_options()
    {
        var source = new CountingSource(ExtImages.Read("ext2"));
        Volume volume = Volume.Recognise(s_partition, source);
        Assert.That(volume.Describe()!.Find("label"), Is.EqualTo("ext2"));
        long reads = source.Reads;
        FileSystem opened = volume.Open(new OpenContext());
        Assert.That(source.Reads, Is.EqualTo(reads));
        Assert.That(volume.Open(OpenContext.Of("noload")), Is.Not.SameAs(opened));
        Assert.That(source.Reads, Is.GreaterThan(reads));
    }

    [Test]
    public void What_was_wrong_when_it_was_opened_to_be_described_is_told_when_it_is_mounted()
    {
        byte[] image = ExtImages.Read("ext2");
        Volume volume = Volume.Recognise(s_partition, new MemorySource(image.AsMemory(0, image.Length - 1024)));
        Assert.That(volume.Describe()!.Find("label"), Is.EqualTo("ext2"));
        var warnings = new List<string>();
        volume.Open(OpenContext.Of(null, warnings.Add));
        Assert.That(warnings, Has.Count.EqualTo(1));
        Assert.That(warnings[0], Does.Contain("what lies beyond cannot be read"));
    }

    [Test]
    public void A_damaged_header_is_one_of_its_format() => Assert.Multiple(() =>
    {
        AssertDamaged(Ext(0x18, 40), "super block at 0x400: its blocks are of 1024 << 40 bytes");
        AssertDamaged(Ext(0x28, 0), "super block at 0x400: it has ");
        AssertDamaged(Fat(), "boot sector at 0x0: ");
    });

    [Test]
    public void Without_its_mark_it_is_unknown()
    {
        byte[] image = Ext(0x38, 0);
        Assert.That(DiskOf(image).Whole.Format, Is.Null);
        Assert.That(Volume.Recognise(s_partition, new MemorySource(image)).Format, Is.Null);
    }

    [Test]
    public void A_partition_table_counts_more_than_a_damaged_header_behind_it()
    {
        byte[] image = Ext(0x28, 0);
        Assert.That(DiskOf(image).Whole.Format, Is.Not.Null);
        image[446 + 4] = 0x83;
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(446 + 8), 8);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(446 + 12), 8);
        image[510] = 0x55;
        image[511] = 0xAA;
        Disk disk = DiskOf(image);
        Assert.That(disk.Whole.Format, Is.Null);
        Assert.That(disk.Volumes, Has.Count.EqualTo(1));
    }

    private static Disk DiskOf(byte[] image) => new(new MemorySource(image), null);

    private static void AssertDamaged(byte[] image, string message)
    {
        foreach (Volume volume in new[] { DiskOf(image).Whole, Volume.Recognise(s_partition, new MemorySource(image)) })
        {
            Assert.That(volume.Describe(), Is.Null);
            Assert.That(volume.Problem, Does.StartWith(message));
            Assert.That(() => volume.Open(new OpenContext()), Throws.TypeOf<InvalidImageException>().With.Message.StartsWith(message));
        }
    }

    private static byte[] Ext(int field, uint value)
    {
        byte[] image = ExtImages.Read("ext2");
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(SuperBlock + field), value);
        return image;
    }

    private static byte[] Fat()
    {
        byte[] image = new FatImage(16, 5000).Bytes;
        "FAT16   "u8.CopyTo(image.AsSpan(54));
        image[510] = 0x55;
        image[511] = 0xAA;
        image[ReservedSectors] = 0;
        return image;
    }
}
