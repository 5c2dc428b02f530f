using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Ntfs;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.Storage.Decoding;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ntfs;

/// <summary>Compressed files, reparse points, extended attributes and streams, by records that are changed: where their bytes lie, and their damage.</summary>
internal sealed class ContentsTests
{
    private const string Path = "file-4096";
    private const int Unit = 16 * NtfsImage.ClusterSize;
    private const long Free = 1500;
    private const uint Overlay = 0x8000_0017;

    private static readonly byte[] s_text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 9000).Select(i => $"{i} and ")))[..Unit];

    [Test]
    public void Units_are_decoded_spliced_or_holes()
    {
        var image = new NtfsImage();
        byte[] encoded = Lznt1Encoder.Encode(s_text);
        int clusters = (encoded.Length + NtfsImage.ClusterSize - 1) / NtfsImage.ClusterSize;
        encoded.CopyTo(image.Cluster(Free, clusters));
        image.Cluster(Free + 100, 16).Fill((byte)'s');
        BlockSource file = Compress(image, [(clusters, Free), (16 - clusters, -1), (16, -1), (16, Free + 100)], (3 * Unit) - 100);
        Assert.That(Extents(file), Is.EqualTo((string[])
        [
            $"Encoded 0+{Unit} at {Free * NtfsImage.ClusterSize} in {clusters * NtfsImage.ClusterSize}", $"Hole {Unit}+{Unit}",
            $"Mapped {2 * Unit}+{Unit - 100} at {(Free + 100) * NtfsImage.ClusterSize}",
        ]));
        Assert.That(Read(file), Is.EqualTo((byte[])[.. s_text, .. new byte[Unit], .. Enumerable.Repeat((byte)'s', Unit - 100)]));
    }

    [Test]
    public void A_unit_in_fragments_is_decoded()
    {
        var image = new NtfsImage();
        byte[] encoded = Lznt1Encoder.Encode(s_text);
        int clusters = (encoded.Length + NtfsImage.ClusterSize - 1) / NtfsImage.ClusterSize;
        Array.Resize(ref encoded, clusters * NtfsImage.ClusterSize);
        encoded.AsSpan(NtfsImage.ClusterSize).CopyTo(image.Cluster(Free, clusters));
        encoded.AsSpan(0, NtfsImage.ClusterSize).CopyTo(image.Cluster(Free + 50));
        Assert.That(Read(Compress(image, [(1, Free + 50), (clusters - 1, Free), (16 - clusters, -1)], 50_000)), Is.EqualTo(s_text[..50_000]));
    }

    [Test]
    public void Bytes_that_were_not_written_are_zeros()
    {
        var image = new NtfsImage();
        Lznt1Encoder.Encode(s_text).CopyTo(image.Cluster(Free, 15));
        Assert.That(Read(Compress(image, [(15, Free), (1, -1)], 50_000, initialized: 1000)), Is.EqualTo((byte[])[.. s_text[..1000], .. new byte[49_000]]));
    }

    [Test]
    public void A_unit_with_a_hole_before_its_last_cluster_is_damage() => Assert.That(
        () => Read(Compress(new NtfsImage(), [(1, Free), (1, -1), (1, Free + 1), (13, -1)], 50_000)),
        Throws.InstanceOf<InvalidImageException>().With.Message.Contains("has a hole before its last cluster"));

    [Test]
    public void A_unit_that_cannot_be_decoded_is_damage()
    {
        var image = new NtfsImage();
        image.Cluster(Free).Fill(0xFF);
        Assert.That(() => Read(Compress(image, [(1, Free), (15, -1)], 50_000)), Throws.InstanceOf<InvalidImageException>().With.Message.Contains("are not of LZNT1"));
    }

    [TestCase((byte)13)]
    [TestCase((byte)200)]
    public void Units_that_are_too_large_are_damage(byte unit) => Assert.That(
        () => Compress(new NtfsImage(), [(1, Free), (15, -1)], 50_000, unit: unit),
        Throws.InstanceOf<InvalidImageException>().With.Message.Contains("units of compression"));

    [TestCase(0x4000, "encrypted (EFS)")]
    [TestCase(0x0002, "compressed by the method 2")]
    public void What_is_kept_in_another_way_is_refused_by_name(int flags, string said) => Assert.That(
        () => Compress(new NtfsImage(), [(16, Free)], 50_000, flags: (ushort)flags),
        Throws.InstanceOf<UnsupportedFeatureException>().With.Message.Contains(said));

    [Test]
    public void Chunks_of_system_compression_that_are_stored_are_spliced()
    {
        var image = new NtfsImage();
        byte[] stored = [.. BitConverter.GetBytes(4096), .. s_text[..(4096 + 904)]];
        stored.CopyTo(image.Cluster(Free, 2));
        BlockSource file = System(image, 5000, 0, NtfsImage.NonResident(AttributeType.Data, [(2, Free)], stored.Length, name: "WofCompressedData"));
        Assert.That(Extents(file), Is.EqualTo((string[])[$"Mapped 0+5000 at 4"]));
        Assert.That(Read(file), Is.EqualTo(s_text[..5000]));
        Assert.That(file.Locate(100, 10).Address, Is.EqualTo((Free * NtfsImage.ClusterSize) + 104));
    }

    [TestCase(new int[] { 0 }, "is from byte 4 to 4")]
    [TestCase(new int[] { 5000 }, "begins 5000 bytes behind the table")]
    [TestCase(new int[] { -1 }, "begins 4294967295 bytes behind the table")]
    public void A_table_of_chunks_that_cannot_be_is_damage(int[] table, string said)
    {
        byte[] stored = [.. table.SelectMany(BitConverter.GetBytes), .. new byte[60]];
        Assert.That(
            () => Read(System(new NtfsImage(), 5000, 0, NtfsImage.Resident(AttributeType.Data, stored, "WofCompressedData"))),
            Throws.InstanceOf<InvalidImageException>().With.Message.Contains(said));
    }

    [TestCase(100_000_000, "no room for a table of 24415 chunks")]
    [TestCase(long.MaxValue, "no room for a table")]
    public void A_table_that_is_longer_than_its_stream_is_damage(long length, string said) => Assert.That(
        () => System(new NtfsImage(), length, 0, NtfsImage.Resident(AttributeType.Data, new byte[100], "WofCompressedData")),
        Throws.InstanceOf<InvalidImageException>().With.Message.Contains(said));

    [Test]
    public void A_chunk_that_cannot_be_decoded_is_damage([Range(0, 3)] int algorithm) => Assert.That(
        () => Read(System(new NtfsImage(), 3000, algorithm, NtfsImage.Resident(AttributeType.Data, new byte[300], "WofCompressedData"))),
        Throws.InstanceOf<InvalidImageException>().With.Message.Contains("of its chunk at 0 are not of"));

    [Test]
    public void A_compressed_system_file_without_its_stream_is_damage() => Assert.That(
        () => System(new NtfsImage(), 3000, 0), Throws.InstanceOf<InvalidImageException>().With.Message.Contains("has no stream WofCompressedData"));

    [TestCase(0xA000000Cu, "", "the link has 0 bytes")]
    [TestCase(0xA000000Cu, "0000000000FF08000000000041004200", "is not in its")]
    [TestCase(0xA000000Cu, "000000000000000000000000", "target of the link has 0 bytes")]
    [TestCase(0xA0000003u, "0000000010000400", "is not in its")]
    [TestCase(0xA000001Du, "02000000", "the link has 4 bytes")]
    public void A_link_that_is_damaged_is_an_error_and_its_neighbours_are_read(uint tag, string data, string said)
    {
        var image = new NtfsImage();
        NodeId node = Add(image, Reparse(tag, Convert.FromHexString(data)));
        FileSystem fileSystem = image.Open();
        Assert.That(() => fileSystem.ReadLink(node), Throws.InstanceOf<InvalidImageException>().With.Message.Contains(said));
        Assert.That(() => fileSystem.GetAttributes(node), Throws.InstanceOf<InvalidImageException>());
        Assert.That(fileSystem.GetAttributes(new NodeId((ulong)image.Find("file-4097"))).Size, Is.EqualTo(4097));
    }

    [Test]
    public void A_junction_whose_folders_lead_in_a_circle_is_damage()
    {
        var image = new NtfsImage();
        long deep = image.Find("deep");
        ulong itself = (ulong)deep | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(image.Raw(deep)[16..]) << 48);
        image.Change(deep, AttributeType.FileName, name =>
        {
            name = [.. name];
            BinaryPrimitives.WriteUInt64LittleEndian(name.AsSpan(BinaryPrimitives.ReadUInt16LittleEndian(name.AsSpan(20))), itself);
            return name;
        });
        byte[] target = Encoding.Unicode.GetBytes("C:\\x");
        image.SetAttributes(deep, [.. image.Attributes(deep), Reparse(0xA0000003, [0, 0, 0, 0, 0, 0, (byte)target.Length, 0, .. target])]);
        Assert.That(() => image.Open().ReadLink(new NodeId((ulong)deep)), Throws.InstanceOf<InvalidImageException>().With.Message.Contains("folders"));
    }

    [TestCase("00000000000200004142")]
    [TestCase("FF0000000001000041000000")]
    [TestCase("0000")]
    [TestCase("0900000000010000410000000000")]
    public void Extended_attributes_that_do_not_fit_are_damage(string bytes)
    {
        var image = new NtfsImage();
        NodeId node = Add(image, NtfsImage.Resident(AttributeType.ExtendedAttributes, Convert.FromHexString(bytes)));
        Assert.That(() => image.Open().ListExtendedAttributes(node), Throws.InstanceOf<InvalidImageException>().With.Message.Contains("extended attributes of file record"));
    }

    [Test]
    public void A_stream_is_an_attribute_a_file_or_nothing()
    {
        var image = new NtfsImage();
        NodeId node = Add(image, NtfsImage.Resident(AttributeType.Data, "first"u8, "one"));
        Assert.That(image.Open().GetExtendedAttribute(node, "user.one"u8), Is.EqualTo("first"u8.ToArray()));
        Assert.That(image.Open("streams_interface=none").GetExtendedAttribute(node, "user.one"u8), Is.Null);
        FileSystem windows = image.Open("streams_interface=windows");
        Assert.That(windows.GetExtendedAttribute(node, "user.one"u8), Is.Null);
        Assert.That(windows.TryLookup(windows.Root, Encoding.UTF8.GetBytes(Path + ":one"), out NodeId stream));
        Assert.That(Read(windows.OpenFile(stream)), Is.EqualTo("first"u8.ToArray()));
        Assert.That(windows.GetAttributes(stream).Size, Is.EqualTo(5));
        Assert.That(stream, Is.Not.EqualTo(node));
        Assert.That(() => windows.GetAttributes(new NodeId(stream.Value + (7UL << 32))), Throws.InstanceOf<InvalidImageException>());
    }

    [Test]
    public void A_stream_that_is_too_large_for_an_attribute_is_said_to_be()
    {
        var image = new NtfsImage();
        NodeId node = Add(image, NtfsImage.NonResident(AttributeType.Data, [(20, Free)], 70_000, name: "large"));
        Assert.That(image.Open().ListExtendedAttributes(node).Select(Encoding.UTF8.GetString), Does.Contain("user.large"));
        Assert.That(() => image.Open().GetExtendedAttribute(node, "user.large"u8), Throws.InstanceOf<LinuxException>().With.Property(nameof(LinuxException.Errno)).EqualTo(Errno.E2BIG));
    }

    private static BlockSource Compress(NtfsImage image, (long Count, long Cluster)[] runs, long size, long? initialized = null, byte unit = 4, ushort flags = 1)
    {
        byte[] attribute = NtfsImage.NonResident(AttributeType.Data, runs, size, initialized);
        NtfsImage.Put16(attribute, 12, flags);
        attribute[34] = unit;
        return Open(image, attribute);
    }

    private static BlockSource System(NtfsImage image, long length, int algorithm, params byte[][] streams)
    {
        byte[] data = NtfsImage.NonResident(AttributeType.Data, [(length / NtfsImage.ClusterSize is var count and < (long.MaxValue / 8192) ? count + 1 : (long.MaxValue / 4096), -1)], Math.Min(length, long.MaxValue / 4096 * 4096));
        byte[] point = Reparse(Overlay, [.. BitConverter.GetBytes(1), .. BitConverter.GetBytes(2), .. BitConverter.GetBytes(1), .. BitConverter.GetBytes(algorithm)]);
        return Open(image, [data, .. streams, point]);
    }

    private static BlockSource Open(NtfsImage image, params byte[][] attributes)
    {
        long record = image.Find(Path);
        image.SetAttributes(record, [.. image.Attributes(record).Where(attribute => NtfsImage.TypeOf(attribute) < AttributeType.Data), .. attributes]);
        return image.Open().OpenFile(new NodeId((ulong)record));
    }

    private static NodeId Add(NtfsImage image, byte[] attribute)
    {
        long record = image.Find(Path);
        image.SetAttributes(record, [.. image.Attributes(record), attribute]);
        return new NodeId((ulong)record);
    }

    private static byte[] Reparse(uint tag, byte[] data) =>
        NtfsImage.Resident(AttributeType.ReparsePoint, [.. BitConverter.GetBytes(tag), .. BitConverter.GetBytes(data.Length), .. data]);

    private static byte[] Read(BlockSource file)
    {
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    private static string[] Extents(BlockSource file)
    {
        var extents = new List<string>();
        for (long offset = 0; offset < file.Length;)
        {
            Extent extent = file.Map(offset, file.Length - offset, out _);
            string place = extent.Kind is ExtentKind.Hole ? string.Empty : $" at {extent.Address}";
            string stored = extent.Kind is ExtentKind.Encoded ? $" in {extent.StoredLength}" : string.Empty;
            extents.Add($"{extent.Kind} {extent.Offset}+{extent.Length}{place}{stored}");
            offset += extent.Length;
        }

        return [.. extents];
    }
}
