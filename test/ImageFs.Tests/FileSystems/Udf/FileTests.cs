using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Iso9660;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>What a file entry says of a file, and where its bytes are.</summary>
internal sealed class FileTests
{
    // The rest of a file times attribute, and of a device specification.
    private static readonly byte[] s_creation = [.. UdfBytes.U32(12), .. UdfBytes.U32(1), .. UdfBytes.Time(0x1000, 2001, 2, 3, 4, 5, 6, 0, 0, 0)];
    private static readonly byte[] s_device = [0, 0, 0, 0, .. UdfBytes.U32(8), .. UdfBytes.U32(300)];

    [Test]
    public void The_extents_of_a_file_are_known_to_the_byte([Values] PartitionKind kind)
    {
        UdfImage image = new UdfImage(kind).AddAll();
        FileSystem fs = image.Open();
        long data = (UdfImage.Partition + UdfImage.Data) * 2048L;
        Assert.That(Located(fs, "file"), Is.EqualTo(new[] { Extent.Mapped(0, 2058, data) }));
        Assert.That(Located(fs, "sparse"), Is.EqualTo(new[]
        {
            Extent.Hole(0, 2048), Extent.Mapped(2048, 2048, data), new Extent(4096, 2048, ExtentKind.Unwritten, 0), Extent.Mapped(6144, 100, data + 2048),
        }));
        Assert.That(Located(fs, "chained"), Is.EqualTo(new[] { Extent.Mapped(0, 2048, data + 2048), Extent.Mapped(2048, 20, data) }));
        Assert.That(Located(fs, "embedded"), Is.EqualTo(new[] { Extent.Mapped(0, 8, image.AddressOf(4) + 216) }));
    }

