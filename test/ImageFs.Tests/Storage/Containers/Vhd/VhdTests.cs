using System.Buffers.Binary;
using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers.Vhd;

/// <summary>Disks that qemu made; differencing ones changed from those by hand.</summary>
public sealed class VhdTests : QemuDisks
{
    private const int MiB = 1 << 20;
    private const int HeaderAddress = 512;

    [TestCase("subformat=dynamic")]
    [TestCase("subformat=fixed")]
    [TestCase("subformat=dynamic,force_size=on")]
    [TestCase("subformat=fixed,force_size=on")]
    public void A_disk_is_read_as_it_was_written(string options) => AssertConverts("vpc", options);

    [Test]
    public void Writes_in_any_order_are_found() => AssertWrites("vpc", "subformat=dynamic", 12);

    [Test]
    public void Blocks_that_are_not_there_are_holes()
    {
        Folder.Image("create", "-f", "vpc", "-o", "force_size=on", "disk", "1T");
        Folder.Io("disk", "vpc", "write -P 1 500G 2M");
        BlockSource disk = Folder.Open("disk");
        Assert.That(disk.Map(0, long.MaxValue, out _), Is.EqualTo(Extent.Hole(0, 2L << 30)));
        Assert.That(disk.Map(500L << 30, long.MaxValue, out _) is { Kind: ExtentKind.Mapped, Length: 2 * MiB });
    }

    [Test]
    public void A_damaged_footer_has_a_copy()
    {
        Folder.WriteSource(Length);
        Folder.Image("convert", "-O", "vpc", DiskFolder.Source, "disk");
        byte[] expected = Folder.Convert("disk");
        byte[] image = Read("disk");
        image[^100] ^= 1;
        DiskAssert.Holds(Folder.Open(image), expected);
        Assert.That(Folder.Warnings, Has.One.Contains("footer"));
        image[100] ^= 1;
        Assert.That(() => Folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Property("Structure").EqualTo("vhd footer"));
    }

    [Test]
    public void A_fixed_disk_has_no_copy()
    {
        Folder.Image("create", "-f", "vpc", "-o", "subformat=fixed", "disk", "1M");
        byte[] image = Read("disk");
        image[^100] ^= 1;
        Assert.That(() => Folder.Open(image), Throws.TypeOf<InvalidImageException>());
    }

    [TestCase(0x57327275u, ".\\parent.vhd")]
    [TestCase(0x57326B75u, "C:\\disks\\parent.vhd")]
    [TestCase(0x4D616358u, "file:./parent.vhd")]
    public void A_differencing_disk_takes_sectors_from_its_parent(uint platform, string path)
    {
        byte[] parent = MakeParent(out byte[] id);
        byte[] image = MakeChild(id, platform, path, out byte[] written);
        for (int sector = 0; sector < 2 * MiB / 512; sector += 3)
        {
            written.AsSpan(sector * 512, 512).CopyTo(parent.AsSpan(sector * 512));
        }

        Write("child.vhd", image);
        BlockSource disk = Folder.Open("child.vhd");
        DiskAssert.Holds(disk, parent);
        Assert.That(((Container)disk).Describe().Find("subformat"), Is.EqualTo("differencing"));
    }

    [Test]
    public void A_parent_that_is_another_is_refused()
    {
        MakeParent(out byte[] id);
        id[0] ^= 1;
        Write("child.vhd", MakeChild(id, 0x57327275, "parent.vhd", out _));
        Assert.That(() => Folder.Open("child.vhd"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("parent.vhd"));
    }

    [TestCase(16, -1L, "its table of")]
    [TestCase(28, 0x00000001_00200000, "its table of")]
    [TestCase(28, 0x00000100_00300000, "blocks of")]
    public void A_header_that_cannot_be_is_refused(int offset, long value, string message)
    {
        Folder.Image("create", "-f", "vpc", "disk", "64M");
        byte[] image = Read("disk");
        BinaryPrimitives.WriteInt64BigEndian(image.AsSpan(HeaderAddress + offset), value);
        Seal(image.AsSpan(HeaderAddress, 1024), 36);
        Assert.That(() => Folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains(message));
    }

    [Test]
    public void Other_types_are_refused([Values(1u, 5u, uint.MaxValue)] uint type)
    {
        Folder.Image("create", "-f", "vpc", "disk", "8M");
        byte[] image = Read("disk");
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(image.Length - 512 + 60), type);
        Seal(image.AsSpan(image.Length - 512), 64);
        Assert.That(() => Folder.Open(image), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains($"type {type}"));
    }

    [Test]
    public void A_changed_image_gives_errors_of_the_image_only([Values("dynamic", "fixed")] string subformat)
    {
        Folder.WriteSource(3 * MiB);
        Folder.Image("convert", "-O", "vpc", "-o", $"subformat={subformat}", DiskFolder.Source, "disk");
        DiskMutations.Check(Read("disk"), 31);
    }

    private static void Seal(Span<byte> structure, int offset)
    {
        structure.Slice(offset, 4).Clear();
        uint sum = 0;
        foreach (byte value in structure)
        {
            sum += value;
        }

        BinaryPrimitives.WriteUInt32BigEndian(structure[offset..], ~sum);
    }

    private byte[] MakeParent(out byte[] id)
    {
        Folder.WriteSource(8 * MiB, 4);
        Folder.Image("convert", "-O", "vpc", "-o", "subformat=dynamic,force_size=on", DiskFolder.Source, "parent.vhd");
        id = Read("parent.vhd")[^(512 - 68)..^(512 - 84)];
        return Folder.Convert("parent.vhd");
    }

    // Every third sector of the first block is its own.
    private byte[] MakeChild(byte[] parent, uint platform, string path, out byte[] written)
    {
        Folder.Image("create", "-f", "vpc", "-o", "subformat=dynamic,force_size=on", "blank", $"{8 * MiB}");
        Folder.Io("blank", "vpc", "write -P 19 0 2M");
        written = Folder.Convert("blank");
        byte[] image = Read("blank");
        byte[] footer = image[^512..];
        footer[63] = 4;
        Seal(footer, 64);
        int table = BinaryPrimitives.ReadInt32BigEndian(image.AsSpan(HeaderAddress + 20));
        int bitmap = BinaryPrimitives.ReadInt32BigEndian(image.AsSpan(table)) * 512;
        image.AsSpan(bitmap, 512).Clear();
        for (int sector = 0; sector < 2 * MiB / 512; sector += 3)
        {
            image[bitmap + (sector / 8)] |= (byte)(0x80 >> (sector % 8));
        }

        byte[] locator = platform == 0x4D616358 ? Encoding.UTF8.GetBytes(path["file:".Length..]) : Encoding.Unicode.GetBytes(path);
        Span<byte> header = image.AsSpan(HeaderAddress, 1024);
        parent.CopyTo(header[40..]);
        BinaryPrimitives.WriteUInt32BigEndian(header[576..], platform);
        BinaryPrimitives.WriteInt32BigEndian(header[584..], locator.Length);
        BinaryPrimitives.WriteInt64BigEndian(header[592..], image.Length - 512);
        Seal(header, 36);
        footer.CopyTo(image, 0);
        return [.. image[..^512], .. locator, .. new byte[512 - locator.Length], .. footer];
    }
}
