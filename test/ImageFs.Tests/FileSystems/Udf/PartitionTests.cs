using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Iso9660;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>Partitions that are not simply a part of the image, and what is left when a copy is damaged.</summary>
internal sealed class PartitionTests
{
    [Test]
    public void The_mirror_is_used_where_the_metadata_file_is_damaged()
    {
        UdfImage image = new UdfImage(PartitionKind.Metadata).AddAll();
        image.Bytes[((UdfImage.Partition + UdfImage.MetadataFile) * 2048) + 40] ^= 1;
        var warnings = new List<string>();
        Assert.That(image.Open(warnings: warnings).ReadAll("versions"), Is.EqualTo("newest"u8.ToArray()));
        Assert.That(warnings, Has.One.Contains("its mirror is used"));
    }

    [Test]
    public void A_damaged_mirror_is_done_without()
    {
        UdfImage image = new UdfImage(PartitionKind.Metadata).AddAll();
        image.Bytes[((UdfImage.Partition + UdfImage.MirrorFile) * 2048) + 40] ^= 1;
        var warnings = new List<string>();
        Assert.That(image.Open(warnings: warnings).ReadAll("versions"), Is.EqualTo("newest"u8.ToArray()));
        Assert.That(warnings, Has.One.Contains("mirror"));
    }

    [Test]
    public void The_mirror_is_used_where_the_metadata_file_has_no_blocks()
    {
        UdfImage image = new UdfImage(PartitionKind.Metadata).AddAll();
        image.WriteData(UdfImage.MetadataFile, new FileParts
        {
            Type = FileType.Metadata,
            IsExtended = true,
            Form = AllocationForm.Short,
            Descriptors = UdfBytes.Short(UdfImage.MetadataBlocks * 2048L, 0, AllocationType.NotAllocated),
            Length = UdfImage.MetadataBlocks * 2048L,
        }.ToBytes(UdfImage.MetadataFile));
        Assert.That(image.Open().ReadAll("versions"), Is.EqualTo("newest"u8.ToArray()));
    }

    [TestCase(UdfImage.FileSet)]
    [TestCase(UdfImage.Root)]
    [TestCase(12u)]
    public void A_descriptor_that_is_damaged_is_read_from_the_mirror(uint block)
    {
        UdfImage image = new UdfImage(PartitionKind.Metadata).AddAll();
        image.Bytes[image.AddressOf(block) + 20] ^= 1;
        Assert.That(image.Open().ReadAll("versions"), Is.EqualTo("newest"u8.ToArray()));
    }

    [Test]
    public void A_metadata_file_of_another_type_is_an_error()
    {
        UdfImage image = new UdfImage(PartitionKind.Metadata);
        foreach (uint block in (uint[])[UdfImage.MetadataFile, UdfImage.MirrorFile])
        {
            image.WriteData(block, new FileParts { Descriptors = "x"u8.ToArray() }.ToBytes(block));
        }

        Assert.That(Assert.Throws<InvalidImageException>(() => image.Open())!.Message, Does.Contain("UDF 2.60 2.2.13"));
    }

    [Test]
    public void The_second_sparing_table_is_used_where_the_first_is_damaged()
    {
        UdfImage image = new UdfImage(PartitionKind.Sparable).AddAll();
        image.Bytes[(UdfImage.FirstSparingTable * 2048) + 60] ^= 1;
        var warnings = new List<string>();
        Assert.That(image.Open(warnings: warnings).ReadAll("embedded"), Is.EqualTo("embedded"u8.ToArray()));
        Assert.That(warnings, Has.One.Contains("UDF 2.60 2.2.12"));
    }

    [Test]
    public void A_packet_that_was_moved_is_where_the_table_says()
    {
        UdfImage image = new UdfImage(PartitionKind.Sparable);
        image.Add("file", 3, new FileParts { Form = AllocationForm.Short, Descriptors = UdfBytes.Short(12 * 2048, 2), Length = 12 * 2048 });
        FileSystem fs = image.Open();
        BlockSource file = fs.OpenFile(fs.Find("file"));
        (long Offset, long Block)[] expected = [(0, UdfImage.Partition + 2), (2, UdfImage.SpareArea), (6, UdfImage.Partition + 8)];
        foreach ((long offset, long block) in expected)
        {
            Assert.That(file.Locate(offset * 2048, file.Length).Address, Is.EqualTo(block * 2048));
        }
    }

    [TestCase(0, 2)]
    [TestCase(4, 5)]
    public void A_sparable_map_without_sense_is_an_error(int packet, int tables)
    {
        var image = new UdfImage(PartitionKind.Sparable);
        byte[] map = image.Maps()[0];
        map[40] = (byte)packet;
        map[42] = (byte)tables;
        image.WriteVolume(UdfImage.MainSequence + 2, image.LogicalVolume(UdfImage.MainSequence + 2, 1, "LABEL", [map]));
        Assert.That(Assert.Throws<InvalidImageException>(() => image.Open())!.Clause, Is.EqualTo("UDF 2.60 2.2.9"));
    }

    [TestCase(0)]
    [TestCase(3)]
    [TestCase(152)]
    public void A_table_is_found_before_what_a_drive_added(int blocks)
    {
        UdfImage image = new UdfImage(PartitionKind.Virtual).AddAll();
        byte[] padded = new byte[image.Bytes.Length + (blocks * 2048)];
        image.Bytes.CopyTo(padded, 0);
        Assert.That(UdfImage.Open(new MemorySource(padded)).ReadAll("embedded"), Is.EqualTo("embedded"u8.ToArray()));
    }

