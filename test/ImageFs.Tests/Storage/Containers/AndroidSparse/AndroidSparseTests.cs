using System.Buffers.Binary;
using System.IO.Hashing;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers.AndroidSparse;

/// <summary>Sparse images that Android's own tools made, and chunks made by hand.</summary>
internal sealed class AndroidSparseTests
{
    private const int Block = 4096;
    private const int Length = 6 << 20;

    private DiskFolder _folder = null!;

    [SetUp]
    public void Make() => _folder = new DiskFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [TestCase(4096)]
    [TestCase(1024)]
    [TestCase(65536)]
    public void A_disk_is_read_as_it_was_written(int blockSize)
    {
        byte[] source = _folder.WriteSource(Length);
        _folder.Run("img2simg", [DiskFolder.Source, "disk", $"{blockSize}"]);
        Assert.That(new FileInfo(_folder["disk"]).Length, Is.LessThan(Length));
        BlockSource disk = _folder.Open("disk");
        Assert.That(disk, Is.InstanceOf<Container>());
        Assert.That(((Container)disk).Format, Is.EqualTo("android-sparse"));
        DiskAssert.Holds(disk, source);
        Assert.That(DiskAssert.MapWhole(disk).Select(extent => extent.Kind), Does.Contain(ExtentKind.Mapped).And.Contain(ExtentKind.Own).And.Contain(ExtentKind.Unwritten));
    }

    [TestCase("disk.0")]
    [TestCase("disk.2")]
    [TestCase("disk.img_sparsechunk.1")]
    [TestCase("disk_sparsechunk1")]
    public void The_parts_of_one_are_found_whichever_is_named(string named)
    {
        byte[] source = MakeParts(named.TrimEnd('0', '1', '2'));
        DiskAssert.Holds(_folder.Open(named), source);
        Assert.That(_folder.Warnings, Is.Empty);

        // As Android's own reader puts them together.
        string[] parts = [.. Directory.EnumerateFiles(_folder[string.Empty]).Select(path => Path.GetFileName(path)!).Where(name => name != DiskFolder.Source)];
        Assert.That(parts, Has.Length.AtLeast(3));
        _folder.Run("simg2img", [.. parts, "whole"]);
        Assert.That(File.ReadAllBytes(_folder["whole"]).AsSpan().SequenceEqual(source));
    }

    [Test]
    public void A_part_that_is_missing_is_an_error()
    {
        MakeParts("disk_sparsechunk.");
        File.Delete(_folder["disk_sparsechunk.1"]);
        Assert.That(() => _folder.Open("disk_sparsechunk.0"), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("disk_sparsechunk.1 of the sparse image is missing"));
        File.Delete(_folder["disk_sparsechunk.0"]);
        Assert.That(() => _folder.Open("disk_sparsechunk.2"), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("disk_sparsechunk.1"));
    }

    [Test]
    public void What_only_has_the_name_of_a_part_is_an_image_by_itself()
    {
        byte[] source = _folder.WriteSource(Length);
        _folder.Run("img2simg", [DiskFolder.Source, "disk-1.5"]);
        DiskAssert.Holds(_folder.Open("disk-1.5"), source);
        Assert.That(_folder.Warnings, Is.Empty);
        File.Copy(_folder["disk-1.5"], _folder["disk-1.6"]);
        DiskAssert.Holds(_folder.Open("disk-1.5"), source);
        Assert.That(_folder.Warnings.Single(), Does.Contain("missing").And.Contain("by itself"));
        File.Copy(_folder["disk-1.5"], _folder["disk-1.0"]);
        File.Copy(_folder["disk-1.5"], _folder["disk-1.1"]);
        File.Delete(_folder["disk-1.5"]);
        File.Delete(_folder["disk-1.6"]);
        _folder.Warnings.Clear();
        DiskAssert.Holds(_folder.Open("disk-1.1"), source);
        Assert.That(_folder.Warnings.Single(), Does.Contain("both have byte"));
    }

    [Test]
    public void Chunks_of_every_type_are_what_they_say()
    {
        byte[] raw = [.. Enumerable.Range(0, 2 * Block).Select(i => unchecked((byte)(i * 7)))];
        byte[] image = Image(6, Chunk(0xCAC3, 1), Chunk(0xCAC1, 2, raw), Chunk(0xCAC2, 1, [1, 2, 3, 4]), Chunk(0xCAC2, 1, new byte[4]));
        byte[] expected = new byte[6 * Block];
        raw.CopyTo(expected, Block);
        for (int i = 0; i < Block; i++)
        {
            expected[(3 * Block) + i] = (byte)((i % 4) + 1);
        }

        BlockSource disk = _folder.Open(image);
        DiskAssert.Holds(disk, expected);
        Assert.That(DiskAssert.MapWhole(disk), Is.EqualTo((Extent[])
        [
            Extent.Hole(0, Block), Extent.Mapped(Block, 2 * Block, 28 + 12 + 12), new(3 * Block, Block, ExtentKind.Own, 0),
            new(4 * Block, Block, ExtentKind.Unwritten, 0), Extent.Hole(5 * Block, Block),
        ]));
    }

    [Test]
    public void Verify_adds_up_the_disk()
    {
        byte[] raw = new byte[Block];
        new Random(1).NextBytes(raw);
        uint first = Crc32.HashToUInt32(raw);
        uint whole = Crc32.HashToUInt32([.. raw, .. new byte[2 * Block]]);
        byte[] image = Image(3, Chunk(0xCAC1, 1, raw), Sum(first), Chunk(0xCAC3, 1), Sum(Crc32.HashToUInt32([.. raw, .. new byte[Block]])));
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(24), whole);
        Assert.That(Verify(image, out string extent), Is.Empty);
        Assert.That(extent, Is.EqualTo("3"));
        image[28 + 12 + 5] ^= 1;
        Assert.That(Verify(image, out _), Has.Length.EqualTo(3).And.All.Contains("and the image says 0x"));
        Assert.That(Verify(Image(1, Chunk(0xCAC1, 1, raw)), out _, CheckState.Absent), Is.Empty);

