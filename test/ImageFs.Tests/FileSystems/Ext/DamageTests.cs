using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Ext;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>One thing is damaged: it is an error that names the place, and what lies beside it can be read.</summary>
public sealed class DamageTests
{
    private const int Block = 1024;

    [Test]
    public void A_damaged_super_block_is_refused()
    {
        byte[] image = ExtImages.Read("ext4");
        image[SuperBlock.Address + 0x88] ^= 1;
        Assert.That(() => ExtImages.Open(image), Throws.TypeOf<InvalidImageException>().With.Property("Address").EqualTo(1024));
    }

    [TestCase(0x4C, 1u, TestName = "{m}(revision)")]
    [TestCase(0x5C, 4u, TestName = "{m}(has_journal)")]
    [TestCase(0x60, 4u, TestName = "{m}(needs_recovery)")]
    [TestCase(0x64, 0x400u, TestName = "{m}(metadata_csum)")]
    [TestCase(0x3FC, 1u, TestName = "{m}(checksum)")]
    public void One_bit_of_the_super_block_does_not_turn_protection_off(int place, uint bit)
    {
        byte[] image = ExtImages.Read("journal-v3");
        Span<byte> field = image.AsSpan(SuperBlock.Address + place);
        BinaryPrimitives.WriteUInt32LittleEndian(field, BinaryPrimitives.ReadUInt32LittleEndian(field) ^ bit);
        Assert.That(() => ExtImages.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains("checksum"));
    }

    [Test]
    public void Features_count_whatever_the_revision_is()
    {
        byte[] image = ExtImages.Read("ext2");
        image[SuperBlock.Address + 0x4C] = 0;
        image[SuperBlock.Address + 0x60] |= (byte)IncompatibleFeatures.Compression;
        Assert.That(() => ExtImages.Open(image), Throws.TypeOf<UnsupportedFeatureException>());

        image[SuperBlock.Address + 0x60] &= unchecked((byte)~(uint)IncompatibleFeatures.Compression);
        Assert.That(OpenWithWarnings(image), Has.Some.Contains("revision 0"));
    }

    [TestCase(0x60, 4u, "does not ask for its recovery")]
    [TestCase(0x5C, 4u, "names one")]
    public void A_journal_that_is_not_asked_for_is_told_of(int place, uint bit, string expected)
    {
        // Without checksums: Linux goes by what is said.
        byte[] image = ExtImages.Read("journal-plain");
        Assert.That(OpenWithWarnings(image), Is.Empty);
        Span<byte> field = image.AsSpan(SuperBlock.Address + place);
        BinaryPrimitives.WriteUInt32LittleEndian(field, BinaryPrimitives.ReadUInt32LittleEndian(field) & ~bit);
        Assert.That(OpenWithWarnings(image), Has.One.Contains(expected));
    }

    [Test]
    public void Counts_that_cannot_be_or_cannot_be_read_do_not_fail_statfs()
    {
        byte[] image = ExtImages.Read("ext2");
        FileSystemStatistics sound = ExtImages.Open(image).Statistics;
        int descriptor = 2 * Block;
        image.AsSpan(descriptor + 0xC, 4).Fill(0xFF);
        FileSystemStatistics statistics = ExtImages.Open(image).Statistics;
        Assert.That(statistics.FreeBlocks, Is.LessThanOrEqualTo(new SuperBlock(image.AsSpan(SuperBlock.Address)).BlocksCount));
        Assert.That(statistics.FreeFiles, Is.LessThanOrEqualTo(statistics.Files));
        Assert.That(statistics.Blocks, Is.EqualTo(sound.Blocks));
    }

    [TestCase("o/d")]
    [TestCase("o\0d")]
    [TestCase("..")]
    [TestCase(".")]
    [TestCase("")]
    public void A_name_that_no_path_can_hold_is_told_of_and_hides_nothing_else(string name)
    {
        byte[] image = ExtImages.Read("ext2");
        int place = image.AsSpan().IndexOf("\u0003\0old"u8);
        image[place] = (byte)name.Length;
        Encoding.ASCII.GetBytes(name, image.AsSpan(place + 2));
        FileSystem fileSystem = ExtImages.Open(image);
        Assert.That(() => fileSystem.ListNames("/").ToArray(), Throws.TypeOf<InvalidImageException>().With.Message.Contains("left out"));
        Assert.That(fileSystem.TryLookup(fileSystem.Root, "absent"u8, out _), Is.False, "it is not what was left out");
        Assert.That(fileSystem.TryLookup(fileSystem.Root, ".."u8, out NodeId parent) ? parent : default, Is.EqualTo(fileSystem.Root));
        Assert.That(fileSystem.ReadFile("direct"), Has.Length.EqualTo(12288));
    }

