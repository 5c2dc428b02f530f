using ImageFs.FileSystems.Udf;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Tests.FileSystems.Iso9660;
using ImageFs.Tests.Storage.Containers.Optical;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>How a volume is recognised, and which of its descriptors prevail.</summary>
internal sealed class VolumeTests
{
    [Test]
    public void Blocks_of_every_size_are_found([Values(512, 1024, 2048, 4096)] int blockSize, [Values] PartitionKind kind)
    {
        var image = new UdfImage(kind, blockSize);
        image.AddAll();
        Assert.That(new UdfFormat().Probe(image.Build()));
        FileSystem fs = image.Open();
        Assert.That(fs.Statistics.BlockSize, Is.EqualTo(blockSize));
        Assert.That(fs.Names(), Is.EqualTo(new[] { "file", "embedded", "sparse", "chained", "link", "device", "directory", "versions", "streams" }));
        Assert.That(fs.ReadAll("file"), Is.EqualTo(Enumerable.Range(0, blockSize + 10).Select(i => (byte)(i / 7 % 251))));
        Assert.That(fs.ReadAll("embedded"), Is.EqualTo("embedded"u8.ToArray()));
        Assert.That(fs.ReadAll("versions"), Is.EqualTo("newest"u8.ToArray()));
        Assert.That(fs.ReadAll("directory/hard"), Is.EqualTo(fs.ReadAll("file")));
        Assert.That(fs.ReadLink("link"), Is.EqualTo("/x"));
    }

    [TestCase(0x0102)]
    [TestCase(0x0150)]
    [TestCase(0x0200)]
    [TestCase(0x0201)]
    [TestCase(0x0250)]
    [TestCase(0x0260)]
    public void A_virtual_allocation_table_goes_by_the_revision(int revision)
    {
        var image = new UdfImage(PartitionKind.Virtual, revision: revision);
        image.AddAll();
        Assert.That(image.Open().ReadAll("versions"), Is.EqualTo("newest"u8.ToArray()));
        Assert.That(image.Open().Describe().Find("version"), Is.EqualTo($"{revision >> 8:X}.{revision & 0xFF:X2}"));
    }

    [TestCase(UdfImage.Anchor)]
    [TestCase(UdfImage.Blocks - 1)]
    [TestCase(UdfImage.Blocks - 2)]
    [TestCase(UdfImage.Blocks - 1 - 150)]
    public void One_anchor_is_enough(uint block)
    {
        UdfImage image = WithoutAnchors().WriteAnchor(block);
        Assert.That(new UdfFormat().Probe(image.Build()));
        Assert.That(image.Open().Names(), Is.Empty);
    }

    [Test]
    public void An_anchor_256_blocks_before_the_last_one_is_found()
    {
        byte[] longer = new byte[800 * 2048];
        UdfImage image = WithoutAnchors();
        image.WriteAnchor(300);
        image.Bytes.CopyTo(longer, 0);
        Assert.That(new UdfFormat().Probe(new MemorySource(longer)), Is.False);
        Assert.That(new UdfFormat().Probe(new MemorySource(longer.AsMemory(0, 557 * 2048))));
    }

    [Test]
    public void An_anchor_of_media_that_are_not_closed_is_found()
    {
        var image = new UdfImage(PartitionKind.Physical);
        byte[] longer = new byte[1000 * 2048];
        WithoutAnchors().Bytes.CopyTo(longer, 0);
        UdfBytes.Seal(image.Bytes[(256 * 2048)..((256 * 2048) + 512)], TagIdentifier.AnchorVolumeDescriptorPointer, 512).CopyTo(longer, 512 * 2048);
        Assert.That(UdfImage.Open(new MemorySource(longer)).Names(), Is.Empty);
    }