        static byte[] Sum(uint value)
        {
            byte[] bytes = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            return Chunk(0xCAC4, 0, bytes);
        }
    }

    [Test]
    public void Longer_headers_of_later_versions_are_passed_over()
    {
        byte[] raw = [.. Enumerable.Repeat((byte)5, Block)];
        byte[] chunk = [.. Chunk(0xCAC1, 1, raw)[..12], .. new byte[4], .. raw];
        BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(8), chunk.Length);
        byte[] image = [.. Image(1)[..28], .. new byte[8], .. chunk];
        BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(6), 3);
        BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(8), 36);
        BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(10), 16);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(20), 1);
        DiskAssert.Holds(_folder.Open(image), raw);
    }

    [TestCase(8, 27, "its own length is 27")]
    [TestCase(10, 11, "that of a chunk's header 11")]
    [TestCase(12, 4098, "blocks of 4098 bytes")]
    [TestCase(12, 0, "blocks of 0 bytes")]
    [TestCase(28 + 4, 7, "and with 7 blocks")]
    [TestCase(16, 1, "end behind the disk's 1")]
    public void A_header_that_cannot_be_is_refused(int offset, int value, string message)
    {
        byte[] image = Image(2, Chunk(0xCAC1, 2, new byte[2 * Block]));
        BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(offset), (short)value);
        Assert.That(() => _folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains(message));
    }

    [Test]
    public void Other_versions_and_chunks_are_refused_by_their_numbers()
    {
        byte[] image = Image(1, Chunk(0xCAC5, 1));
        Assert.That(() => _folder.Open(image), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("type 0xCAC5"));
        image[4] = 2;
        Assert.That(() => _folder.Open(image), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("version 2.0"));
    }

    [Test]
    public void Of_a_file_that_is_cut_short_what_is_there_is_read()
    {
        byte[] raw = [.. Enumerable.Repeat((byte)5, Block)];
        byte[] image = Image(5, Chunk(0xCAC1, 1, raw), Chunk(0xCAC3, 1), Chunk(0xCAC1, 1, raw), Chunk(0xCAC3, 2));
        BlockSource disk = _folder.Open(image[..^20]);
        byte[] read = new byte[2 * Block];
        disk.ReadAt(0, read);
        Assert.That(read.AsSpan(0, Block).SequenceEqual(raw));
        disk.ReadAt(2 * Block, read.AsSpan(0, Block - 8));
        Assert.That(() => disk.ReadAt((3 * Block) - 8, read.AsSpan(0, 8)), Throws.TypeOf<TruncatedImageException>());
        Assert.That(() => disk.ReadAt(4 * Block, read.AsSpan(0, 8)), Throws.TypeOf<TruncatedImageException>());
        Assert.That(_folder.Warnings.Single(), Does.Contain("cut short after 3 of 4 chunks"));
    }

    [Test]
    public void A_file_that_ends_in_its_last_chunk_is_cut_short()
    {
        BlockSource disk = _folder.Open(Image(2, Chunk(0xCAC3, 1), Chunk(0xCAC1, 1, new byte[Block]))[..^1]);
        Assert.That(_folder.Warnings.Single(), Does.Contain("cut short"));
        Assert.That(() => disk.ReadAt((2 * Block) - 1, new byte[1]), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void A_changed_image_gives_errors_of_the_image_only()
    {
        byte[] image = Image(
            40, [.. Enumerable.Range(0, 8).SelectMany(i => (byte[][])[Chunk(0xCAC1, 1, [.. Enumerable.Repeat((byte)i, Block)]), Chunk(0xCAC2, 1, [1, 2, 3, (byte)i]), Chunk(0xCAC3, 2)])]);
        DiskMutations.Check(image, 61);
    }

    private byte[] MakeParts(string prefix)
    {
        byte[] source = _folder.WriteSource(Length, seed: 4);
        _folder.Run("img2simg", [DiskFolder.Source, "whole"]);
        _folder.Run("simg2simg", ["whole", "part", "600000"]);
        File.Delete(_folder["whole"]);
        foreach (string part in Directory.GetFiles(_folder[string.Empty], "part.*"))
        {
            File.Move(part, _folder[$"{prefix}{Path.GetExtension(part)[1..]}"]);
        }

        return source;
    }

    private string[] Verify(byte[] image, out string extent, CheckState state = CheckState.Done)
    {
        var found = new List<string>();
        var run = new CheckRun(finding => found.Add($"{finding}"), static _ => { });
        ((Container)_folder.Open(image)).Checks.Single().Run!(run);
        Assert.That(run.State, Is.EqualTo(state));
        extent = run.Extent;
        return [.. found];
    }

    private static byte[] Image(int blocks, params byte[][] chunks)
    {
        byte[] header = new byte[28];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0xED26FF3A);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(4), 1);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(8), 28);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(10), 12);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), Block);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), blocks);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(20), chunks.Length);
        return [.. header, .. chunks.SelectMany(chunk => chunk)];
    }

    private static byte[] Chunk(int type, int blocks, params byte[] stored)
    {
        byte[] chunk = new byte[12 + stored.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(chunk, (ushort)type);
        BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(4), blocks);
        BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(8), chunk.Length);
        stored.CopyTo(chunk, 12);
        return chunk;
    }
}
