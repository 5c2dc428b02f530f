using System.Buffers.Binary;
using ImageFs.FileSystems.SquashFs;
using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.SquashFs;

/// <summary>Structures, where their bytes lie, and what is refused of them.</summary>
internal sealed class StructureTests
{
    private SquashImage _image = null!;

    [SetUp]
    public void Make() => _image = new SquashImage(4, isPlain: true);

    [Test]
    public void Fields_are_counted_from_the_bit_that_the_writer_counted_from()
    {
        byte[] bytes = [0x12, 0x34, 0x56, 0x78, 0x9A];
        Assert.That(new Fields(bytes, false).Word(new Field(4, 12)), Is.EqualTo(0x341));
        Assert.That(new Fields(bytes, true).Word(new Field(4, 12)), Is.EqualTo(0x234));
        Assert.That(new Fields(bytes, false).Word(new Field(8, 32)), Is.EqualTo(0x9A785634));
        Assert.That(new Fields(bytes, true).Word(new Field(8, 32)), Is.EqualTo(0x3456789A));
        Assert.That(new Fields(bytes, true).Word(new Field(19, 13)), Is.EqualTo(0x1678));
        Assert.That(new Fields(bytes, false).Word(default), Is.Zero);
    }

    [Test]
    public void A_file_has_exactly_these_extents()
    {
        FileSystem files = _image.Open();
        BlockSource large = files.OpenFile(PathLookup.Find(files, "/large"));
        long start = _image.Bytes.AsSpan().IndexOf(SquashImage.Large.AsSpan(0, 2 * SquashImage.BlockSize));
        long tail = _image.Bytes.AsSpan().IndexOf(SquashImage.Large.AsSpan(3 * SquashImage.BlockSize));
        Assert.That(Extents(large), Is.EqualTo((Extent[])
        [
            Extent.Mapped(0, 2 * SquashImage.BlockSize, start),
            new Extent(2 * SquashImage.BlockSize, SquashImage.BlockSize, ExtentKind.Hole, 0),
            Extent.Mapped(3 * SquashImage.BlockSize, 5000, tail),
        ]));
        Assert.That(Extents(new SquashImageFile("/large").File).Select(extent => extent.Kind), Is.EqualTo((ExtentKind[])
            [ExtentKind.Encoded, ExtentKind.Mapped, ExtentKind.Hole, ExtentKind.Encoded]));
    }

    [Test]
    public void A_fragment_is_decoded_once_for_all_files_in_it()
    {
        var image = new SquashImage(4);
        var source = new CountingSource(image.Bytes);
        FileSystem files = new SquashFsFormat().Open(source, new OpenContext());
        Assert.That(files.ReadFile("/many/name 0000"), Is.EqualTo(SquashImage.Small));
        for (int i = 1; i < 200; i++)
        {
            _ = files.OpenFile(PathLookup.Find(files, $"/many/name {i:D4}"));
        }

        long reads = source.Reads;
        for (int i = 1; i < 200; i++)
        {
            Assert.That(files.ReadFile($"/many/name {i:D4}"), Is.EqualTo(SquashImage.Small));
        }

        Assert.That(source.Reads, Is.EqualTo(reads));
    }