    [Test]
    public void Without_an_anchor_it_is_no_volume()
    {
        UdfImage image = WithoutAnchors();
        Assert.That(new UdfFormat().Probe(image.Build()), Is.False);
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => image.Open())!;
        Assert.That(error.Clause, Is.EqualTo("ECMA-167 3/8.4.2.1"));
    }

    [Test]
    public void Without_a_recognition_sequence_it_is_no_volume_unless_asked_for()
    {
        var image = new UdfImage();
        image.Bytes[32768 + 2048 + 3] = (byte)'X';
        Assert.That(new UdfFormat().Probe(image.Build()), Is.False);
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => image.Open())!;
        Assert.That(error.Clause, Is.EqualTo("ECMA-167 3/9.1"));
        Assert.That(image.Open("novrs").Names(), Is.Empty);
    }

    [TestCase("anchor=399")]
    [TestCase("lastblock=399")]
    [TestCase("bs=2048,session=0,partition=3,volume=1,strict,noadinicb,shortad,utf8")]
    public void Options_of_Linux_are_taken(string options) => Assert.That(new UdfImage().Open(options).Names(), Is.Empty);

    [Test]
    public void A_session_begins_where_it_is_said()
    {
        const uint Session = 32;
        UdfImage image = WithoutAnchors();
        byte[] recognition = image.Bytes[32768..(32768 + (3 * 2048))];
        new byte[recognition.Length].CopyTo(image.Bytes, 32768);
        recognition.CopyTo(image.Bytes, 32768 + (Session * 2048));
        image.WriteAnchor(UdfImage.Anchor + Session);
        Assert.That(image.Open($"session={Session}").Format, Is.EqualTo("udf"));
    }

    [TestCase("", "SECOND")]
    [TestCase("session=0", "LABEL")]
    [TestCase("session=1", "SECOND")]
    [TestCase("session=11800", "SECOND")]
    public void A_session_of_a_disc_is_given_by_its_number_or_its_block(string options, string label)
    {
        const uint Start = UdfImage.Blocks + 11_400;
        const uint Sequence = 200;
        UdfImage first = new UdfImage().WriteSequence(Sequence, label: "SECOND");
        byte[] second = new byte[300 * 2048];
        first.Bytes.AsSpan(32768, 3 * 2048).CopyTo(second.AsSpan(32768));
        UdfBytes.Descriptor(
            TagIdentifier.AnchorVolumeDescriptorPointer,
            Start + UdfImage.Anchor,
            512,
            (16, UdfBytes.Extent(8 * 2048, Sequence)),
            (24, UdfBytes.Extent(8 * 2048, Sequence))).CopyTo(second.AsSpan((int)UdfImage.Anchor * 2048));
        Disc disc = new DiscFiles().With("1.iso", first.Bytes).With("2.iso", second).With("x.cue", """
            REM SESSION 01
            FILE 1.iso BINARY
            TRACK 01 MODE1/2048
            INDEX 01 00:00:00
            REM SESSION 02
            FILE 2.iso BINARY
            TRACK 02 MODE1/2048
            INDEX 01 00:00:00
            """).Open("x.cue");
        Assert.That(disc.Tracks[1].Start, Is.EqualTo(Start));
        Assert.That(UdfImage.Open(disc, options).Describe().Find("label"), Is.EqualTo(label));
    }

    [TestCase("session=2")]
    [TestCase("session=99")]
    public void A_number_that_no_session_has_is_a_block(string options)
    {
        Disc disc = new DiscFiles().With("1.iso", new UdfImage().Bytes).With("x.cue", "FILE 1.iso BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:00\n").Open("x.cue");
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => UdfImage.Open(disc, options))!;
        Assert.That(error.Structure, Is.EqualTo("volume recognition sequence"));
    }

    [TestCase("bs=1000")]
    [TestCase("uid=no-such-user")]
    [TestCase("iocharset=klingon")]
    [TestCase("umask=8")]
    public void Options_without_sense_are_refused(string options) =>
        Assert.Throws<OptionException>(() => new UdfImage().Open(options));

    [TestCase(UdfImage.MainSequence, "primary volume descriptor")]
    [TestCase(UdfImage.MainSequence + 1, "partition descriptor")]
    [TestCase(UdfImage.MainSequence + 2, "logical volume descriptor")]
    public void The_reserve_sequence_is_used_where_the_main_one_is_damaged(uint block, string structure)
    {
        var image = new UdfImage();
        image.Bytes[(block * 2048) + 30] ^= 1;
        var warnings = new List<string>();
        Assert.That(image.Open(warnings: warnings).Describe().Find("reserve-descriptors"), Is.True);
        Assert.That(warnings, Has.One.Match($"^{structure} at 0x{block * 2048:X}: .*CRC.*reserve"));
    }

    [Test]
    public void The_descriptor_of_the_highest_number_prevails()
    {
        var image = new UdfImage();
        image.WriteSequence(UdfImage.MainSequence + 3, 7, "NEWER");
        image.WriteVolume(UdfImage.MainSequence + 6, image.LogicalVolume(UdfImage.MainSequence + 6, 6, "OLDER", image.Maps()));
        Assert.That(image.Open().Describe().Find("label"), Is.EqualTo("NEWER"));
    }

    [Test]
    public void A_sequence_goes_on_where_a_pointer_says()
    {
        var image = new UdfImage();
        image.WriteSequence(160, 9, "ELSEWHERE");
        image.WriteVolume(UdfImage.MainSequence + 3, Pointer(UdfImage.MainSequence + 3, 160));
        Assert.That(image.Open().Describe().Find("label"), Is.EqualTo("ELSEWHERE"));
    }

    [Test]
    public void Descriptors_of_an_unknown_kind_are_passed_over()
    {
        var image = new UdfImage();
        image.WriteVolume(UdfImage.MainSequence + 3, UdfBytes.Descriptor((TagIdentifier)0x1234, UdfImage.MainSequence + 3, 512));
        var warnings = new List<string>();
        image.Open(warnings: warnings);
        Assert.That(warnings, Is.Empty);
    }

    [Test]
    public void Pointers_in_a_circle_end()
    {
        var image = new UdfImage();
        image.WriteVolume(UdfImage.MainSequence + 3, Pointer(UdfImage.MainSequence + 3, UdfImage.MainSequence));
        var warnings = new List<string>();
        image.Open(warnings: warnings);
        Assert.That(warnings, Has.One.Contains("ECMA-167 3/8.4.2"));
    }

    [Test]
    public void What_a_volume_is_described_by()
    {
        ImageDescription description = new UdfImage().Open().Describe();
        (string Key, object Value)[] facts =
        [
            ("label", "LABEL"), ("uuid", "0123456789abcdef"), ("version", "2.01"), ("block-size", 2048L), ("volume", "VOLUME"),
            ("volume-set", "0123456789abcdefSET"), ("file-set", "FILESET"), ("application", "*application"),
            ("implementation", "*implementation"), ("created", new DateTimeOffset(2024, 2, 29, 13, 34, 56, TimeSpan.FromHours(1))),
            ("integrity", "closed"), ("files", 7L), ("directories", 2L), ("anchor", 256L),
        ];
        foreach ((string key, object value) in facts)
        {
            Assert.That(description.Find(key), Is.EqualTo(value), key);
        }

        ImageDescription partition = description.Children.Single();
        Assert.That(partition.Find("map"), Is.EqualTo("physical"));
        Assert.That(partition.Find("offset"), Is.EqualTo(UdfImage.Partition * 2048L));
    }

    // Of metadata, those of the partition that they are in; what is written once has none.
    [TestCase(PartitionKind.Physical, 139UL, 40UL)]
    [TestCase(PartitionKind.Sparable, 139UL, 40UL)]
    [TestCase(PartitionKind.Metadata, 139UL, 40UL)]
    [TestCase(PartitionKind.Virtual, 140UL, 0UL)]
    public void The_sizes_are_those_of_the_partition_and_the_integrity_descriptor(PartitionKind kind, ulong blocks, ulong free)
    {
        FileSystemStatistics statistics = new UdfImage(kind).Open().Statistics;
        Assert.That((statistics.Blocks, statistics.FreeBlocks, statistics.FreeFiles, statistics.Files), Is.EqualTo((blocks, free, free, free + 9)));
        Assert.That((statistics.BlockSize, statistics.MaxNameLength), Is.EqualTo((2048u, 254u)));
    }

    // The partition has 139 blocks; 8 bits in each byte of the bitmap, of which every second one is set.
    [TestCase(139L, 18L + 24, 139L, 70UL)]
    [TestCase(100L, 18L + 24, 139L, 50UL)]
    [TestCase(0xFFFF_FFFFL, 0x3FFF_FFFFL, 139L, 70UL)]
    [TestCase(0xFFFF_FFFFL, 10L + 24, 139L, 40UL)]
    [TestCase(0xFFFF_FFFFL, 0x3FFF_FFFFL, 0xFFFF_FFFFL, 70UL)]
    [TestCase(139L, 23L, 139L, 0UL)]
    public void Free_blocks_are_counted_in_the_bitmap_as_far_as_there_are_blocks(long bits, long extent, long partitionLength, ulong expected)
    {
        var image = new UdfImage();
        image.WriteVolume(UdfImage.IntegritySequence, new byte[2048]);
        byte[] bitmap = UdfBytes.Descriptor(
            TagIdentifier.SpaceBitmapDescriptor, UdfImage.Data, 2048, (16, UdfBytes.U32(bits)), (24, [.. Enumerable.Repeat((byte)0x55, 2048 - 24)]));
        image.WriteData(UdfImage.Data, bitmap);
        byte[] partition = UdfImage.PartitionDescriptor(UdfImage.MainSequence + 1, 1, 0, UdfImage.Partition, (uint)partitionLength);
        UdfBytes.Extent(extent, UdfImage.Data).CopyTo(partition, 64);
        image.WriteVolume(UdfImage.MainSequence + 1, UdfBytes.Seal(partition, TagIdentifier.PartitionDescriptor, UdfImage.MainSequence + 1));
        Assert.That(image.Open().Statistics.FreeBlocks, Is.EqualTo(expected));
    }

    [TestCase("0123456789ABCDEFx", "0123456789abcdef")]
    [TestCase("0123456x89", "3031323334353678")]
    [TestCase("01234567xyz", "0123456778797a00")]
    [TestCase("0123456", null)]
    public void The_uuid_is_that_of_blkid(string volumeSet, string? uuid)
    {
        var image = new UdfImage();
        byte[] primary = UdfImage.PrimaryVolume(UdfImage.MainSequence, 1);
        UdfBytes.Field(volumeSet, 128).CopyTo(primary, 72);
        image.WriteVolume(UdfImage.MainSequence, UdfBytes.Seal(primary, TagIdentifier.PrimaryVolumeDescriptor, UdfImage.MainSequence));
        Assert.That(image.Open().Describe().Find("uuid"), Is.EqualTo(uuid));
    }

    [Test]
    public void A_damaged_integrity_descriptor_is_done_without()
    {
        var image = new UdfImage();
        image.Bytes[(UdfImage.IntegritySequence * 2048) + 4] ^= 1;
        var warnings = new List<string>();
        Assert.That(image.Open(warnings: warnings).Describe().Find("integrity"), Is.Null);
        Assert.That(warnings, Has.One.Contains("ECMA-167 3/10.10"));
    }

    private static byte[] Pointer(uint block, uint next) => UdfBytes.Descriptor(
        TagIdentifier.VolumeDescriptorPointer, block, 512, (16, UdfBytes.U32(2)), (20, UdfBytes.Extent(8 * 2048, next)));

    private static UdfImage WithoutAnchors()
    {
        var image = new UdfImage();
        image.WriteVolume(UdfImage.Anchor, new byte[2048]);
        return image.WriteVolume(UdfImage.Blocks - 1, new byte[2048]);
    }
}
