using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Ewf;

namespace ImageFs.Tests.Storage.Containers.Ewf;

/// <summary>Forensic images made by hand, section by section.</summary>
internal sealed class EwfSectionTests
{
    private const int Chunk = EwfImage.ChunkSize;
    private const uint Packed = 0x8000_0000;

    private DiskFolder _folder = null!;
    private byte[] _plain = null!;
    private byte[] _zeros = null!;
    private byte[] _expected = null!;

    [SetUp]
    public void Make()
    {
        _folder = new DiskFolder();
        _plain = new byte[Chunk];
        new Random(3).NextBytes(_plain);
        _zeros = EwfImage.Zlib(new byte[Chunk]);
        _expected = [.. _plain, .. new byte[Chunk]];
    }

    [TearDown]
    public void Remove() => _folder.Dispose();

    [TestCase(0)]
    [TestCase(13)]
    public void A_table_says_where_chunks_are_from_its_base_on(int baseOffset)
    {
        BlockSource disk = _folder.Open(Image(baseOffset).Build());
        DiskAssert.Holds(disk, _expected);
        long first = 13 + 76 + 1052 + 76;
        Extent[] extents = [disk.Map(0, long.MaxValue, out _), disk.Map(Chunk, long.MaxValue, out _)];
        Assert.That(extents, Is.EqualTo((Extent[])
        [
            Extent.Mapped(0, Chunk, first), new(Chunk, Chunk, ExtentKind.Encoded, first + Chunk + 4, _zeros.Length),
        ]));
    }

    [Test]
    public void Where_a_table_is_damaged_its_copy_counts()
    {
        byte[] image = Image(0, hasCopy: true).Build();
        int table = Find(image, "table\0");
        foreach (int damage in (int[])[76 + 24, 76 + 24 + 8])
        {
            byte[] changed = [.. image];
            changed[table + damage] ^= 1;
            BlockSource disk = _folder.Open(changed);
            DiskAssert.Holds(disk, _expected);
            Assert.That(EwfTests.Verify(disk).Single(), Does.Contain("the checksum of its 2 entries is wrong"));
        }

        // Of the header as well.
        byte[] other = [.. image];
        other[table + 76] ^= 4;
        DiskAssert.Holds(_folder.Open(other), _expected);
        Assert.That(_folder.Warnings.Single(), Does.Contain("its copy is read"));

        int copy = Find(image, "table2");
        other[copy + 76 + 8] ^= 1;
        Assert.That(() => _folder.Open(other), Throws.TypeOf<InvalidImageException>().With.Message.Contains("neither its header nor that of its copy"));
        byte[] both = [.. image];
        both[table + 76 + 24] ^= 1;
        both[copy + 76 + 24] ^= 1;
        Assert.That(() => _folder.Open(both).ReadAt(0, new byte[1]), Throws.TypeOf<InvalidImageException>().With.Message.Contains("checksum of its 2 entries"));
    }

