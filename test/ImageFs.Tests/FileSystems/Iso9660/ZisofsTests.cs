using System.Buffers.Binary;
using System.IO.Compression;
using ImageFs.Checking;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

internal sealed class ZisofsTests
{
    private const int Shift = 15;
    private const int Block = 1 << Shift;
    private static readonly byte[] s_content = MakeContent((3 * Block) + 1234);

    /// <summary>Bytes that compress, with a block of zeros.</summary>
    private static byte[] MakeContent(int length)
    {
        byte[] content = new byte[length];
        for (int i = 0; i < length; i++)
        {
            content[i] = i / Block == 1 ? (byte)0 : unchecked((byte)(i * i / 977));
        }

        return content;
    }

    private static byte[] Compress(byte[] content, int version)
    {
        int pointerLength = version == 1 ? 4 : 8;
        byte[] header = version == 1
            ? [0x37, 0xE4, 0x53, 0x96, 0xC9, 0xDB, 0xD6, 0x07, .. BitConverter.GetBytes(content.Length), 4, Shift, 0, 0]
            : [0xEF, 0x22, 0x55, 0xA1, 0xBC, 0x1B, 0x95, 0xA0, 0, 6, 1, Shift, .. BitConverter.GetBytes((long)content.Length), 0, 0, 0, 0];
        int blocks = (content.Length + Block - 1) / Block;
        using var data = new MemoryStream();
        data.Write(header);
        data.Write(new byte[(blocks + 1) * pointerLength]);
        var pointers = new List<long> { data.Length };
        foreach (byte[] block in content.Chunk(Block))
        {
            if (block.Any(b => b != 0))
            {
                using var stream = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true);
                stream.Write(block);
            }

            pointers.Add(data.Length);
        }

        byte[] bytes = data.ToArray();
        for (int i = 0; i < pointers.Count; i++)
        {
            Span<byte> pointer = bytes.AsSpan(header.Length + (i * pointerLength));
            BinaryPrimitives.WriteUInt32LittleEndian(pointer, (uint)pointers[i]);
        }

