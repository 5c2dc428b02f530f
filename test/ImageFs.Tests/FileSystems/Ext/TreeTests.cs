using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Ext;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>Names, attributes, links and extended attributes, as images/ext/build.sh put them in.</summary>
public sealed class TreeTests
{
    private static readonly Timestamp s_made = new(1_700_000_000);

    private static IEnumerable<string> Images => ExtImages.Names;

    [Test]
    public void The_root_has_its_names() =>
        Assert.That(
            ExtImages.Open("ext4").ListNames("/"),
            Is.EqualTo(new[]
            {
                ".", "..", "dir", "empty", "end-hole", "fast", "fast59", "fifo", "fragmented", "hard", "hello.txt", "holes", "large",
                "lost+found", "naÃ¯ve ÿ name", "null", "sda", "slow1000", "slow60", "sparse", "start-hole", "unwritten",
            }));

    [TestCaseSource(nameof(Images))]
    public void Every_name_is_found_and_has_the_type_that_its_entry_says(string image)
    {
        FileSystem fileSystem = ExtImages.Open(image);
        Check(fileSystem, "/");

        static void Check(FileSystem fileSystem, string path)
        {
            NodeId directory = fileSystem.Find(path);
            foreach ((byte[] name, NodeId node, NodeType type) in fileSystem.List(path))
            {
                Assert.That(fileSystem.TryLookup(directory, name, out NodeId found), Is.True);
                Assert.That(found, Is.EqualTo(node));
                NodeType actual = fileSystem.GetAttributes(node).Type;
                Assert.That(type, Is.EqualTo(actual).Or.EqualTo(NodeType.Unknown));
                if (actual == NodeType.Directory && !name.AsSpan().StartsWith("."u8))
                {
                    Check(fileSystem, $"{path}/{Encoding.UTF8.GetString(name)}");
                }
            }

            Assert.That(fileSystem.TryLookup(directory, "no such name"u8, out _), Is.False);
        }
    }

    [Test]
    public void A_file_has_its_attributes()
    {
        FileSystem fileSystem = ExtImages.Open("ext4");
        NodeAttributes file = fileSystem.Stat("hello.txt");
        Assert.That(file, Is.EqualTo(new NodeAttributes
        {
            Type = NodeType.Regular,
            Permissions = 0xFFF & Convert.ToUInt32("4755", 8),
            Inode = file.Inode,
            LinkCount = 2,
            Uid = 70_000,
            Gid = 80_000,
            Size = 20,
            Blocks = 4,
            BlockSize = 1024,
            AccessTime = s_made,
            ModifyTime = s_made,
            ChangeTime = s_made,
            BirthTime = s_made,
        }));
        Assert.That(fileSystem.Find("hard"), Is.EqualTo(new NodeId(file.Inode)));
    }