    [Test]
    public void An_older_table_is_used_if_its_block_is_said_to_be_the_last()
    {
        UdfImage image = new UdfImage(PartitionKind.Virtual).AddAll();
        image.WriteTable(UdfImage.Blocks - 5);
        image.WriteVolume(UdfImage.Blocks - 1, new FileParts { Type = FileType.VirtualAllocationTable, Descriptors = new byte[151] }
            .ToBytes(UdfImage.Blocks - 1 - UdfImage.Partition));
        Assert.That(Assert.Throws<InvalidImageException>(() => image.Open())!.Clause, Is.EqualTo("UDF 2.60 2.2.11"));
        Assert.That(image.Open($"lastblock={UdfImage.Blocks - 5}").ReadAll("embedded"), Is.EqualTo("embedded"u8.ToArray()));
    }

    [Test]
    public void A_virtual_block_without_a_place_is_an_error()
    {
        UdfImage image = new UdfImage(PartitionKind.Virtual);
        byte[] entries = [.. Enumerable.Range(0, 26).SelectMany(i => UdfBytes.U32(i == 3 ? -1 : UdfImage.VirtualPlace((uint)i)))];
        byte[] header = [152, 0, .. new byte[150]];
        uint block = UdfImage.Blocks - 1 - UdfImage.Partition;
        image.WriteData(block, new FileParts { Type = FileType.VirtualAllocationTable, Descriptors = [.. header, .. entries] }.ToBytes(block));
        image.Name(UdfBytes.Identifier("file", image.At(3))).Name(UdfBytes.Identifier("beyond", image.At(26)));
        FileSystem fs = image.Open();
        Assert.That(Assert.Throws<InvalidImageException>(() => fs.Attributes("file"))!.Clause, Is.EqualTo("UDF 2.60 2.2.11"));
        Assert.That(Assert.Throws<InvalidImageException>(() => fs.Attributes("beyond"))!.Clause, Is.EqualTo("ECMA-167 4/7.1"));
    }

    [Test]
    public void Without_a_table_the_error_says_so()
    {
        UdfImage image = new UdfImage(PartitionKind.Virtual);
        image.WriteVolume(UdfImage.Blocks - 1, new byte[2048]);
        Assert.That(Assert.Throws<InvalidImageException>(() => image.Open())!.Message, Does.Contain("virtual allocation table").And.Contain("lastblock="));
    }

    [Test]
    public void A_logical_volume_may_have_several_partitions()
    {
        var image = new UdfImage();
        const uint Second = 180;
        foreach (uint sequence in (uint[])[UdfImage.MainSequence, UdfImage.ReserveSequence])
        {
            image.WriteVolume(sequence + 2, image.LogicalVolume(sequence + 2, 1, "LABEL", [UdfImage.PhysicalMap(0), UdfImage.PhysicalMap(7)]));
            image.WriteVolume(sequence + 3, UdfImage.PartitionDescriptor(sequence + 3, 1, 7, Second, 20));
        }

        image.WriteVolume(Second + 5, "in the second"u8.ToArray());
        image.WriteVolume(Second + 1, new FileParts
        {
            Form = AllocationForm.Long,
            Descriptors = [.. UdfBytes.Long(2048, new(0, UdfImage.Data)), .. UdfBytes.Long(13, new(1, 5))],
            Length = 2061,
        }.ToBytes(1));
        image.WriteData(UdfImage.Data, "in the first"u8.ToArray());
        image.Name(UdfBytes.Identifier("both", new LogicalBlock(1, 1)));
        FileSystem fs = image.Open();
        byte[] bytes = fs.ReadAll("both");
        Assert.That(bytes[..12], Is.EqualTo("in the first"u8.ToArray()));
        Assert.That(bytes[2048..], Is.EqualTo("in the second"u8.ToArray()));
        Assert.That(fs.Attributes("both").Inode, Is.EqualTo(Second + 1));
        Assert.That(fs.Describe().Children, Has.Count.EqualTo(2));
    }

    [Test]
    public void Maps_that_lead_nowhere_are_errors()
    {
        var image = new UdfImage();
        (byte[] Map, string Clause)[] cases =
        [
            ([1, 6, 1, 0, 9, 0], "ECMA-167 3/10.5"), ([3, 6, 1, 0, 0, 0], "ECMA-167 3/10.7"), ([1, 5, 1, 0, 0, 0], "ECMA-167 3/10.6"),
            ([1, 7, 1, 0, 0, 0], "ECMA-167 3/10.6"), (image.TypedMap("*UDF Virtual Partition"u8), "UDF 2.60 2.2.8"), ([], "ECMA-167 3/10.6"),
        ];
        foreach ((byte[] map, string clause) in cases)
        {
            image.WriteVolume(UdfImage.MainSequence + 2, image.LogicalVolume(UdfImage.MainSequence + 2, 1, "LABEL", map.Length == 0 ? [] : [map]));
            Assert.That(Assert.Throws<InvalidImageException>(() => image.Open())!.Clause, Is.EqualTo(clause));
        }

        image.WriteVolume(UdfImage.MainSequence + 2, image.LogicalVolume(UdfImage.MainSequence + 2, 1, "LABEL", [image.TypedMap("*Other"u8)]));
        Assert.Throws<UnsupportedFeatureException>(() => image.Open());
    }
}
