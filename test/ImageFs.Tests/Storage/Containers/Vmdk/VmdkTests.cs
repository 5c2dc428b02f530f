using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers.Vmdk;

/// <summary>Disks that qemu made; what it cannot make, by hand.</summary>
public sealed class VmdkTests : QemuDisks
{
    private const int Grain = 65536;

    [TestCase("subformat=monolithicSparse")]
    [TestCase("subformat=monolithicFlat")]
    [TestCase("subformat=twoGbMaxExtentSparse")]
    [TestCase("subformat=twoGbMaxExtentFlat")]
    [TestCase("subformat=streamOptimized")]
    [TestCase("subformat=monolithicSparse,zeroed_grain=on")]
    [TestCase("subformat=monolithicSparse,compat6=on")]
    public void A_disk_is_read_as_it_was_written(string options) => AssertConverts("vmdk", options);

    [TestCase("subformat=monolithicSparse,zeroed_grain=on")]
    [TestCase("subformat=monolithicSparse")]
    [TestCase("subformat=twoGbMaxExtentSparse")]
    public void Writes_in_any_order_are_found(string options) => AssertWrites("vmdk", options, 13);

    [Test]
    public void Compressed_grains_are_decoded()
    {
        AssertConverts("vmdk", "subformat=streamOptimized");
        Assert.That(DiskAssert.MapWhole(Folder.Open("disk").Map(0, 1, out BlockSource extent) is { } ? extent : null!).Select(piece => piece.Kind), Has.Member(ExtentKind.Encoded));
    }

    [TestCase("RW 16 FLAT \"part.img\" 0", 0)]
    [TestCase("RW 16 FLAT \"part.img\"", 0)]
    [TestCase("RW 16 FLAT \"part.img\" 8", 8)]
    [TestCase("RW 16 FLAT \"part.img\" 8 1f2e3d4c-5b6a-7988-1122-334455667788 \"naa.600508b1001c\"", 8)]
    [TestCase("RW\t16\tFLAT \"part.img\" 8 \"1f2e3d4c\" \"naa 6 00\"", 8)]
    [TestCase("RDONLY 16 VMFS \"part.img\" 0 partitionUUID device", 0)]
    [TestCase("\"RW\" 16 FLAT part.img 4", -1)]
    [TestCase("RW 16 FLAT part.img 4", 4)]
    [TestCase("RW 16 FLAT \"part.img 4", -1)]
    [TestCase("RW 16 FLAT \"part.img\" x", -1)]
    [TestCase("RW 16 FLAT \"part.img\" 0 a b c", -1)]
    public void An_extent_line_has_up_to_seven_values(string line, int sector)
    {
        byte[] contents = new byte[24 * 512];
        new Random(5).NextBytes(contents);
        File.WriteAllBytes(Folder["part.img"], contents);
        File.WriteAllText(Folder["disk.vmdk"], $"# Disk DescriptorFile\nversion=1\nCID=\"fffffffe\"\nparentCID = \"ffffffff\"\n{line}\n");
        if (sector < 0)
        {
            Assert.That(() => Folder.Open("disk.vmdk"), Throws.TypeOf<InvalidImageException>());
            return;
        }

        DiskAssert.Holds(Folder.Open("disk.vmdk"), contents.AsSpan(sector * 512, 16 * 512).ToArray());
    }

    [TestCase("windows-1252", "caf\u00e9.img", new byte[] { 0x63, 0x61, 0x66, 0xE9 })]
    [TestCase("Shift_JIS", "\u65e5.img", new byte[] { 0x93, 0xFA })]
    [TestCase("GBK", "\u65e5.img", new byte[] { 0xC8, 0xD5 })]
    [TestCase("ISO-8859-1", "\u00e9.img", new byte[] { 0xE9 })]
    [TestCase("UTF-8", "\u00e9.img", new byte[] { 0xC3, 0xA9 })]
    [TestCase("windows-1252", "\u00e9.img", new byte[] { 0xC3, 0xA9 }, Description = "VirtualBox writes UTF-8 all the same")]
    public void Names_are_in_the_encoding_that_is_told(string encoding, string name, byte[] written)
    {
        byte[] contents = [.. Enumerable.Range(0, 4096).Select(i => (byte)(i % 251))];
        File.WriteAllBytes(Folder[name], contents);
        byte[] text = [.. "# Disk DescriptorFile\nencoding=\""u8, .. System.Text.Encoding.ASCII.GetBytes(encoding), .. "\"\nRW 8 FLAT \""u8, .. written, .. ".img\" 0\n"u8];
        File.WriteAllBytes(Folder["disk.vmdk"], text);

        DiskAssert.Holds(Folder.Open("disk.vmdk"), contents);
    }

