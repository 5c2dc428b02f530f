using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.Storage;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.FileSystems.Btrfs.Devices;

/// <summary>Super blocks of the image default.img, which has two of them: 128 MiB do not reach the third place.</summary>
internal sealed class SuperBlockTests
{
    private const int First = 64 << 10;
    private const int Second = 64 << 20;
    private const int GenerationOffset = 0x48;

    private static readonly byte[] s_image = DiskImage.Read("btrfs/default.img");

    [Test]
    public void It_tells_what_mkfs_has_made()
    {
        var super = SuperBlock.Read(new MemorySource(s_image));

        Assert.That((super.Address, super.SectorSize, super.NodeSize, super.DeviceCount), Is.EqualTo(((long)First, 4096u, 16384u, 1UL)));
        Assert.That((super.TotalBytes, super.Device.Key.Id, super.Device.TotalBytes), Is.EqualTo((128UL << 20, 1UL, 128UL << 20)));
        Assert.That(super.ToGeometry().Checksum.Name, Is.EqualTo("crc32c"));
        Assert.That(super.Device.FileSystemId, Is.EqualTo(super.FileSystemId));
    }

    [Test]
    public void The_second_is_taken_when_the_first_is_damaged()
    {
        byte[] image = Copy();
        image[First + 0x200] ^= 1;
        Assert.That(SuperBlock.Read(new MemorySource(image)).Address, Is.EqualTo(Second));

        image.AsSpan(First, SuperBlock.Size).Clear();
        Assert.That(SuperBlock.IsThere(new MemorySource(image)));
        Assert.That(SuperBlock.Read(new MemorySource(image)).Address, Is.EqualTo(Second));

        image[Second + 0x200] ^= 1;
        Assert.That(() => SuperBlock.Read(new MemorySource(image)), Throws.TypeOf<InvalidImageException>().With.Message.Contains("0x10000"));
    }

    [Test]
    public void The_first_counts_where_it_is_good([Values(1, -1)] int generations)
    {
        byte[] image = Copy();
        long generation = BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(Second + GenerationOffset));
        Change(image, Second, GenerationOffset, (ulong)(generation + generations));

        Assert.That(SuperBlock.Read(new MemorySource(image)).Address, Is.EqualTo(First));
    }

    [Test]
    public void A_newer_one_of_another_file_system_does_not_count()
    {
        byte[] image = Copy();
        image[Second + 0x20] ^= 1;
        image[Second + 0xC9 + 82] ^= 1;
        Change(image, Second, GenerationOffset, 1000);

        Assert.That(SuperBlock.Read(new MemorySource(image)).Address, Is.EqualTo(First));
    }

    [TestCase(0x30, 0UL, "it says that it is at 0x0")]
    [TestCase(0x70, 0UL, "of 0 of all")]
    [TestCase(0x70, ulong.MaxValue, "of all")]
    [TestCase(0xD1, 0UL, "its device has 0 bytes")]
    [TestCase(0x90, 0x0000_1000_0000_3000UL, "sectors of 12288 bytes")]
    [TestCase(0x90, 0x0000_1000_0000_0000UL, "sectors of 0 bytes")]
    [TestCase(0x90, 0x0002_0000_0000_1000UL, "nodes of 131072 bytes")]
    [TestCase(0x90, 0x0000_0800_0000_1000UL, "nodes of 2048 bytes")]
    [TestCase(0x98, 0x0000_1000_0000_1000UL, "leaves of 4096 bytes")]
    [TestCase(0x98, 0x0000_3000_0000_4000UL, "its stripes have 12288 bytes")]
    [TestCase(0x98, 0x0000_0000_0000_4000UL, "its stripes have 0 bytes")]
    [TestCase(0x50, 0x1D0_0200UL, "inside of sectors")]
    [TestCase(0x58, 0x150_0001UL, "inside of sectors")]
    [TestCase(0x60, 0x200UL, "inside of sectors")]
    [TestCase(0x78, (6 * 16384UL) - 1, "98303 bytes are used")]
    [TestCase(0x88, 0UL, "it has no devices")]
    [TestCase(0xA0, 2049UL, "its chunks take 2049 bytes")]
    [TestCase(0xA0, 96UL, "its chunks take 96 bytes")]
    [TestCase(0xC4, 0x0000_0000_0000_0004UL, "its kind of checksum is 4")]
    [TestCase(0xC4, 0x0000_0000_0008_0000UL, "levels 8, 0 and 0")]
    [TestCase(0xC4, 0x0000_0000_0800_0000UL, "levels 0, 8 and 0")]
    public void What_contradicts_itself_is_refused(int offset, ulong value, string problem)
    {
        byte[] image = Copy();
        image.AsSpan(Second, SuperBlock.Size).Clear();
        Change(image, First, offset, value);

        Assert.That(() => SuperBlock.Read(new MemorySource(image)), Throws.TypeOf<InvalidImageException>().With.Message.Contains(problem));
    }

    [TestCase(0x1000UL, "zoned")]
    [TestCase(0x2000UL, "extent-tree-v2")]
    [TestCase(0x4000UL, "raid-stripe-tree")]
    [TestCase(0x8000_0000UL, "0x80000000")]
    public void A_feature_that_is_not_read_is_named(ulong feature, string name)
    {
        byte[] image = Copy();
        Change(image, First, 0xBC, feature);

        Assert.That(() => SuperBlock.Read(new MemorySource(image)), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains(name));
    }

    [Test]
    public void A_device_that_ends_before_has_none([Values(0, First, First + SuperBlock.Size - 1)] int length)
    {
        var source = new MemorySource(s_image.AsMemory(0, length));

        Assert.That(SuperBlock.IsThere(source), Is.False);
        Assert.That(() => SuperBlock.Read(source), Throws.TypeOf<TruncatedImageException>());
    }

    private static byte[] Copy() => (byte[])s_image.Clone();

    private static void Change(byte[] image, int address, int offset, ulong value)
    {
        Span<byte> super = image.AsSpan(address, SuperBlock.Size);
        BinaryPrimitives.WriteUInt64LittleEndian(super[offset..], value);
        Checksum.Find(0)!.Compute(super[Checksum.Room..], super);
    }
}
