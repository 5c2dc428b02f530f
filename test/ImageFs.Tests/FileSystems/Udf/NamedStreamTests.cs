using System.Text;
using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Iso9660;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>Named streams, which are extended attributes to a reader.</summary>
internal sealed class NamedStreamTests
{
    private const uint Entry = 3;
    private const uint Directory = 4;
    private const uint Stream = 5;

    [Test]
    public void Streams_are_extended_attributes_of_users([Values] PartitionKind kind, [Values(512, 2048)] int blockSize)
    {
        FileSystem fs = new UdfImage(kind, blockSize).AddAll().Open();
        Assert.That(fs.HasExtendedAttributes);
        Assert.That(Names(fs, "streams"), Is.EqualTo(new[] { "user.*UDF Macintosh Resource Fork", "user.Zone.Identifier" }));
        Assert.That(Get(fs, "streams", "user.*UDF Macintosh Resource Fork"), Is.EqualTo("fork"u8.ToArray()));
        Assert.That(Get(fs, "streams", "user.Zone.Identifier"), Is.EqualTo(fs.ReadAll("file")[..blockSize]));
        Assert.That(fs.ReadAll("streams"), Is.EqualTo("with streams"u8.ToArray()));
    }

    [TestCase("user.gone")]
    [TestCase("user.zone.identifier")]
    [TestCase("user...")]
    [TestCase("user.")]
    [TestCase("Zone.Identifier")]
    [TestCase("security.Zone.Identifier")]
    public void Another_name_is_none(string name) => Assert.That(Get(new UdfImage().AddAll().Open(), "streams", name), Is.Null);

    [Test]
    public void Files_without_streams_have_no_attributes()
    {
        FileSystem fs = new UdfImage().AddAll().Open();
        foreach (string path in (string[])["file", "embedded", "directory", "link"])
        {
            Assert.That(Names(fs, path), Is.Empty, path);
            Assert.That(Get(fs, path, "user.Zone.Identifier"), Is.Null, path);
        }
    }

    [TestCase(0x0102, false)]
    [TestCase(0x0150, false)]
    [TestCase(0x0200, true)]
    [TestCase(0x0260, true)]
    public void Volumes_of_revisions_without_streams_are_not_asked(int revision, bool has) =>
        Assert.That(new UdfImage(revision: revision).Open().HasExtendedAttributes, Is.EqualTo(has));

    [Test]
    public void A_name_that_an_attribute_cannot_have_is_cut_and_has_the_CRC()
    {
        FileSystem fs = WithStreams(UdfBytes.Identifier(new string('n', 250), Icb(Stream)), UdfBytes.Identifier(new string('n', 251), Icb(Stream))).Open();
        string[] names = Names(fs, "file");
        Assert.That(names[0], Is.EqualTo($"user.{new string('n', 250)}"));
        Assert.That(names[1], Does.Match("^user[.]n{245}#[0-9A-F]{4}$"));
        Assert.That(Get(fs, "file", names[1]), Is.EqualTo("stream"u8.ToArray()));
    }

    [TestCase(65536, false)]
    [TestCase(65537, true)]
    public void A_stream_is_told_to_64_KiB(int length, bool isTooBig)
    {
        UdfImage image = WithStreams(UdfBytes.Identifier("large", Icb(Stream)));
        image.Write(Stream, new FileParts { Form = AllocationForm.Short, Descriptors = UdfBytes.Short(length, UdfImage.Data), Length = length }.ToBytes(Stream));
        image.WriteData(UdfImage.Data + 32, [1, 2, 3]);
        FileSystem fs = image.Open();
        Assert.That(Names(fs, "file"), Is.EqualTo(new[] { "user.large" }));
        if (isTooBig)
        {
            Assert.That(Assert.Throws<LinuxException>(() => Get(fs, "file", "user.large"))!.Errno, Is.EqualTo(Errno.E2BIG));
        }
        else
        {
            Assert.That(Get(fs, "file", "user.large"), Is.EqualTo(image.Bytes[((int)(UdfImage.Partition + UdfImage.Data) * 2048)..][..length]));
        }
    }

    [Test]
    public void A_stream_of_any_length_has_to_lie_somewhere()
    {
        UdfImage image = WithStreams(UdfBytes.Identifier("large", Icb(Stream)));
        image.Write(Stream, new FileParts { Form = AllocationForm.Short, Descriptors = UdfBytes.Short(2048, UdfImage.Data), Length = 1L << 40 }.ToBytes(Stream));
        Assert.Throws<InvalidImageException>(() => Get(image.Open(), "file", "user.large"));
    }