    [Test]
    public void A_damaged_inode_is_an_error_of_its_own()
    {
        byte[] image = ExtImages.Read("ext4");
        image[(int)AddressOfInode(image, "sparse") + 4] ^= 1;
        FileSystem fileSystem = ExtImages.Open(image);
        NodeId damaged = fileSystem.Find("sparse");
        Assert.That(() => fileSystem.GetAttributes(damaged), Throws.TypeOf<InvalidImageException>().With.Message.Contains("checksum"));
        Assert.That(fileSystem.ReadFile("hello.txt"), Has.Length.EqualTo(20));
        Assert.That(fileSystem.ListNames("/"), Has.Member("sparse"));
    }

    [Test]
    public void A_damaged_group_descriptor_is_an_error_of_its_group()
    {
        byte[] image = ExtImages.Read("meta_bg");
        FileSystem sound = ExtImages.Open(image);
        ulong other = sound.Find("d/c").Value;

        // Descriptors of 32 bytes begin after the super block; none of the files is in the last group.
        image[(2 * Block) + (7 * 32) + 8] ^= 1;
        FileSystem fileSystem = ExtImages.Open(image);
        Assert.That(fileSystem.ReadFile("a"), Has.Length.EqualTo(5000));
        Assert.That(fileSystem.Find("d/c").Value, Is.EqualTo(other));
        Assert.That(() => fileSystem.GetAttributes(new NodeId(256)), Throws.TypeOf<InvalidImageException>().With.Message.Contains("group"));
    }

    [Test]
    public void A_damaged_extent_node_is_an_error_where_it_is_needed()
    {
        byte[] image = ExtImages.Read("ext4");

        // The first leaf of the file, by debugfs.
        image[(1087 * Block) + 40] ^= 1;
        BlockSource file = ExtImages.Open(image).Open("fragmented");
        Assert.That(() => file.ReadAt(0, new byte[10]), Throws.TypeOf<InvalidImageException>());
        file.ReadAt(700 * Block, new byte[10]);
    }