    [Test]
    public void Times_have_fractions_and_go_beyond_2038()
    {
        NodeAttributes file = ExtImages.Open("ext4").Stat("dir/sub/deep");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(file.ModifyTime, Is.EqualTo(new Timestamp(-1_262_304_000)));
            Assert.That(file.ChangeTime, Is.EqualTo(new Timestamp(int.MaxValue)));
            Assert.That(file.AccessTime, Is.EqualTo(new Timestamp(0x80000000, 123_456_789)));
            Assert.That(file.BirthTime, Is.EqualTo(new Timestamp(0x3_0000_0000)));
        }
    }

    [Test]
    public void A_large_and_a_huge_file_have_all_their_bytes_counted()
    {
        const int HugeFileFeature = 0x8;
        const int HugeFileFlag = 0x40000;
        byte[] image = ExtImages.Read("hash-half_md4");
        ExtVolume volume = new(new MemoryBudget(), new MemorySource(image), new SuperBlock(image.AsSpan(SuperBlock.Address)));
        Inode inode = volume.Inodes.Read((uint)ExtImages.Open(image).Find("names/0000").Value);
        Span<byte> bytes = image.AsSpan((int)inode.Address);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[0x1C..], 3);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[0x74..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[0x6C..], 5);
        NodeAttributes small = ExtImages.Open(image).Stat("names/0000");
        Assert.That(small.Size >> 32, Is.EqualTo(5), "the size of a large file");

        image[SuperBlock.Address + 0x64] |= HugeFileFeature;
        Assert.That(ExtImages.Open(image).Stat("names/0000").Blocks, Is.EqualTo((2L << 32) + 3), "counted in units of 512 bytes");
        BinaryPrimitives.WriteInt32LittleEndian(bytes[0x20..], BinaryPrimitives.ReadInt32LittleEndian(bytes[0x20..]) | HugeFileFlag);
        Assert.That(ExtImages.Open(image).Stat("names/0000").Blocks, Is.EqualTo(((2L << 32) + 3) * 2), "counted in blocks of 1024 bytes");
    }

    [TestCase("ext4", "null", NodeType.CharacterDevice, 1u, 3u)]
    [TestCase("ext4", "sda", NodeType.BlockDevice, 8u, 1u)]
    [TestCase("ext4", "large", NodeType.CharacterDevice, 300u, 60000u)]
    [TestCase("ext2", "old", NodeType.CharacterDevice, 1u, 3u)]
    [TestCase("ext4", "fifo", NodeType.Fifo, 0u, 0u)]
    public void A_device_has_its_number(string image, string path, NodeType type, uint major, uint minor)
    {
        NodeAttributes node = ExtImages.Open(image).Stat(path);
        Assert.That((node.Type, node.Device), Is.EqualTo((type, new DeviceNumber(major, minor))));
    }

    [TestCase("ext4", "fast", "hello.txt", 1)]
    [TestCase("ext4", "fast59", "x", 59)]
    [TestCase("ext4", "slow60", "y", 60)]
    [TestCase("ext4", "slow1000", "z", 1000)]
    [TestCase("ext2", "link", "indirect", 1)]
    [TestCase("inline", "link", "s", 80)]
    public void A_link_has_its_target(string image, string path, string word, int times)
    {
        FileSystem fileSystem = ExtImages.Open(image);
        Assert.That(Encoding.ASCII.GetString(fileSystem.ReadLink(fileSystem.Find(path))), Is.EqualTo(string.Concat(Enumerable.Repeat(word, times))));
    }

    [Test]
    public void Directories_in_the_inode_have_their_names_and_parents()
    {
        FileSystem fileSystem = ExtImages.Open("inline");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fileSystem.ListNames("small"), Is.EqualTo(new[] { ".", "..", "a", "b" }));
            Assert.That(fileSystem.ListNames("many"), Has.Exactly(32).Items);
            Assert.That(fileSystem.Find("small/.."), Is.EqualTo(fileSystem.Root));
            Assert.That(fileSystem.Find("small/."), Is.EqualTo(fileSystem.Find("small")));
        }
    }

    [TestCase("", "security.label system.posix_acl_access trusted.t user.long user.short")]
    [TestCase("nouser_xattr", "security.label system.posix_acl_access trusted.t")]
    [TestCase("noacl", "security.label trusted.t user.long user.short")]
    public void Extended_attributes_have_their_whole_names(string options, string names)
    {
        FileSystem fileSystem = ExtImages.Open("ext4", options);
        NodeId node = fileSystem.Find("hello.txt");
        IEnumerable<string> listed = fileSystem.ListExtendedAttributes(node).Select(name => Encoding.ASCII.GetString(name)).Order(StringComparer.Ordinal);
        Assert.That(string.Join(' ', listed), Is.EqualTo(names));
        Assert.That(fileSystem.GetExtendedAttribute(node, "user.short"u8), options == "nouser_xattr" ? Is.Null : Is.EqualTo("value"u8.ToArray()));
    }

    [Test]
    public void Extended_attributes_have_their_values_in_the_inode_the_block_and_in_inodes()
    {
        FileSystem fileSystem = ExtImages.Open("ext4");
        FileSystem withInodes = ExtImages.Open("ea_inode");
        NodeId node = fileSystem.Find("hello.txt");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fileSystem.GetExtendedAttribute(node, "user.long"u8), Is.EqualTo(ExtImages.Text("attribute", 700)));
            Assert.That(fileSystem.GetExtendedAttribute(fileSystem.Find("dir"), "user.empty"u8), Is.Empty);
            Assert.That(fileSystem.GetExtendedAttribute(node, "user.none"u8), Is.Null);
            Assert.That(fileSystem.GetExtendedAttribute(node, "system.data"u8), Is.Null);
            Assert.That(withInodes.GetExtendedAttribute(withInodes.Find("a"), "user.large"u8), Is.EqualTo(ExtImages.Text("value", 1024)));
        }
    }

    [Test]
    public void An_access_control_list_has_the_form_of_an_attribute()
    {
        FileSystem fileSystem = ExtImages.Open("ext4");
        byte[]? list = fileSystem.GetExtendedAttribute(fileSystem.Find("hello.txt"), "system.posix_acl_access"u8);
        Assert.That(Convert.ToHexString(list!), Is.EqualTo(
            "02000000" + "01000600FFFFFFFF" + "02000700E8030000" + "04000400FFFFFFFF" + "08000500D0070000" + "10000700FFFFFFFF" + "20000400FFFFFFFF"));
    }

    // The kernel's own statfs of the images.
    [TestCase("ext4", "", 2011ul, 1553ul, 128ul, 97ul)]
    [TestCase("ext4", "minixdf", 3072ul, 1553ul, 128ul, 97ul)]
    public void Statistics_are_those_of_Linux(string image, string options, ulong blocks, ulong free, ulong files, ulong freeFiles) =>
        Assert.That(ExtImages.Open(image, options).Statistics, Is.EqualTo(new FileSystemStatistics
        {
            BlockSize = 1024,
            Blocks = blocks,
            FreeBlocks = free,
            Files = files,
            FreeFiles = freeFiles,
            MaxNameLength = 255,
        }));

    [TestCase("ext2", ExpectedResult = "ext2")]
    [TestCase("journal-plain", ExpectedResult = "ext3")]
    [TestCase("ext4", ExpectedResult = "ext4")]
    [TestCase("inline", ExpectedResult = "ext4")]
    public string The_format_is_what_blkid_calls_it(string image) => ExtImages.Open(image).Format;

    [Test]
    public void The_description_tells_what_there_is_to_know()
    {
        var facts = new Dictionary<string, object>(ExtImages.Open("ext4").Describe().Facts);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(facts["label"], Is.EqualTo("ext4"));
            Assert.That(facts["uuid"], Is.EqualTo("6578745f-7465-7374-8000-000000000001"));
            Assert.That(facts["features"], Is.EqualTo(
                "has_journal ext_attr dir_index filetype extent 64bit flex_bg sparse_super large_file huge_file dir_nlink extra_isize metadata_csum"));
            Assert.That(facts["state"], Is.EqualTo("clean"));
            Assert.That(facts["last-mounted-on"], Is.EqualTo("/mnt/ext4"));
            Assert.That(facts["created"], Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(1_709_210_096)));
        }
    }

    [Test]
    public void What_is_not_a_file_a_directory_or_a_link_is_not_read_as_one()
    {
        FileSystem fileSystem = ExtImages.Open("ext4");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => fileSystem.Open("dir"), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EISDIR));
            Assert.That(() => fileSystem.List("hello.txt"), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENOTDIR));
            Assert.That(() => fileSystem.ReadLink(fileSystem.Find("dir")), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EINVAL));
            Assert.That(() => fileSystem.GetAttributes(new NodeId(5_000_000_000)), Throws.TypeOf<InvalidImageException>());
        }
    }
}