    [Test]
    public void More_names_than_a_reader_can_be_given_are_an_error()
    {
        byte[] one = UdfBytes.Identifier(new string('n', 250), Icb(Stream));
        var image = new UdfImage();
        image.Add("file", Entry, Streamed(image));
        image.Write(Directory, new FileParts
        {
            Type = FileType.StreamDirectory,
            Form = AllocationForm.Short,
            Descriptors = [.. Enumerable.Repeat(UdfBytes.Short(2048, UdfImage.Data), 63).SelectMany(bytes => bytes)],
            Length = 63 * 2048,
        }.ToBytes(Directory));

        // As many entries as there is room for in a block, and one that fills it.
        byte[] block = [.. Enumerable.Repeat(one, 6).SelectMany(bytes => bytes), .. UdfBytes.Identifier([8, .. "nn"u8], Icb(Stream), use: new byte[2048 - (6 * 292) - 44])];
        Assert.That(block, Has.Length.EqualTo(2048));
        image.WriteData(UdfImage.Data, block).Write(Stream, new FileParts { Descriptors = "stream"u8.ToArray() }.ToBytes(Stream));
        FileSystem fs = image.Open();
        Assert.That(Assert.Throws<LinuxException>(() => Names(fs, "file"))!.Errno, Is.EqualTo(Errno.E2BIG));
        Assert.That(Get(fs, "file", $"user.{new string('n', 250)}"), Is.EqualTo("stream"u8.ToArray()));
        AssertSound(fs);
    }

    [Test]
    public void A_directory_that_does_not_end_is_an_error()
    {
        UdfImage image = WithStreams();
        image.Write(Directory, new FileParts
        {
            Type = FileType.StreamDirectory,
            Form = AllocationForm.Short,
            Descriptors = UdfBytes.Short(0x3FFF_F800, 0, AllocationType.NotAllocated),
            Length = 0x3FFF_F800,
        }.ToBytes(Directory));
        Assert.That(Assert.Throws<LinuxException>(() => Names(image.Open(), "file"))!.Errno, Is.EqualTo(Errno.E2BIG));
    }

    [Test]
    public void What_is_damaged_is_told_and_the_file_is_read_nevertheless()
    {
        byte[] damaged = UdfBytes.Identifier("damaged", Icb(Stream));
        damaged[^2] ^= 1;
        FileSystem fs = WithStreams(damaged, UdfBytes.Identifier("sound", Icb(Stream))).Open();
        Assert.That(Get(fs, "file", "user.sound"), Is.EqualTo("stream"u8.ToArray()));
        Assert.That(Assert.Throws<InvalidImageException>(() => Names(fs, "file"))!.Clause, Is.EqualTo("ECMA-167 4/14.4"));
        Assert.Throws<InvalidImageException>(() => Get(fs, "file", "user.damaged"));
        AssertSound(fs);
    }

    [Test]
    public void A_directory_of_streams_is_one_and_a_stream_is_a_file()
    {
        UdfImage image = WithStreams(UdfBytes.Identifier("stream", Icb(Stream)), UdfBytes.Identifier("itself", Icb(Directory)), UdfBytes.Identifier("nowhere", Icb(1000)));
        FileSystem fs = image.Open();
        Assert.That(Names(fs, "file"), Has.Length.EqualTo(3));
        Assert.That(Assert.Throws<InvalidImageException>(() => Get(fs, "file", "user.itself"))!.Message, Does.Contain("4/9.2"));
        Assert.Throws<InvalidImageException>(() => Get(fs, "file", "user.nowhere"));
        image.Write(Directory, new FileParts { IsExtended = true }.ToBytes(Directory));
        Assert.Throws<InvalidImageException>(() => Names(image.Open(), "file"));
        image.Write(Directory, new byte[2048]);
        Assert.Throws<InvalidImageException>(() => Names(image.Open(), "file"));
        AssertSound(image.Open());
    }

    private static LogicalBlock Icb(uint block) => new(0, block);

    // A file with a stream directory of these entries, and a stream that they may name.
    private static UdfImage WithStreams(params byte[][] identifiers)
    {
        var image = new UdfImage();
        image.Add("file", Entry, Streamed(image));
        image.Write(Stream, new FileParts { Descriptors = "stream"u8.ToArray() }.ToBytes(Stream));
        return image.WriteStreamDirectory(Directory, identifiers);
    }

    private static FileParts Streamed(UdfImage image) =>
        new() { IsExtended = true, Descriptors = "main"u8.ToArray(), StreamDirectoryIcb = UdfBytes.Long(2048, image.At(Directory)) };

    private static void AssertSound(FileSystem fs)
    {
        Assert.That(fs.Attributes("file").Size, Is.EqualTo(4));
        Assert.That(fs.ReadAll("file"), Is.EqualTo("main"u8.ToArray()));
    }

    private static string[] Names(FileSystem fs, string path) => [.. fs.ListExtendedAttributes(fs.Find(path)).Select(Encoding.UTF8.GetString)];

    private static byte[]? Get(FileSystem fs, string path, string name) => fs.GetExtendedAttribute(fs.Find(path), Encoding.UTF8.GetBytes(name));
}