    [TestCase(AllocationForm.Short)]
    [TestCase(AllocationForm.Long)]
    [TestCase(AllocationForm.Extended)]
    public void Descriptors_of_every_form_are_read(AllocationForm form)
    {
        byte[] descriptors = form switch
        {
            AllocationForm.Short => [.. UdfBytes.Short(2048, 31), .. UdfBytes.Short(5, 40), .. UdfBytes.Short(0, 50), .. UdfBytes.Short(7, 51)],
            AllocationForm.Long => [.. UdfBytes.Long(2048, new(0, 31)), .. UdfBytes.Long(5, new(0, 40))],
            _ => [.. UdfBytes.Extended(2048, 2048, 2048, new(0, 31)), .. UdfBytes.Extended(2048, 5, 5, new(0, 40))],
        };
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Form = form, Descriptors = descriptors, Length = 2053 });
        Assert.That(Located(image.Open(), "file"), Is.EqualTo(new[]
        {
            Extent.Mapped(0, 2048, (UdfImage.Partition + 31) * 2048L), Extent.Mapped(2048, 5, (UdfImage.Partition + 40) * 2048L),
        }));
    }

    [Test]
    public void An_extent_that_is_compressed_is_refused_by_name()
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Form = AllocationForm.Extended, Descriptors = UdfBytes.Extended(2048, 100, 2048, new(0, 31)), Length = 2048 });
        Assert.Throws<UnsupportedFeatureException>(() => image.Open().ReadAll("file"));
    }

    [Test]
    public void A_file_shorter_than_its_extents_is_cut()
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Form = AllocationForm.Short, Descriptors = [.. UdfBytes.Short(2048, 31), .. UdfBytes.Short(2048, 40)], Length = 100 });
        Assert.That(Located(image.Open(), "file"), Is.EqualTo(new[] { Extent.Mapped(0, 100, (UdfImage.Partition + 31) * 2048L) }));
    }

    [TestCase(4000L)]
    [TestCase(long.MaxValue)]
    [TestCase(-1L)]
    public void A_file_longer_than_its_extents_is_an_error(long length)
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Form = AllocationForm.Short, Descriptors = UdfBytes.Short(2048, 31), Length = length });
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => image.Open().ReadAll("file"))!;
        Assert.That(error.Clause, Is.EqualTo("ECMA-167 4/14.9"));
    }

    [Test]
    public void A_file_of_another_length_than_what_is_embedded_is_an_error()
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Descriptors = "bytes"u8.ToArray(), Length = 6 });
        Assert.Throws<InvalidImageException>(() => image.Open().ReadAll("file"));
    }

    [TestCase(4)]
    [TestCase(7)]
    public void Descriptors_of_an_unknown_form_are_an_error(int form)
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Form = (AllocationForm)form, Descriptors = "bytes"u8.ToArray() });
        Assert.Throws<InvalidImageException>(() => image.Open().ReadAll("file"));
    }

    [Test]
    public void Descriptors_that_lead_in_a_circle_end([Values(0, 1)] int extents)
    {
        var image = new UdfImage();
        byte[] piece = [.. Enumerable.Repeat(UdfBytes.Short(2048, 31), extents).SelectMany(bytes => bytes)];
        image.Write(16, UdfImage.Continuation(16, [.. piece, .. UdfBytes.Short(2048, 16, AllocationType.Continuation)]));
        image.Add("file", 3, new FileParts { Form = AllocationForm.Short, Descriptors = UdfBytes.Short(2048, 16, AllocationType.Continuation), Length = 1L << 50 });
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => image.Open().ReadAll("file"))!;
        Assert.That(error.Message, Does.Contain("do not end"));
    }

    [Test]
    public void A_chain_of_descriptors_is_followed_to_its_end()
    {
        var image = new UdfImage();
        for (uint i = 0; i < 4; i++)
        {
            byte[] next = i == 3 ? [] : UdfBytes.Short(2048, 17 + i, AllocationType.Continuation);
            image.Write(16 + i, UdfImage.Continuation(16 + i, [.. UdfBytes.Short(2048, 40 - (2 * i)), .. next]));
        }

        image.Add("file", 3, new FileParts { Form = AllocationForm.Short, Descriptors = UdfBytes.Short(2048, 16, AllocationType.Continuation), Length = 4 * 2048 });
        Assert.That(Located(image.Open(), "file").Select(extent => (extent.Address / 2048) - UdfImage.Partition), Is.EqualTo(new[] { 40, 38, 36, 34 }));
    }

    [Test]
    public void Versions_that_lead_in_a_circle_end()
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Strategy = 4096 });
        image.Write(4, image.Indirect(4, image.At(3)));
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => image.Open().Attributes("file"))!;
        Assert.That(error.Message, Does.Contain("1024"));
    }

    [Test]
    public void Another_strategy_is_refused_by_name()
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Strategy = 2 });
        Assert.Throws<UnsupportedFeatureException>(() => image.Open().Attributes("file"));
    }

    [TestCase(0x14A5L, 0, 0b101_101_101)]
    [TestCase(0x7FFFL, 0, 0b111_111_111)]
    [TestCase(0x1000L, 0x40, 0b100_000_000_000 | 0b100_000_000)]
    [TestCase(0x0080L, 0x80, 0b010_000_000_000 | 0b000_100_000)]
    [TestCase(0x0004L, 0x100, 0b001_000_000_000 | 0b000_000_100)]
    public void Permissions_and_flags_are_mode_bits(long permissions, int flags, int mode)
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Permissions = permissions, Flags = flags });
        Assert.That(image.Open().Attributes("file").Permissions, Is.EqualTo(mode));
    }

    [Test]
    public void What_a_file_entry_says_is_what_stat_tells([Values] bool isExtended)
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts
        {
            IsExtended = isExtended,
            Descriptors = "12345"u8.ToArray(),
            Links = 3,
            Blocks = 2,
            Time = UdfBytes.Time(0x1000 | (-90 & 0xFFF), 1999, 12, 31, 23, 0, 1, 12, 34, 56),
        });
        NodeAttributes attributes = image.Open().Attributes("file");
        Assert.That(attributes.Inode, Is.EqualTo(UdfImage.Partition + 3));
        Assert.That((attributes.Type, attributes.Size, attributes.Blocks, attributes.BlockSize), Is.EqualTo((NodeType.Regular, 5L, 8L, 2048u)));
        Assert.That((attributes.Uid, attributes.Gid, attributes.LinkCount), Is.EqualTo((1000u, 1001u, 3u)));
        Assert.That(attributes.ModifyTime, Is.EqualTo(new Timestamp(946_686_601, 123_456_000)));
        Assert.That(attributes.AccessTime, Is.EqualTo(attributes.ModifyTime));
        Assert.That(attributes.ChangeTime, Is.EqualTo(attributes.ModifyTime));
        Assert.That(attributes.BirthTime, Is.EqualTo(isExtended ? new Timestamp(1_577_934_245) : (Timestamp?)null));
    }

    [TestCase(0x1000 | 0x801, 1_709_210_096L)] // No zone is told.
    [TestCase(0x0000 | 60, 1_709_210_096L)] // Of UTC.
    [TestCase(0x1000 | 60, 1_709_206_496L)]
    public void A_time_has_a_zone(int typeAndZone, long seconds)
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Time = UdfBytes.Time(typeAndZone, 2024, 2, 29, 12, 34, 56, 0, 0, 100) });
        Assert.That(image.Open().Attributes("file").ModifyTime, Is.EqualTo(new Timestamp(seconds)));
    }

    [Test]
    public void The_time_of_creation_is_in_an_attribute_too()
    {
        var image = new UdfImage();
        byte[] times = [.. UdfBytes.U32(12), .. UdfBytes.U32(1), .. UdfBytes.Time(0x1000, 2001, 2, 3, 4, 5, 6, 0, 0, 0)];
        image.Add("file", 3, new FileParts { Attributes = UdfBytes.Attributes(3, UdfBytes.Attribute(5, times)) });
        Assert.That(image.Open().Attributes("file").BirthTime, Is.EqualTo(new Timestamp(981_173_106)));
    }

    [Test]
    public void Damaged_attributes_do_not_take_a_file_down()
    {
        var image = new UdfImage();
        byte[] attributes = UdfBytes.Attributes(3, UdfBytes.Attribute(5, new byte[20]));
        attributes[4] ^= 1;
        image.Add("file", 3, new FileParts { Attributes = attributes, Descriptors = "text"u8.ToArray() });
        Assert.That(image.Open().Attributes("file").BirthTime, Is.Null);
        Assert.That(image.Open().ReadAll("file"), Is.EqualTo("text"u8.ToArray()));
    }

    [TestCase(0u)]
    [TestCase(11u)]
    [TestCase(1000u)]
    public void An_attribute_of_no_length_that_can_be_is_an_error(uint length)
    {
        var image = new UdfImage();
        byte[] attribute = UdfBytes.Attribute(2048, 0, 0, 0, 0);
        UdfBytes.U32(length).CopyTo(attribute, 8);
        image.Add("device", 3, new FileParts { Type = FileType.CharacterDevice, Attributes = UdfBytes.Attributes(3, attribute) });
        Assert.Throws<InvalidImageException>(() => image.Open().Attributes("device"));
    }

    [Test]
    public void A_device_has_its_number()
    {
        FileSystem fs = new UdfImage().AddAll().Open();
        Assert.That(fs.Attributes("device").Type, Is.EqualTo(NodeType.BlockDevice));
        Assert.That(fs.Attributes("device").Device, Is.EqualTo(new DeviceNumber(8, 300)));
    }

    [Test]
    public void Attributes_are_in_a_file_of_their_own_too([Values] PartitionKind kind, [Values] bool isExtended, [Values] bool hasOthers)
    {
        var image = new UdfImage(kind);
        byte[] others = hasOthers ? UdfBytes.Attributes(3, UdfBytes.Attribute(1, 0, 0, 0, 0)) : [];
        image.Add("device", 3, new FileParts
        {
            Type = FileType.CharacterDevice,
            IsExtended = isExtended,
            Attributes = others,
            AttributesIcb = UdfBytes.Long(2048, image.At(4)),
        });
        image.WriteAttributes(4, UdfBytes.Attribute(5, s_creation), UdfBytes.Attribute(12, s_device));
        NodeAttributes attributes = image.Open().Attributes("device");
        Assert.That(attributes.Device, Is.EqualTo(new DeviceNumber(8, 300)));
        Assert.That(attributes.BirthTime, Is.EqualTo(new Timestamp(isExtended ? 1_577_934_245 : 981_173_106)));
    }

    [Test]
    public void Attributes_in_the_entry_come_first()
    {
        var image = new UdfImage();
        byte[] own = UdfBytes.Attributes(3, UdfBytes.Attribute(12, [0, 0, 0, 0, .. UdfBytes.U32(1), .. UdfBytes.U32(3)]));
        image.Add("device", 3, new FileParts { Type = FileType.CharacterDevice, Attributes = own, AttributesIcb = UdfBytes.Long(2048, image.At(4)) });
        image.WriteAttributes(4, UdfBytes.Attribute(12, s_device));
        Assert.That(image.Open().Attributes("device").Device, Is.EqualTo(new DeviceNumber(1, 3)));
    }

    [TestCase("type", typeof(InvalidImageException), "4/14.9")]
    [TestCase("tag", typeof(InvalidImageException), "4/14.10.1")]
    [TestCase("attribute", typeof(InvalidImageException), "4/14.10.1")]
    [TestCase("empty", typeof(InvalidImageException), "4/14.9")]
    [TestCase("nowhere", typeof(InvalidImageException), "4/7.1")]
    [TestCase("large", typeof(UnsupportedFeatureException), "4/9.1")]
    public void Damage_to_a_file_of_attributes_fails_only_what_cannot_be_told_without_them(string damage, Type expected, string clause)
    {
        var image = new UdfImage();
        byte[] icb = UdfBytes.Long(2048, damage == "nowhere" ? new(7, 4) : image.At(4));
        image.Add("device", 3, new FileParts { Type = FileType.CharacterDevice, AttributesIcb = icb });
        image.Add("file", 5, new FileParts { Descriptors = "text"u8.ToArray(), AttributesIcb = icb });
        byte[] space = UdfBytes.Attributes(4, UdfBytes.Attribute(12, s_device));
        space[damage switch { "tag" => 4, "attribute" => 32, _ => 20 }] ^= damage is "tag" or "attribute" ? (byte)1 : (byte)0;
        image.Write(4, (damage switch
        {
            "type" => new FileParts { Descriptors = space },
            "empty" => new FileParts { Type = FileType.ExtendedAttributes },
            "large" => new FileParts { Type = FileType.ExtendedAttributes, Form = AllocationForm.Short, Descriptors = UdfBytes.Short(65537, 30), Length = 65537 },
            _ => new FileParts { Type = FileType.ExtendedAttributes, Descriptors = space },
        }).ToBytes(4));
        FileSystem fs = image.Open();
        var error = (ImageException)Assert.Throws(expected, () => fs.Attributes("device"))!;
        Assert.That(error.Message, Does.Contain(clause));
        Assert.That(fs.Attributes("file").BirthTime, Is.Null);
        Assert.That(fs.ReadAll("file"), Is.EqualTo("text"u8.ToArray()));
    }

    [TestCase(FileType.Unspecified, NodeType.Regular)]
    [TestCase(FileType.RealTime, NodeType.Regular)]
    [TestCase(FileType.Fifo, NodeType.Fifo)]
    [TestCase(FileType.Socket, NodeType.Socket)]
    public void Types_are_those_of_Linux(FileType type, NodeType expected)
    {
        var image = new UdfImage();
        image.Add("node", 3, new FileParts { Type = type });
        Assert.That(image.Open().Attributes("node").Type, Is.EqualTo(expected));
    }

    [TestCase(13)]
    [TestCase(200)]
    public void A_file_of_an_unknown_type_is_an_error(int type)
    {
        var image = new UdfImage();
        image.Add("node", 3, new FileParts { Type = (FileType)type });
        Assert.Throws<InvalidImageException>(() => image.Open().Attributes("node"));
    }

    [TestCase("", 0x14A5L, 65534u, 65534u, 0b101_101_101u)]
    [TestCase("uid=5,gid=6,mode=0640,umask=0007", 0x14A5L, 5u, 6u, 0b110_100_000u)]
    [TestCase("uid=forget,gid=ignore,dmode=0700", 0x14A5L, 65534u, 65534u, 0b101_101_101u)]
    public void Owners_and_modes_go_by_the_options(string options, long permissions, uint uid, uint gid, uint mode)
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Uid = -1, Gid = -1, Permissions = permissions });
        NodeAttributes attributes = image.Open(options).Attributes("file");
        Assert.That((attributes.Uid, attributes.Gid, attributes.Permissions), Is.EqualTo((uid, gid, mode)));
    }

    [Test]
    public void Hard_links_are_one_node()
    {
        FileSystem fs = new UdfImage().AddAll().Open();
        Assert.That(fs.Find("directory/hard"), Is.EqualTo(fs.Find("file")));
        Assert.That(fs.List(fs.Find("directory")).Single(entry => entry.Name == "hard").Inode, Is.EqualTo(fs.Attributes("file").Inode));
    }

    [Test]
    public void A_file_without_names_is_an_error_unless_deleted_ones_are_wanted()
    {
        var image = new UdfImage();
        image.Add("file", 3, new FileParts { Links = 0 });
        Assert.Throws<InvalidImageException>(() => image.Open().Attributes("file"));
        Assert.That(image.Open("undelete").Attributes("file").LinkCount, Is.Zero);
    }

    [Test]
    public void The_parts_of_an_entry_have_to_fit_into_its_block()
    {
        var image = new UdfImage();
        byte[] entry = new FileParts().ToBytes(3);
        UdfBytes.U32(2048).CopyTo(entry, 168);
        image.Name(UdfBytes.Identifier("file", image.At(3))).Write(3, UdfBytes.Seal(entry, TagIdentifier.FileEntry, 3));
        Assert.Throws<InvalidImageException>(() => image.Open().Attributes("file"));
    }

    private static Extent[] Located(FileSystem fs, string path)
    {
        BlockSource file = fs.OpenFile(fs.Find(path));
        var extents = new List<Extent>();
        for (long offset = 0; offset < file.Length; offset = extents[^1].End)
        {
            LocatedExtent extent = file.Locate(offset, file.Length - offset);
            extents.Add(new Extent(offset, extent.Length, extent.IsZero ? extent.Kind : ExtentKind.Mapped, extent.IsZero ? 0 : extent.Address));
        }

        return [.. extents];
    }
}