    [Test]
    public void Chunks_behind_2_GiB_have_no_flag()
    {
        // As EnCase 6.7 writes them: the last chunk before, one across, and one behind; between the first two nothing is written.
        const long Across = int.MaxValue - 100L;
        int sectors = 13 + 76 + 1052;
        long first = sectors + 76;
        uint[] entries = [(uint)first, (uint)Across, unchecked((uint)(Across + Chunk + 4))];
        byte[] start = new EwfImage().Volume(12).Build();
        byte[] tail = new EwfImage().Table(0, entries).Build()[13..];
        long table = Across + (2 * (Chunk + 4));
        using (FileStream file = File.Create(_folder["long.E01"]))
        {
            file.Write(start);
            file.Write(Header("sectors", sectors, table));
            foreach (long place in (long[])[first, Across, Across + Chunk + 4])
            {
                file.Seek(place, SeekOrigin.Begin);
                file.Write(EwfImage.WithSum(_plain));
            }

            file.Write(Header("table", table, table + tail.Length));
            file.Write(tail.AsSpan(76));
            file.Write(Header("done", table + tail.Length, table + tail.Length));
        }

        BlockSource disk = _folder.Open("long.E01");
        byte[] read = new byte[Chunk];
        foreach (int chunk in (int[])[1, 2])
        {
            disk.ReadAt(chunk * Chunk, read);
            Assert.That(read, Is.EqualTo(_plain), $"chunk {chunk}");
        }

        static byte[] Header(string type, long address, long next) =>
            new EwfImage().Add(type, [], next).Build()[13..] is var bytes && address >= 0 ? WithSize(bytes, next - address) : [];

        static byte[] WithSize(byte[] bytes, long size)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), size);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(72), EwfImage.Adler(bytes.AsSpan(0, 72)));
            return bytes;
        }
    }

    [Test]
    public void Without_sectors_the_chunks_are_in_the_table()
    {
        var image = new EwfImage();
        image.Volume(8);
        uint first = (uint)(image.Length + 76 + 24 + 8);
        image.Table(0, [first, (first + Chunk + 4) | Packed], hasSum: false, chunks: [.. EwfImage.WithSum(_plain), .. _zeros]).End();
        DiskAssert.Holds(_folder.Open(image.Build()), _expected);
    }

    [Test]
    public void A_chunk_that_lies_nowhere_is_an_error_of_its_own()
    {
        byte[] image = Image(0).Build();
        int table = Find(image, "table\0");
        byte[] tableBytes = EwfImage.TableOf(0, [13 + 76 + 1052 + 76, 5]);
        tableBytes.CopyTo(image, table + 76);
        BlockSource disk = _folder.Open(image);
        Assert.That(() => disk.ReadAt(Chunk, new byte[1]), Throws.TypeOf<InvalidImageException>().With.Message.Contains("the chunk is to lie between 0x5"));
    }

    [Test]
    public void A_chain_of_sections_that_goes_back_is_refused()
    {
        byte[] image = new EwfImage().Volume(8).Add("header", EwfImage.Zlib([1]), next: 13).Build();
        Assert.That(() => _folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains("the one after it begins at 0xD"));
        image[13 + 3] ^= 1;
        Assert.That(() => _folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains("section descriptor at 0xD: its checksum is wrong"));
    }

    [TestCase(8, 0, 4)]
    [TestCase(8, 512, 0)]
    [TestCase(8, 512, 1 << 20)]
    [TestCase(8, 1 << 20, 1)]
    public void A_geometry_that_cannot_be_is_refused(int sectors, int sectorSize, int perChunk) => Assert.That(
        () => _folder.Open(new EwfImage().Volume(sectors, sectorSize, perChunk).End().Build()),
        Throws.TypeOf<InvalidImageException>().With.Message.Contains($"sectors of {sectorSize} bytes, {perChunk} in a chunk"));

    [Test]
    public void An_image_without_a_volume_is_refused_and_one_of_files_by_name()
    {
        Assert.That(() => _folder.Open(new EwfImage().End().Build()), Throws.TypeOf<InvalidImageException>().With.Message.Contains("there is none"));
        Assert.That(
            () => _folder.Open(new EwfImage().Volume(8).Add("ltree", [1]).End().Build()), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("L01"));
    }

    [Test]
    public void Case_data_are_read_from_lines_and_tabs()
    {
        var description = new ImageDescription("x");
        CaseData.Parse("3\r\nmain\r\na\tc\tu\tzz\r\ndésc\t1\t1795907289\t5\r\n").AddTo(description);
        Assert.That(description.Facts, Is.EqualTo((KeyValuePair<string, object>[])
        [
            new("case-number", "1"), new("description", "désc"), new("system-date", DateTimeOffset.FromUnixTimeSeconds(1795907289)),
        ]));
        foreach (string text in (string[])[string.Empty, "main", "main\n", "main\na\tc", "x\ny\nz\n"])
        {
            var none = new ImageDescription("x");
            CaseData.Parse(text).AddTo(none);
            Assert.That(none.Facts, Is.Empty);
        }
    }

    [Test]
    public void Case_data_that_are_damaged_take_nothing_along()
    {
        byte[] image = [.. new EwfImage().Add("header2", [1, 2, 3]).Build(), .. Image(0).Build()[13..]];
        Assert.That(() => _folder.Open(image), Throws.Exception, "the chain leads elsewhere");
        var made = new EwfImage();
        made.Add("header2", [1, 2, 3]).Add("header", EwfImage.Zlib(Encoding.ASCII.GetBytes("1\nmain\ne\nDoe\n\n"))).Volume(0).End();
        Assert.That(((ImageFs.Storage.Containers.Container)_folder.Open(made.Build())).Describe().Find("examiner"), Is.EqualTo("Doe"));
        Assert.That(_folder.Warnings, Has.Some.Contains("what the examiner wrote down cannot be read"));
    }

    private EwfImage Image(int baseOffset, bool hasCopy = false)
    {
        var image = new EwfImage();
        image.Volume(8);
        uint first = (uint)(image.Length + 76 - baseOffset);
        uint[] entries = [first, (first + Chunk + 4) | Packed];
        image.Add("sectors", [.. EwfImage.WithSum(_plain), .. _zeros]).Table(baseOffset, entries);
        return (hasCopy ? image.Table(baseOffset, entries, type: "table2") : image).End();
    }

    private static int Find(byte[] image, string type) => image.AsSpan().IndexOf(Encoding.ASCII.GetBytes(type));
}