    [Test]
    public void A_damaged_directory_block_loses_its_own_names_only()
    {
        byte[] image = ExtImages.Read("hash-half_md4");
        FileSystem sound = ExtImages.Open(image);
        int count = sound.List("names").Count;
        var volume = new ExtVolume(new MemoryBudget(), new MemorySource(image), new SuperBlock(image.AsSpan(SuperBlock.Address)));
        long block = volume.OpenContents(volume.Inodes.Read((uint)sound.Find("names").Value)).Map(50 * Block, Block, out _).Address;
        image[block + 4] = 3;

        FileSystem fileSystem = ExtImages.Open(image);
        var names = new List<byte[]>();
        Assert.That(() => CollectNames(fileSystem, "names", names), Throws.TypeOf<InvalidImageException>().With.Property("Address").EqualTo(block));
        Assert.That(names, Has.Count.InRange(count - 40, count - 1));
        Assert.That(names.All(name => fileSystem.TryLookup(fileSystem.Find("names"), name, out _)), Is.True);
        byte[] lost = sound.List("names").Select(entry => entry.Name).First(name => !names.Any(kept => kept.AsSpan().SequenceEqual(name)));
        Assert.That(() => fileSystem.TryLookup(fileSystem.Find("names"), lost, out _), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void Damage_in_an_inline_directory_comes_after_what_is_sound()
    {
        byte[] image = ExtImages.Read("inline");
        image[SuperBlock.Address + 0x65] &= unchecked((byte)~((uint)ReadOnlyCompatibleFeatures.MetadataCsum >> 8));
        image.AsSpan(SuperBlock.Address + 0x3FC, 4).Clear();
        int entries = (int)AddressOfInode(image, "small") + Inode.BlockOffset + 4;
        image[entries + 4] = 2;
        FileSystem fileSystem = ExtImages.Open(image);
        var names = new List<byte[]>();
        Assert.That(() => CollectNames(fileSystem, "small", names), Throws.TypeOf<InvalidImageException>());
        Assert.That(names, Is.EqualTo(new[] { "."u8.ToArray(), ".."u8.ToArray() }));
    }

    [Test]
    public void A_damaged_attribute_block_leaves_the_file()
    {
        byte[] image = ExtImages.Read("ext4");
        long inode = AddressOfInode(image, "hello.txt");
        int block = BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan((int)inode + 0x68));
        image[(block * Block) + 40] ^= 1;
        FileSystem fileSystem = ExtImages.Open(image);
        NodeId node = fileSystem.Find("hello.txt");
        Assert.That(() => fileSystem.ListExtendedAttributes(node), Throws.TypeOf<InvalidImageException>());
        Assert.That(fileSystem.ReadFile("hello.txt"), Is.EqualTo(ExtImages.Text("hello", 20)));
    }

    [Test]
    public void A_value_in_an_inode_has_to_have_its_checksum()
    {
        byte[] image = ExtImages.Read("ea_inode");
        int value = image.AsSpan().IndexOf("value 50\n"u8);
        image[value] ^= 1;
        FileSystem fileSystem = ExtImages.Open(image);
        Assert.That(() => fileSystem.GetExtendedAttribute(fileSystem.Find("a"), "user.large"u8), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void Pointers_out_of_the_volume_are_errors_of_their_blocks()
    {
        byte[] image = ExtImages.Read("ext2");
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan((int)AddressOfInode(image, "direct") + Inode.BlockOffset + 4), 1_000_000);
        BlockSource file = ExtImages.Open(image).Open("direct");
        byte[] bytes = new byte[Block];
        file.ReadAt(0, bytes);
        Assert.That(bytes, Is.EqualTo(ExtImages.Text("direct", Block)));
        Assert.That(() => file.ReadAt(Block, bytes), Throws.TypeOf<InvalidImageException>());
        file.ReadAt(2 * Block, bytes);
    }

    [TestCase(0x1u, "compression")]
    [TestCase(0x8u, "journal_dev")]
    [TestCase(0x1000u, "dirdata")]
    [TestCase(0x80000001u, "compression, FEATURE_I31")]
    public void Unknown_features_are_refused_by_name(uint features, string names)
    {
        byte[] image = ExtImages.Read("ext2");
        Span<byte> field = image.AsSpan(SuperBlock.Address + 0x60);
        BinaryPrimitives.WriteUInt32LittleEndian(field, features);
        Assert.That(
            () => ExtImages.Open(image),
            Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains(names).And.Property("Errno").EqualTo(Errno.EOPNOTSUPP));
    }

    [Test]
    public void Encrypted_contents_are_refused()
    {
        byte[] image = ExtImages.Read("ext2");
        image[AddressOfInode(image, "direct") + 0x21] |= (int)InodeFlags.Encrypted >> 8;
        FileSystem fileSystem = ExtImages.Open(image);
        Assert.That(() => fileSystem.Open("direct"), Throws.TypeOf<UnsupportedFeatureException>());
        Assert.That(fileSystem.Stat("direct").Size, Is.EqualTo(12288));
    }

    [Test]
    public void An_image_that_ends_early_is_read_as_far_as_it_goes()
    {
        byte[] image = ExtImages.Read("ext2")[..(400 * Block)];
        var warnings = new List<string>();
        FileSystem fileSystem = new ExtFormat().Open(new MemorySource(image), OpenContext.Of(null, warnings.Add));
        Assert.That(warnings, Has.Count.EqualTo(1));
        Assert.That(fileSystem.ReadFile("levels"), Has.Length.EqualTo(67_400_000));
        Assert.That(() => ExtImages.Open(image[..(300 * Block)]).ReadFile("levels"), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void A_probe_wants_more_than_the_magic_number()
    {
        byte[] image = new byte[4096];
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(SuperBlock.Address + 0x38), SuperBlock.MagicNumber);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new ExtFormat().Probe(new MemorySource(image)), Is.False);
            Assert.That(new ExtFormat().Probe(new MemorySource(image.AsMemory(0, 1500))), Is.False);
            Assert.That(ExtImages.Names.All(name => new ExtFormat().Probe(new MemorySource(ExtImages.Read(name)))), Is.True);
        }
    }

    private static void CollectNames(FileSystem fileSystem, string path, List<byte[]> names)
    {
        var sink = new CollectingSink(names);
        int before;
        do
        {
            before = names.Count;
            sink.Room = 100;
            fileSystem.ReadDirectory(fileSystem.Find(path), sink.Position, sink);
        }
        while (names.Count > before);
    }

    private static long AddressOfInode(byte[] image, string path)
    {
        var volume = new ExtVolume(new MemoryBudget(), new MemorySource(image), new SuperBlock(image.AsSpan(SuperBlock.Address)));
        return volume.Inodes.Read((uint)ExtImages.Open(image).Find(path).Value).Address;
    }

    private sealed class CollectingSink(List<byte[]> names) : IDirectorySink
    {
        public long Position { get; private set; }

        public int Room { get; set; }

        public bool Add(in DirectoryEntry entry)
        {
            if (Room-- == 0)
            {
                return false;
            }

            names.Add(entry.Name.ToArray());
            Position = entry.NextPosition;
            return true;
        }
    }

    private static List<string> OpenWithWarnings(byte[] image)
    {
        var warnings = new List<string>();
        new ExtFormat().Open(new MemorySource(image), OpenContext.Of(null, warnings.Add));
        return warnings;
    }
}
