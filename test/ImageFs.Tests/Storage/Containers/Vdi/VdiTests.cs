using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.Tests.Storage.Containers.Vdi;

/// <summary>Disks that qemu made; differencing ones changed from those by hand.</summary>
public sealed class VdiTests : QemuDisks
{
    private const int MiB = 1 << 20;

    [TestCase("static=off")]
    [TestCase("static=on")]
    public void A_disk_is_read_as_it_was_written(string options) => AssertConverts("vdi", options);

    [Test]
    public void Writes_in_any_order_are_found() => AssertWrites("vdi", "static=off", 18);

    [Test]
    public void A_differencing_disk_finds_its_parent_by_number_or_is_told()
    {
        byte[] source = Folder.WriteSource(8 * MiB);
        Folder.Image("convert", "-O", "vdi", DiskFolder.Source, "base.vdi");
        byte[] id = Read("base.vdi")[0x188..0x198];
        MakeChild("child.vdi", id, "write -P 9 1M 1M", "write -P 8 3M 1M", 3);
        source.AsSpan(MiB, MiB).Fill(9);
        source.AsSpan(3 * MiB, MiB).Clear();
        Assert.That(() => Folder.Open("child.vdi"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains($"{new Guid(id)}"));
        DiskAssert.Holds(Folder.Open("child.vdi", "parent=base.vdi"), source);
        DiskAssert.Holds(Folder.Open("child.vdi", $"backing-file={Folder["base.vdi"]}"), source);
        Assert.That(() => Folder.Open("base.vdi", "backing-file=child.vdi"), Throws.TypeOf<OptionException>());

        File.Move(Folder["base.vdi"], Folder[$"{new Guid(id):B}.vdi"]);
        DiskAssert.Holds(Folder.Open("child.vdi"), source);
    }

    [Test]
    public void A_parent_of_another_number_is_refused()
    {
        Folder.Image("create", "-f", "vdi", "base.vdi", "8M");
        MakeChild("child.vdi", Guid.NewGuid().ToByteArray(), "write -P 9 1M 1M", "write -P 8 3M 1M", 3);
        Assert.That(() => Folder.Open("child.vdi", "parent=base.vdi"), Throws.TypeOf<InvalidImageException>());
    }

    [TestCase(0x170, -1L, "its disk of")]
    [TestCase(0x178, 1000L, "blocks of 1000")]
    [TestCase(0x180, 0x7FFFFFFFL, "its map of")]
    [TestCase(0x154, 0x7FFFFFFF_7FFFFFFFL, "its map of")]
    public void A_header_that_cannot_be_is_refused(int offset, long value, string message)
    {
        Folder.Image("create", "-f", "vdi", "disk", "8M");
        byte[] image = Read("disk");
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(offset), value);
        Assert.That(() => Folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains(message));
    }

    [TestCase(0x4C, 3u, "type 3")]
    [TestCase(0x4C, uint.MaxValue, "type 4294967295")]
    [TestCase(0x44, uint.MaxValue, "version 65535.65535")]
    public void Other_types_and_versions_are_refused(int offset, uint value, string message)
    {
        Folder.Image("create", "-f", "vdi", "disk", "8M");
        byte[] image = Read("disk");
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(offset), value);
        Assert.That(() => Folder.Open(image), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains(message));
    }

    [Test]
    public void A_changed_image_gives_errors_of_the_image_only()
    {
        Folder.WriteSource(3 * MiB);
        Folder.Image("convert", "-O", "vdi", DiskFolder.Source, "disk");
        DiskMutations.Check(Read("disk"), 51);
    }

    // One block of it is discarded: zeros, whatever the parent has.
    private void MakeChild(string name, byte[] parent, string write, string discarded, int block)
    {
        Folder.Image("create", "-f", "vdi", name, "8M");
        Folder.Io(name, "vdi", write, discarded);
        byte[] image = Read(name);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(0x4C), 4);
        parent.CopyTo(image, 0x1A8);
        int map = BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(0x154));
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(map + (block * 4)), -2);
        Write(name, image);
    }
}