    [Test]
    public void An_end_that_its_fragment_does_not_have_is_an_error_whoever_decoded_that()
    {
        // The large file's end comes first in the fragment, and the small ones follow: one that begins behind them has nothing there.
        var image = new SquashImage(4);
        FileSystem sound = image.Open();
        NodeId small = PathLookup.Find(sound, "/small");
        var plain = new SquashImage(4, isPlain: true);
        FileSystem moved = MoveEnd(plain, PathLookup.Find(plain.Open(), "/small"), SquashImage.BlockSize - SquashImage.SmallSize);
        Assert.That(() => moved.ReadFile("/small"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("fragment 0"));
        Assert.That(sound.ReadFile("/small"), Is.EqualTo(SquashImage.Small));
        Assert.That(sound.OpenFile(small).Length, Is.EqualTo(SquashImage.SmallSize));

        // Of a compressed fragment nothing tells its length before it is decoded: by this file, or by another.
        foreach (string first in (string[])["/small", "/large"])
        {
            var mixed = new SquashImage(4, isPlainMetadata: true);
            FileSystem files = MoveEnd(mixed, PathLookup.Find(mixed.Open(), "/small"), SquashImage.BlockSize - SquashImage.SmallSize);
            if (first == "/large")
            {
                Assert.That(files.ReadFile(first), Is.EqualTo(SquashImage.Large));
            }

            Assert.That(() => files.ReadFile("/small"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("fragment 0, which has 6234 bytes"), first);
            Assert.That(files.ReadFile("/large"), Is.EqualTo(SquashImage.Large), "another file of the fragment");
        }

        // An offset is 24 bytes into a file's inode; the table begins two bytes behind its address.
        static FileSystem MoveEnd(SquashImage image, NodeId node, int offset)
        {
            int table = (int)BinaryPrimitives.ReadUInt64LittleEndian(image.Bytes.AsSpan(64));
            int block = (int)(node.Value >> 16);
            BinaryPrimitives.WriteUInt32LittleEndian(image.Bytes.AsSpan(table + block + 2 + (int)(node.Value & 0xFFFF) + 24), (uint)offset);
            return image.Open();
        }
    }

    [Test]
    public void A_super_block_is_refused_by_what_is_wrong()
    {
        AssertRefused(28, 0, "version");
        AssertRefused(12, 5000u, "block size");
        AssertRefused(22, 33, "block size");
        AssertRefused(26, 0, "users");
        AssertRefused(64, uint.MaxValue, "inode table");
        AssertRefused(72, 0u, "directory table");
        AssertRefused(80, uint.MaxValue, "fragment table");
        AssertRefused(16, uint.MaxValue, "fragments");
        AssertRefused(48, 1u << 30, "table of users");
    }

    [Test]
    public void An_inode_outside_of_its_table_is_an_error()
    {
        FileSystem files = _image.Open();
        foreach (ulong node in (ulong[])[ulong.MaxValue, 0xFFFF_FFFF_0000, 9000, 5, 1UL << 60])
        {
            Assert.That(() => files.GetAttributes(new NodeId(node)), Throws.InstanceOf<ImageException>(), $"{node:X}");
        }
    }

    [Test]
    public void A_file_is_no_directory_and_a_directory_no_file()
    {
        FileSystem files = _image.Open();
        NodeId large = PathLookup.Find(files, "/large");
        Assert.That(() => files.ReadDirectory(large, 0, new NoSink()), ThrowsErrno(Errno.ENOTDIR));
        Assert.That(() => files.OpenFile(files.Root), ThrowsErrno(Errno.EISDIR));
        Assert.That(() => files.ReadLink(large), ThrowsErrno(Errno.EINVAL));
    }

    [Test]
    public void A_directory_in_itself_is_found_by_verify_and_ends()
    {
        // "many" is what its parent says that "large" is.
        int many = _image.Bytes.AsSpan().LastIndexOf("many"u8) - 8;
        int large = _image.Bytes.AsSpan().LastIndexOf("large"u8) - 8;
        _image.Bytes.AsSpan(many, 4).CopyTo(_image.Bytes.AsSpan(large));
        var found = new List<ImageFs.Storage.Checking.Finding>();
        foreach (ImageFs.Storage.Checking.Check check in _image.Open().Checks.Structures)
        {
            check.Run!(new ImageFs.Storage.Checking.CheckRun(found.Add, static _ => { }));
        }

        Assert.That(found.Select(finding => finding.ToString()), Has.Some.Contains("another directory has").And.Some.Contains("no directory has a name for it"));
    }

    private static List<Extent> Extents(BlockSource file)
    {
        var extents = new List<Extent>();
        for (long at = 0; at < file.Length; at += extents[^1].Length)
        {
            Extent extent = file.Map(at, long.MaxValue, out _);
            extents.Add(extent.Kind == ExtentKind.Hole ? extent with { Address = 0 } : extent);
        }

        return extents;
    }

    private static NUnit.Framework.Constraints.EqualConstraint<Errno> ThrowsErrno(Errno errno) =>
        Throws.TypeOf<LinuxException>().With.Property(nameof(LinuxException.Errno)).EqualTo(errno);

    private void AssertRefused(int at, uint value, string problem)
    {
        byte[] bytes = [.. _image.Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
        Refuse(bytes, problem);
    }

    private void AssertRefused(int at, int value, string problem)
    {
        byte[] bytes = [.. _image.Bytes];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)value);
        Refuse(bytes, problem);
    }

    private static void Refuse(byte[] bytes, string problem) => Assert.That(
        () => new SquashFsFormat().Open(new MemorySource(bytes), new OpenContext()),
        Throws.TypeOf<InvalidImageException>().With.Message.Contains(problem).And.Message.Contains("(squashfs_super_block)"));

    private sealed class SquashImageFile(string path)
    {
        private readonly FileSystem _files = new SquashImage(4).Open();

        public BlockSource File => _files.OpenFile(PathLookup.Find(_files, path));
    }

    private sealed class NoSink : IDirectorySink
    {
        public bool Add(in DirectoryEntry entry) => false;
    }
}
