using ImageFs.FileSystems.Iso9660;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

internal sealed class ExtentTests
{
    private const long GiB = 1L << 30;

    [Test]
    public void A_file_is_one_extent_behind_its_extended_attribute_record()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddDirectory(image.Root, image.Root, null, IsoBytes.Record("A.;1"u8.ToArray(), 40, 5000, extendedAttributes: 2));
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(1000 * 2048));

        NodeAttributes attributes = fs.Attributes("a");
        Assert.Multiple(() =>
        {
            Assert.That(fs.OpenFile(fs.Find("a")).Extents(), Is.EqualTo(new[] { Extent.Mapped(0, 5000, 42 * 2048) }));
            Assert.That(attributes.Size, Is.EqualTo(5000));
            Assert.That(attributes.Blocks, Is.EqualTo(10));
            Assert.That(attributes.Permissions, Is.EqualTo(0x16D));
            Assert.That(attributes.LinkCount, Is.EqualTo(1));
            Assert.That(attributes.BlockSize, Is.EqualTo(2048));
            Assert.That(attributes.Inode, Is.EqualTo(fs.Find("a").Value >> 5));
            Assert.That(attributes.ModifyTime, Is.EqualTo(new Timestamp(IsoBytes.TimeSeconds)));
            Assert.That(attributes.BirthTime, Is.Null);
        });
    }

    [Test]
    public void Sections_join_and_lie_past_4_GiB()
    {
        const uint Section = 0xFFFF_F800;
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        uint far = (uint)(20 * GiB / 2048);
        image.AddDirectory(
            image.Root,
            image.Root,
            null,
            IsoBytes.Record("BIG.;1", 1000, Section, FileFlags.MultiExtent),
            IsoBytes.Record("BIG.;1", 1000 + (Section / 2048), Section, FileFlags.MultiExtent),
            IsoBytes.Record("BIG.;1", far, 12345),
            IsoBytes.Record("NEXT.;1", 40, 1));
        SparseSource source = image.BuildSparse((20 * GiB) + 12345).With((20 * GiB) + 12000, [7, 8, 9]);
        FileSystem fs = Iso9660Fixture.Open(source);
        BlockSource file = fs.OpenFile(fs.Find("big"));
        byte[] bytes = new byte[3];
        file.ReadAt((2L * Section) + 12000, bytes);

        Assert.Multiple(() =>
        {
            Assert.That(fs.Names(), Is.EqualTo(new[] { "big", "next" }));
            Assert.That(fs.Attributes("big").Size, Is.EqualTo((2L * Section) + 12345));
            Assert.That(file.Extents(), Is.EqualTo(new[]
            {
                Extent.Mapped(0, 2L * Section, 1000 * 2048),
                Extent.Mapped(2L * Section, 12345, 20 * GiB),
            }));
            Assert.That(bytes, Is.EqualTo(new byte[] { 7, 8, 9 }));
        });
    }

    [Test]
    public void A_missing_last_section_is_an_error_of_that_file_only()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddDirectory(
            image.Root,
            image.Root,
            null,
            IsoBytes.Record("A.;1", 40, 2048, FileFlags.MultiExtent),
            IsoBytes.Record("B.;1", 41, 10),
            IsoBytes.Record("C.;1", 42, 10, FileFlags.MultiExtent));
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(1000 * 2048));

        Assert.Multiple(() =>
        {
            Assert.That(fs.Names(), Is.EqualTo(new[] { "b" }));
            Assert.That(fs.Attributes("b").Size, Is.EqualTo(10));
            Assert.That(() => fs.Has("a"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("ECMA-119 9.1.6"));
        });
    }

    [Test]
    public void Interleaved_units_alternate_with_gaps()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddDirectory(
            image.Root,
            image.Root,
            null,
            IsoBytes.Record("A.;1"u8.ToArray(), 40, (2 * 3 * 2048) + 100, unit: 3, gap: 2),
            IsoBytes.Record("B.;1"u8.ToArray(), 60, 4096, FileFlags.MultiExtent, unit: 1, gap: 1, extendedAttributes: 1),
            IsoBytes.Record("B.;1"u8.ToArray(), 70, 10),
            IsoBytes.Record("C.;1"u8.ToArray(), 80, 10, unit: 0, gap: 1));
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(1000 * 2048));

        Assert.Multiple(() =>
        {
            Assert.That(fs.OpenFile(fs.Find("a")).Extents(), Is.EqualTo(new[]
            {
                Extent.Mapped(0, 3 * 2048, 40 * 2048),
                Extent.Mapped(3 * 2048, 3 * 2048, 45 * 2048),
                Extent.Mapped(6 * 2048, 100, 50 * 2048),
            }));
            Assert.That(fs.OpenFile(fs.Find("b")).Extents(), Is.EqualTo(new[]
            {
                Extent.Mapped(0, 2048, 62 * 2048),
                Extent.Mapped(2048, 2048, 64 * 2048),
                Extent.Mapped(4096, 10, 70 * 2048),
            }));
            Assert.That(fs.Attributes("a").Size, Is.EqualTo((6 * 2048) + 100));
            Assert.That(() => fs.OpenFile(fs.Find("c")), Throws.TypeOf<InvalidImageException>().With.Message.Contains("ECMA-119 9.1.7"));
        });
    }

    [TestCase(512)]
    [TestCase(1024)]
    [TestCase(2048)]
    public void Blocks_may_be_smaller_than_sectors(int blockSize)
    {
        IsoImageBuilder image = new IsoImageBuilder(blockSize).AddPrimary();
        uint directory = image.Root + 33;
        byte[][] records = [.. Enumerable.Range(0, 100).Select(i => IsoBytes.Record($"FILE{i:000}.TXT;1", (uint)(1000 + i), (uint)i))];
        image.AddDirectory(image.Root, image.Root, null, IsoBytes.Record("D", directory, 2048, FileFlags.Directory));
        image.AddDirectory(directory, image.Root, null, records);
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(4000 * 2048));

        Assert.Multiple(() =>
        {
            Assert.That(fs.Names(fs.Find("d")), Is.EqualTo(Enumerable.Range(0, 100).Select(i => $"file{i:000}.txt")));
            Assert.That(fs.OpenFile(fs.Find("d/file099.txt")).Extents(), Is.EqualTo(new[] { Extent.Mapped(0, 99, 1099L * blockSize) }));
            Assert.That(fs.Statistics.BlockSize, Is.EqualTo(blockSize));
            Assert.That(fs.Statistics.Blocks, Is.EqualTo(1000));
            Assert.That(fs.Statistics.MaxNameLength, Is.EqualTo(255));
        });
    }

    [Test]
    public void A_file_behind_the_end_opens_and_reading_it_fails()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddDirectory(image.Root, image.Root, null, IsoBytes.Record("A.;1", 40, 4096), IsoBytes.Record("B.;1", 35, 3));
        image.Write(35, [1, 2, 3]);
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse((40 * 2048) + 10));
        BlockSource file = fs.OpenFile(fs.Find("a"));

        Assert.Multiple(() =>
        {
            Assert.That(fs.Attributes("a").Size, Is.EqualTo(4096));
            Assert.That(file.Length, Is.EqualTo(4096));
            Assert.That(() => file.ReadAt(0, new byte[10]), Throws.Nothing);
            Assert.That(() => file.ReadAt(5, new byte[10]), Throws.TypeOf<TruncatedImageException>());
            Assert.That(fs.ReadAll("b"), Is.EqualTo(new byte[] { 1, 2, 3 }));
        });
    }

    [Test]
    public void Data_on_another_volume_of_a_set_are_refused()
    {
        IsoImageBuilder image = new IsoImageBuilder();
        image.AddVolume(image.Root, setSize: 2);
        image.AddDirectory(
            image.Root,
            image.Root,
            null,
            IsoBytes.Record("A.;1"u8.ToArray(), 40, 10, volume: 2),
            IsoBytes.Record("B.;1"u8.ToArray(), 40, 10, volume: 1));
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(1000 * 2048));

        Assert.Multiple(() =>
        {
            Assert.That(fs.Attributes("a").Size, Is.EqualTo(10));
            Assert.That(() => fs.OpenFile(fs.Find("a")), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("volume set"));
            Assert.That(() => fs.OpenFile(fs.Find("b")), Throws.Nothing);
        });
    }

    [Test]
    public void Cruft_drops_the_high_byte_of_a_length()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddDirectory(image.Root, image.Root, null, IsoBytes.Record("A.;1", 40, 0x4500_0123));
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(1000 * 2048), "cruft");

        Assert.Multiple(() =>
        {
            Assert.That(fs.Attributes("a").Size, Is.EqualTo(0x123));
            Assert.That(fs.OpenFile(fs.Find("a")).Length, Is.EqualTo(0x123));
        });
    }
}
