using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Iso9660;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems.Iso9660;

internal sealed class DescriptionTests
{
    private static object? Fact(ImageDescription description, string key) =>
        description.Facts.SingleOrDefault(fact => fact.Key == key).Value;

    private static byte[] BootRecord(uint catalog)
    {
        byte[] bytes = new byte[2048];
        "\0CD001\u0001EL TORITO SPECIFICATION"u8.CopyTo(bytes);
        BitConverter.GetBytes(catalog).CopyTo(bytes, 71);
        return bytes;
    }

    [Test]
    public void The_volume_is_described()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddVolume(32, label: "MY_VERY_LONG_LABEL_OF_DISC");
        image.AddVolume(60, [0x25, 0x2F, 0x45], "My_Very_Long_Lab");
        image.AddRockRidgeRoot(IsoBytes.Record("A.;1", 40, 1));
        image.AddDirectory(60, 60, null);
        ImageDescription description = Iso9660Fixture.Open(image.BuildSparse(1000 * 2048)).Describe();

        Assert.Multiple(() =>
        {
            Assert.That(description.Kind, Is.EqualTo("iso9660"));
            Assert.That(Fact(description, "label"), Is.EqualTo("My_Very_Long_LabEL_OF_DISC"));
            Assert.That(Fact(description, "uuid"), Is.EqualTo("2024-02-29-12-34-56-78"));
            Assert.That(Fact(description, "tree"), Is.EqualTo("rock-ridge"));
            Assert.That(Fact(description, "rock-ridge"), Is.EqualTo("1.12"));
            Assert.That(Fact(description, "joliet-level"), Is.EqualTo(3));
            Assert.That(Fact(description, "size"), Is.EqualTo(1000 * 2048));
            Assert.That(Fact(description, "created"), Is.EqualTo(new DateTimeOffset(2024, 2, 29, 12, 34, 56, 780, default)));
            Assert.That(Fact(description, "modified"), Is.Null);
        });
    }

    [Test]
    public void The_boot_catalog_is_described_with_its_sections()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary().AddDescriptor(BootRecord(50));
        image.AddDirectory(image.Root, image.Root, null);
        byte[] validation = [1, 0, 0, 0, .. new byte[24], 0xAA, 0x55, 0x55, 0xAA];
        byte[] initial = [0x88, 0, 0, 0, 0, 0, 4, 0, 60, 0, 0, 0, .. new byte[20]];
        byte[] section = [0x91, 0xEF, 1, 0, .. "UEFI"u8, .. new byte[24]];
        byte[] efi = [0x88, 0, 0, 0, 0, 0, 1, 0, 70, 0, 0, 0, .. new byte[20]];
        image.Write(50, [.. validation, .. initial, .. section, .. efi]);
        ImageDescription catalog = Iso9660Fixture.Open(image.BuildSparse(1000 * 2048)).Describe().Children.Single();

        Assert.Multiple(() =>
        {
            Assert.That(Fact(catalog, "offset"), Is.EqualTo(50 * 2048));
            Assert.That(Fact(catalog, "checksum-valid"), Is.True);
            Assert.That(catalog.Children, Has.Count.EqualTo(2));
            Assert.That(Fact(catalog.Children[0], "platform"), Is.EqualTo("x86"));
            Assert.That(Fact(catalog.Children[0], "offset"), Is.EqualTo(60 * 2048));
            Assert.That(Fact(catalog.Children[1], "platform"), Is.EqualTo("efi"));
            Assert.That(Fact(catalog.Children[1], "lba"), Is.EqualTo(70));
            Assert.That(Fact(catalog.Children[1], "section"), Is.EqualTo("UEFI"));
        });
    }

    [TestCase(50u, "no validation entry")]
    [TestCase(0xFFFF_FFFFu, "beyond the end")]
    public void A_damaged_boot_catalog_leaves_the_volume(uint catalog, string problem)
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary().AddDescriptor(BootRecord(catalog));
        image.AddDirectory(image.Root, image.Root, null);
        ImageDescription description = Iso9660Fixture.Open(image.BuildSparse(1000 * 2048)).Describe();
        Assert.That(Fact(description.Children.Single(), "problem"), Does.Contain(problem));
    }

    [Test]
    public void Sessions_are_found_behind_one_another()
    {
        IsoImageBuilder image = new IsoImageBuilder();
        byte[] Volume(uint root, int size)
        {
            byte[] volume = new IsoImageBuilder().AddVolume(root).BuildBytes()[(16 * 2048)..(17 * 2048)];
            IsoBytes.Both32((uint)size).CopyTo(volume, 80);
            return volume;
        }

        image.AddDescriptor(Volume(32, 500));
        image.AddDirectory(32, 32, null, IsoBytes.Record("ONE.;1", 40, 1));
        image.Write(11_916, Volume(11_932, 100));
        image.AddDirectory(11_932, 11_932, null, IsoBytes.Record("TWO.;1", 40, 1));
        SparseSource source = image.BuildSparse(20_000 * 2048);

        Assert.Multiple(() =>
        {
            Assert.That(DescriptorSessions.Find(source), Is.EqualTo(new[] { 0L, 11_900 * 2048 }));
            Assert.That(Iso9660Fixture.Open(source).Names(), Is.EqualTo(new[] { "one" }));
            Assert.That(Iso9660Fixture.Open(source, "session=0").Names(), Is.EqualTo(new[] { "one" }));
            Assert.That(Iso9660Fixture.Open(source, "session=1").Names(), Is.EqualTo(new[] { "two" }));
            Assert.That(Iso9660Fixture.Open(source, "sbsector=11900").Names(), Is.EqualTo(new[] { "two" }));
            Assert.That(
                () => Iso9660Fixture.Open(source, "session=2"), Throws.TypeOf<OptionException>().With.Message.Contains("sbsector="));
            Assert.That(Fact(Iso9660Fixture.Open(source).Describe(), "sessions"), Is.EqualTo(2));
        });
    }

    [TestCase("map=x")]
    [TestCase("check=maybe")]
    [TestCase("block=4096")]
    [TestCase("iocharset=cp0")]
    [TestCase("mode=999")]
    [TestCase("session=99")]
    [TestCase("norock=1")]
    public void Options_without_sense_are_refused(string options)
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddDirectory(image.Root, image.Root, null);
        Assert.That(() => Iso9660Fixture.Open(image.Build(), options), Throws.TypeOf<OptionException>());
    }

    [Test]
    public void All_options_of_isofs_are_known()
    {
        var options = OptionList.Parse(
            "norock,nojoliet,map=n,check=s,uid=1,gid=2,mode=0444,dmode=0555,overriderockperm,hide,unhide,showassoc,session=0,"
            + "sbsector=0,block=512,cruft,nocompress,utf8,iocharset=utf8");
        _ = new Iso9660Options(options);
        Assert.That(options.Names, Is.Empty);
    }

    [Test]
    public void What_is_no_volume_is_not_recognised_or_opened()
    {
        var format = new Iso9660Format();
        IsoImageBuilder odd = new IsoImageBuilder().AddVolume(32, change: bytes => bytes[129] = 0x10);
        odd.AddDirectory(32, 32, null);
        Assert.Multiple(() =>
        {
            Assert.That(format.Probe(new MemorySource(new byte[100])), Is.False);
            Assert.That(format.Probe(new SparseSource(1L << 40)), Is.False);
            Assert.That(format.Probe(odd.Build()));
            Assert.That(
                () => Iso9660Fixture.Open(odd.Build()), Throws.TypeOf<InvalidImageException>().With.Message.Contains("ECMA-119 8.4.12"));
            Assert.That(
                () => Iso9660Fixture.Open(new SparseSource(1 << 20)),
                Throws.TypeOf<InvalidImageException>().With.Message.Contains("ECMA-119 6.7.1"));
        });
    }
}