        return bytes;
    }

    private static FileSystem Open(byte[] recorded, byte[] entry, string options = "")
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddRockRidgeRoot(IsoBytes.Record("A.;1", 40, (uint)recorded.Length, use: [IsoBytes.Px(0x81A4), entry]));
        image.Write(40, recorded);
        return Iso9660Fixture.Open(image.Build(), options);
    }

    private static byte[] Entry(int version) =>
        version == 1 ? IsoBytes.Zf(Shift, (uint)s_content.Length) : IsoBytes.Zf2(Shift, (ulong)s_content.Length);

    [TestCase(1)]
    [TestCase(2)]
    public void Compressed_files_are_shown_as_they_were(int version)
    {
        FileSystem fs = Open(Compress(s_content, version), Entry(version));
        BlockSource file = fs.OpenFile(fs.Find("a"));
        byte[] part = new byte[Block + 10];
        file.ReadAt(Block - 5, part);

        Assert.Multiple(() =>
        {
            Assert.That(fs.Attributes("a").Size, Is.EqualTo(s_content.Length));
            Assert.That(file.Map(0, long.MaxValue, out _).Kind, Is.EqualTo(ExtentKind.Encoded));
            Assert.That(fs.ReadAll("a"), Is.EqualTo(s_content));
            Assert.That(part, Is.EqualTo(s_content.AsSpan(Block - 5, Block + 10).ToArray()));
        });
    }

    [TestCase(120, false)]
    [TestCase(41, true)]
    public void Bytes_that_another_file_has_too_are_found(int sector, bool isFound)
    {
        byte[] recorded = Compress(s_content, 1);
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddRockRidgeRoot(
            IsoBytes.Record("A.;1", 40, (uint)recorded.Length, use: [IsoBytes.Px(0x81A4), Entry(1)]),
            IsoBytes.Record("B.;1", 80, (uint)recorded.Length, use: [IsoBytes.Px(0x81A4), Entry(1)]),
            IsoBytes.Record("C.;1", (uint)sector, 2048, use: [IsoBytes.Px(0x81A4)]));
        Assert.That(recorded, Has.Length.InRange(2 * 2048, 40 * 2048));
        image.Write(40, recorded);
        image.Write(80, recorded);
        image.Write(121, new byte[2048]);
        MemorySource volume = image.Build();
        var findings = new List<Finding>();
        OverlapCheck.Of(Iso9660Fixture.Open(volume), volume).Run!(new CheckRun(findings.Add, static _ => { }));
        Assert.That(findings, isFound ? Has.Count.EqualTo(1) : Is.Empty);
    }

    [Test]
    public void Nocompress_shows_them_as_they_are_recorded()
    {
        byte[] recorded = Compress(s_content, 1);
        FileSystem fs = Open(recorded, Entry(1), "nocompress");
        Assert.Multiple(() =>
        {
            Assert.That(fs.Attributes("a").Size, Is.EqualTo(recorded.Length));
            Assert.That(fs.ReadAll("a"), Is.EqualTo(recorded));
        });
    }

    [TestCase(0, 0x38, TestName = "magic")]
    [TestCase(8, 0x38, TestName = "size")]
    [TestCase(12, 5, TestName = "header length")]
    [TestCase(13, 16, TestName = "block size")]
    public void A_header_that_contradicts_its_entry_is_damage(int offset, byte value)
    {
        byte[] recorded = Compress(s_content, 1);
        recorded[offset] = value;
        FileSystem fs = Open(recorded, Entry(1));
        Assert.That(() => fs.OpenFile(fs.Find("a")), Throws.TypeOf<InvalidImageException>().With.Message.Contains("zisofs version 1"));
    }

    [Test]
    public void A_damaged_block_leaves_the_others()
    {
        byte[] recorded = Compress(s_content, 1);
        int third = BinaryPrimitives.ReadInt32LittleEndian(recorded.AsSpan(16 + 8));
        recorded[third + 20] ^= 0xFF;
        FileSystem fs = Open(recorded, Entry(1));
        BlockSource file = fs.OpenFile(fs.Find("a"));
        byte[] last = new byte[100];
        file.ReadAt(3 * Block, last);
        Assert.Multiple(() =>
        {
            Assert.That(last, Is.EqualTo(s_content.AsSpan(3 * Block, 100).ToArray()));
            Assert.That(() => file.ReadAt(2 * Block, last), Throws.TypeOf<InvalidImageException>());
        });
    }

    // A header of zlib that asks for a dictionary, and one that is none: the runtime has its own words for them.
    [TestCase(new byte[] { 0x78, 0xBB, 1, 2, 3, 4 })]
    [TestCase(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    [TestCase(new byte[] { 0x78, 0x9C, 0xFF, 0xFF })]
    public void Damage_is_told_in_words_of_the_programs_own(byte[] damage)
    {
        byte[] recorded = Compress(s_content, 1);
        damage.CopyTo(recorded, BinaryPrimitives.ReadInt32LittleEndian(recorded.AsSpan(16)));
        FileSystem fs = Open(recorded, Entry(1));
        Assert.That(
            () => fs.OpenFile(fs.Find("a")).ReadAt(0, new byte[10]),
            Throws.TypeOf<InvalidImageException>().With.Message.Contains("block 0 is no whole stream of zlib with 32768 bytes in it"));
    }

    // The format's own table, read here: its pointers.
    [TestCase(1)]
    [TestCase(2)]
    public void Extents_are_where_the_pointers_say(int version)
    {
        byte[] recorded = Compress(s_content, version);
        FileSystem fs = Open(recorded, Entry(version));
        BlockSource file = fs.OpenFile(fs.Find("a"));
        var expected = new List<Extent>();
        for (int number = 0; number < 4; number++)
        {
            long start = Pointer(number);
            int stored = (int)(Pointer(number + 1) - start);
            long length = Math.Min(Block, s_content.Length - (number * Block));
            expected.Add(stored == 0 ? Extent.Hole(number * Block, length) : new Extent(number * Block, length, ExtentKind.Encoded, start, stored));
        }

        var found = new List<Extent>();
        for (long offset = 0; offset < file.Length; offset += found[^1].Length)
        {
            found.Add(file.Map(offset, long.MaxValue, out _));
        }

        Assert.That(found, Is.EqualTo(expected));

        long Pointer(int number) => version == 1
            ? BinaryPrimitives.ReadUInt32LittleEndian(recorded.AsSpan(16 + (number * 4)))
            : BinaryPrimitives.ReadInt64LittleEndian(recorded.AsSpan(24 + (number * 8)));
    }

    [TestCase(0u)]
    [TestCase(0xFFFF_FFF0u)]
    public void Pointers_outside_of_the_file_are_damage(uint pointer)
    {
        byte[] recorded = Compress(s_content, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(recorded.AsSpan(20), pointer);
        FileSystem fs = Open(recorded, Entry(1));
        BlockSource file = fs.OpenFile(fs.Find("a"));
        Assert.That(() => file.ReadAt(0, new byte[10]), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void A_size_without_room_for_its_pointers_is_damage()
    {
        byte[] recorded = Compress([1, 2, 3], 2);
        BinaryPrimitives.WriteInt64LittleEndian(recorded.AsSpan(12), 1L << 50);
        FileSystem fs = Open(recorded, IsoBytes.Zf2(Shift, 1UL << 50));
        Assert.That(() => fs.OpenFile(fs.Find("a")), Throws.TypeOf<InvalidImageException>().With.Message.Contains("pointers"));
    }

    [Test]
    public void Other_algorithms_are_refused()
    {
        byte[] entry = IsoBytes.Zf2(Shift, 5);
        entry[4] = (byte)'X';
        FileSystem fs = Open([1, 2, 3], entry);
        Assert.That(() => fs.OpenFile(fs.Find("a")), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("'XZ'"));
    }
}