    [Test]
    public void Four_thousand_extents_of_one_file_are_one_file()
    {
        File.WriteAllBytes(Folder["part.img"], [.. Enumerable.Range(0, 512).Select(i => (byte)(i % 251))]);
        File.WriteAllText(Folder["disk.vmdk"], $"# Disk DescriptorFile\n{string.Concat(Enumerable.Repeat("RW 1 FLAT \"part.img\" 0\n", 4000))}");
        int before = Directory.GetFiles("/proc/self/fd").Length;
        BlockSource disk = Folder.Open("disk.vmdk");

        Assert.That(disk.Length, Is.EqualTo(4000 * 512));
        Assert.That(Directory.GetFiles("/proc/self/fd"), Has.Length.LessThan(before + 100));
    }

    [Test]
    public void Moved_extents_and_parents_are_named()
    {
        byte[] source = Folder.WriteSource(Length);
        Folder.Image("convert", "-O", "vmdk", "-o", "subformat=monolithicFlat", DiskFolder.Source, "flat.vmdk");
        Directory.CreateDirectory(Folder["far"]);
        File.Move(Folder["flat-flat.vmdk"], Folder["far/flat-flat.vmdk"]);
        DiskAssert.Holds(Folder.Open("flat.vmdk", $"extent={Folder["far/flat-flat.vmdk"]}"), source);
        Assert.That(() => Folder.Open("flat.vmdk", "extent=other.vmdk"), Throws.TypeOf<LinuxException>());

        Folder.Image("convert", "-O", "vmdk", DiskFolder.Source, "base.vmdk");
        Folder.Image("create", "-f", "vmdk", "-b", "base.vmdk", "-F", "vmdk", "child.vmdk");
        File.Move(Folder["base.vmdk"], Folder["far/new.vmdk"]);
        DiskAssert.Holds(Folder.Open("child.vmdk", "backing-file=far/new.vmdk"), source);
    }

    [TestCase("twoGbMaxExtentSparse")]
    [TestCase("twoGbMaxExtentFlat")]
    public void A_disk_in_several_files_is_one(string subformat)
    {
        Folder.Image("create", "-f", "vmdk", "-o", $"subformat={subformat}", "disk", "5G");
        Folder.Io("disk", "vmdk", "write -P 3 2097088k 128k", "write -P 4 4G 1M");
        BlockSource disk = Folder.Open("disk");
        Assert.That(disk.Length, Is.EqualTo(5L << 30));
        Assert.That(((Container)disk).Describe().Find("extents"), Is.EqualTo(3));
        byte[] bytes = new byte[128 << 10];
        disk.ReadAt(2097088L << 10, bytes);
        Assert.That(bytes, Is.All.EqualTo(3));
        disk.ReadAt(4L << 30, bytes);
        Assert.That(bytes, Is.All.EqualTo(4));
    }

    [TestCase("monolithicSparse")]
    [TestCase("twoGbMaxExtentSparse")]
    public void A_chain_of_parents_is_read(string subformat)
    {
        Folder.WriteSource(Length);
        Folder.Image("convert", "-O", "vmdk", "-o", $"subformat={subformat}", DiskFolder.Source, "lower.vmdk");
        Folder.Image("create", "-f", "vmdk", "-b", "lower.vmdk", "-F", "vmdk", "middle.vmdk");
        Folder.Io("middle.vmdk", "vmdk", [.. RandomCommands(20, 14, 9 << 20)]);
        Folder.Image("create", "-f", "vmdk", "-o", $"subformat={subformat}", "-b", "middle.vmdk", "-F", "vmdk", "upper.vmdk");
        Folder.Io("upper.vmdk", "vmdk", [.. RandomCommands(20, 15, 9 << 20)]);
        DiskAssert.Holds(Folder.Open("upper.vmdk"), Folder.Convert("upper.vmdk"));
    }

    [Test]
    public void A_parent_that_was_written_to_is_refused()
    {
        Folder.Image("create", "-f", "vmdk", "lower.vmdk", "1M");
        Folder.Image("create", "-f", "vmdk", "-b", "lower.vmdk", "-F", "vmdk", "upper.vmdk");
        Folder.Io("lower.vmdk", "vmdk", "write -P 1 0 64k");
        Assert.That(() => Folder.Open("upper.vmdk"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("written to since"));
    }

    [TestCase("VMFS")]
    [TestCase("FLAT")]
    public void A_descriptor_leads_to_its_files(string type)
    {
        byte[] bytes = Folder.WriteSource(Length);
        string text = $"""
            # Disk DescriptorFile
            version=1
            CID=12345678
            parentCID=ffffffff
            createType="vmfs"

            RW 2048 {type} "{DiskFolder.Source}"{(type == "FLAT" ? " 0" : string.Empty)}
            RDONLY 1024 ZERO
            RW {(Length / 512) - 4096} FLAT "{DiskFolder.Source}" 4096
            """;
        File.WriteAllText(Folder["disk.vmdk"], text);
        byte[] expected = [.. bytes[..(1 << 20)], .. new byte[1 << 19], .. bytes[(2 << 20)..]];
        DiskAssert.Holds(Folder.Open("disk.vmdk"), expected);
    }

    [Test]
    public void A_sparse_extent_of_ESX_is_read()
    {
        var random = new Random(16);
        byte[] grain = new byte[4096];
        random.NextBytes(grain);
        byte[] image = new byte[512 * 64];
        "COWD"u8.CopyTo(image);
        foreach ((int offset, int value) in (ReadOnlySpan<(int, int)>)[(4, 1), (8, 3), (12, 2048), (16, 8), (20, 4), (24, 1), (28, 64)])
        {
            BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(offset), value);
        }

        // The directory is in sector 4, its only table in sector 8, and grain 5 in sector 48.
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(4 * 512), 8);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan((8 * 512) + (5 * 4)), 48);
        grain.CopyTo(image, 48 * 512);

        // For qemu, which wants a descriptor.
        "CID=00000001\nparentCID=ffffffff\n"u8.CopyTo(image.AsSpan(512));
        byte[] expected = new byte[1 << 20];
        grain.CopyTo(expected, 5 * 4096);
        DiskAssert.Holds(Folder.Open(image), expected);
        Assert.That(Folder.Convert("changed.img", "-f", "vmdk"), Is.EqualTo(expected));
    }

    [Test]
    public void An_extent_elsewhere_is_forbidden()
    {
        File.WriteAllText(Folder["disk.vmdk"], "# Disk DescriptorFile\nRW 1 FLAT \"/etc/passwd\" 0\n");
        Assert.That(() => Folder.Open("disk.vmdk"), Throws.TypeOf<ForbiddenFileException>());
        Assert.That(Folder.Open("disk.vmdk", policy: BackingPolicy.Any).Length, Is.EqualTo(512));
    }

    [TestCase("RW x FLAT \"a\" 0", typeof(InvalidImageException))]
    [TestCase("RW 99999999999999999 FLAT \"a\" 0", typeof(InvalidImageException))]
    [TestCase("RW 10 FLAT", typeof(InvalidImageException))]
    [TestCase("RW 10 SESPARSE \"a\"", typeof(UnsupportedFeatureException))]
    [TestCase("RW 10 VMFSRDM \"a\"", typeof(UnsupportedFeatureException))]
    [TestCase("RW 10 SPARSE \"disk.vmdk\"", typeof(InvalidImageException))]
    [TestCase("RW 10 FLAT \"gone\" 0", typeof(LinuxException))]
    [TestCase("", typeof(InvalidImageException))]
    public void A_descriptor_that_leads_nowhere_is_refused(string line, Type exception)
    {
        File.WriteAllText(Folder["disk.vmdk"], $"# Disk DescriptorFile\nversion=1\n{line}\n");
        Assert.That(() => Folder.Open("disk.vmdk"), Throws.TypeOf(exception));
    }

    [TestCase(12, -1L, "sectors")]
    [TestCase(20, 3L, "grains of 3")]
    [TestCase(20, 1L << 30, "grains of")]
    [TestCase(56, 1L << 40, "directory")]
    [TestCase(12, 1L << 42, "directory of")]
    public void A_header_that_cannot_be_is_refused(int offset, long value, string message)
    {
        Folder.Image("create", "-f", "vmdk", "disk", "1M");
        byte[] image = Read("disk");
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(offset), value);
        Assert.That(() => Folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains(message));
    }

    [Test]
    public void A_grain_of_another_place_is_an_error()
    {
        byte[] source = new byte[4 * Grain];
        new Random(17).NextBytes(source);
        Write(DiskFolder.Source, source);
        Folder.Image("convert", "-O", "vmdk", "-o", "subformat=streamOptimized", DiskFolder.Source, "disk");
        byte[] image = Read("disk");
        byte[] first = image[..];
        int marker = Enumerable.Range(1, (image.Length / 512) - 1).Select(sector => sector * 512).First(
            at => BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(at)) == Grain / 512 && image[at + 12] == 0x78);
        first[marker] ^= 1;
        BlockSource disk = Folder.Open(first);
        byte[] bytes = new byte[Grain];
        disk.ReadAt(0, bytes);
        Assert.That(() => disk.ReadAt(Grain, bytes), Throws.TypeOf<InvalidImageException>().With.Property("Address").EqualTo(marker));
        image[marker + 30] ^= 1;
        Assert.That(() => Folder.Open(image).ReadAt(Grain, bytes), Throws.TypeOf<InvalidImageException>());
    }

    [TestCase("monolithicSparse", 41)]
    [TestCase("streamOptimized", 42)]
    public void A_changed_image_gives_errors_of_the_image_only(string subformat, int seed)
    {
        Folder.WriteSource(1 << 20);
        Folder.Image("convert", "-O", "vmdk", "-o", $"subformat={subformat}", DiskFolder.Source, "disk");
        DiskMutations.Check(Read("disk"), seed);
    }

    [Test]
    public void A_changed_descriptor_gives_errors_of_the_image_only()
    {
        Folder.Image("create", "-f", "vmdk", "-o", "subformat=monolithicFlat", "disk", "1M");
        DiskMutations.Check(Read("disk"), 43, folder: Folder.AsImageFolder);
    }
}
