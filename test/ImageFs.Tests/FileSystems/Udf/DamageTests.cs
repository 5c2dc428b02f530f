using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Iso9660;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>Every descriptor with every part of its tag broken: an error with its clause, and what is sound goes on working.</summary>
internal sealed class DamageTests
{
    /// <summary>A descriptor: its clause, the blocks of the image that it is in, all copies, and what to read to come upon it.</summary>
    private static readonly (string Clause, PartitionKind Kind, Func<UdfImage, uint[]> Blocks, string? Path)[] s_descriptors =
    [
        ("ECMA-167 3/10.1", PartitionKind.Physical, _ => [UdfImage.MainSequence, UdfImage.ReserveSequence], null),
        ("ECMA-167 3/10.5", PartitionKind.Physical, _ => [UdfImage.MainSequence + 1, UdfImage.ReserveSequence + 1], null),
        ("ECMA-167 3/10.6", PartitionKind.Physical, _ => [UdfImage.MainSequence + 2, UdfImage.ReserveSequence + 2], null),
        ("ECMA-167 4/14.1", PartitionKind.Physical, image => [image.Place(UdfImage.FileSet)], null),
        ("ECMA-167 4/14.9", PartitionKind.Physical, image => [image.Place(UdfImage.Root)], null),
        ("UDF 2.60 2.2.12", PartitionKind.Sparable, _ => [UdfImage.FirstSparingTable, UdfImage.FirstSparingTable + 1], null),
        ("ECMA-167 4/14.17", PartitionKind.Metadata, _ => [UdfImage.Partition + UdfImage.MetadataFile, UdfImage.Partition + UdfImage.MirrorFile], null),
        ("ECMA-167 4/14.9", PartitionKind.Physical, image => [image.Place(3)], "file"),
        ("ECMA-167 4/14.17", PartitionKind.Physical, image => [image.Place(4)], "embedded"),
        ("ECMA-167 4/14.5", PartitionKind.Physical, image => [image.Place(16)], "chained"),
        ("ECMA-167 4/14.7", PartitionKind.Physical, image => [image.Place(11)], "versions"),
        ("ECMA-167 4/14.9", PartitionKind.Virtual, image => [image.Place(12)], "versions"),
    ];

    [Test]
    public void A_tag_that_is_broken_is_an_error_with_the_clause(
        [Range(0, 11)] int index, [Values("checksum", "version", "crc", "location", "body")] string part)
    {
        (string clause, PartitionKind kind, Func<UdfImage, uint[]> blocks, string? path) = s_descriptors[index];
        UdfImage image = new UdfImage(kind).AddAll();
        foreach (uint block in blocks(image))
        {
            Break(image, block * 2048, part);
        }

        InvalidImageException error = Assert.Throws<InvalidImageException>(() => image.Open().ReadAll(path!))!;
        Assert.That(error.Clause, Is.EqualTo(clause));
        Assert.That(error.Address, Is.EqualTo(blocks(image)[0] * 2048));
        if (path is not null)
        {
            Assert.That(image.Open().ReadLink("link"), Is.EqualTo("/x"));
        }
    }

    [Test]
    public void Attributes_whose_tag_is_broken_are_an_error([Values("checksum", "version", "location")] string part)
    {
        UdfImage image = new UdfImage().AddAll();
        byte[] entry = image.Bytes[(int)image.AddressOf(8)..((int)image.AddressOf(8) + 216 + 48)];
        byte[] header = entry[216..232];
        var other = new UdfImage();
        header.CopyTo(other.Bytes, 0);
        Break(other, 0, part);
        other.Bytes[..16].CopyTo(entry, 216);
        image.Write(8, UdfBytes.Seal(entry, TagIdentifier.ExtendedFileEntry, 8));
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => image.Open().Attributes("device"))!;
        Assert.That(error.Clause, Is.EqualTo("ECMA-167 4/14.10.1"));
        Assert.That(error.Address, Is.EqualTo(image.AddressOf(8) + 216));
    }

    [Test]
    public void A_descriptor_of_another_kind_is_an_error()
    {
        UdfImage image = new UdfImage().AddAll();
        image.Write(3, UdfImage.Continuation(3, []));
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => image.Open().ReadAll("file"))!;
        Assert.That(error.Message, Does.Contain("type 258").And.Contain("ECMA-167 4/14.9"));
    }

    [Test]
    public void An_image_cut_anywhere_is_an_error_of_a_known_kind([Values] PartitionKind kind)
    {
        UdfImage image = new UdfImage(kind).AddAll();
        for (int length = 0; length < image.Bytes.Length; length += 1023)
        {
            try
            {
                FileSystem fs = UdfImage.Open(new MemorySource(image.Bytes.AsMemory(0, length)), "lastblock=399,novrs");
                List<Iso9660Fixture.ListedEntry> all = fs.List(fs.Root);
                for (List<Iso9660Fixture.ListedEntry> part = all; part.Count > 0; all.AddRange(part))
                {
                    part = fs.List(fs.Root, all[^1].NextPosition);
                }

                Assert.That(all, Has.Count.EqualTo(11));
            }
            catch (ImageException)
            {
            }
        }
    }

    [Test]
    public void A_file_beyond_its_partition_fails_where_it_leaves_it()
    {
        var image = new UdfImage();
        uint last = UdfImage.Blocks - UdfImage.Partition - 2;
        image.Add("file", 3, new FileParts { Form = AllocationForm.Long, Descriptors = UdfBytes.Long(3 * 2048, new(0, last)), Length = 3 * 2048 });
        BlockSource file = image.Open().OpenFile(image.Open().Find("file"));
        file.ReadAt(0, new byte[2048]);
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => file.ReadAt(2048, new byte[1]))!;
        Assert.That(error.Clause, Is.EqualTo("ECMA-167 4/7.1"));
    }

    [Test]
    public void A_file_in_a_partition_that_is_not_there_fails()
    {
        var image = new UdfImage();
        image.Name(UdfBytes.Identifier("file", new LogicalBlock(9, 3)));
        FileSystem fs = image.Open();
        Assert.That(fs.Names(), Is.EqualTo(new[] { "file" }));
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => fs.Attributes("file"))!;
        Assert.That(error.Clause, Is.EqualTo("ECMA-167 4/7.1"));
    }

    private static void Break(UdfImage image, long address, string part)
    {
        Span<byte> tag = image.Bytes.AsSpan((int)address);
        switch (part)
        {
            case "checksum":
                tag[4] ^= 0xFF;
                return;
            case "version":
                tag[2] = 9;
                break;
            case "crc":
                tag[8] ^= 0xFF;
                break;
            case "location":
                tag[12] ^= 0xFF;
                break;
            default:
                tag[16] ^= 0xFF;
                return;
        }

        byte[] changed = tag[..16].ToArray();
        UdfBytes.SealTag(changed).CopyTo(tag);
    }
}
