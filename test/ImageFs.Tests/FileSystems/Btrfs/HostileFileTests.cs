using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Tree;
using static ImageFs.Tests.FileSystems.Btrfs.HostileImage;

namespace ImageFs.Tests.FileSystems.Btrfs;

/// <summary>Items of files and directories that somebody made to do harm, with right checksums: an error of their own, soon, that hurts nothing beside it.</summary>
public sealed class HostileFileTests
{
    // Fields of btrfs_file_extent_item.
    private const int RamBytes = 8;
    private const int Compression = 16;
    private const int Encryption = 17;
    private const int OtherEncoding = 18;
    private const int Kind = 20;
    private const int DiskAddress = 21;
    private const int DiskBytes = 29;
    private const int Offset = 37;
    private const int Bytes = 45;

    // Fields of btrfs_item, after the key.
    private const int ItemOffset = 17;
    private const int ItemSize = 21;

    private static TestCaseData Extent(string name, string file, int field, ulong value, int width = sizeof(ulong)) =>
        new TestCaseData(file, field, value, width).SetArgDisplayNames(name);

    private static IEnumerable<TestCaseData> Extents() =>
    [
        Extent("address beyond all chunks", "contents/lines", DiskAddress, 1UL << 60),
        Extent("address beyond all numbers", "contents/lines", DiskAddress, ulong.MaxValue - 4095),
        Extent("address of no sector", "contents/lines", DiskAddress, 0x500001),
        Extent("no bytes", "contents/lines", Bytes, 0),
        Extent("more bytes than there are numbers", "contents/lines", Bytes, ulong.MaxValue - 4095),
        Extent("part of a sector", "contents/lines", Bytes, 4097),
        Extent("part beyond its extent", "contents/lines", Offset, 1UL << 40),
        Extent("part beyond its extent by overflow", "contents/lines", Offset, ulong.MaxValue - 4095),
        Extent("extent of no bytes", "contents/lines", DiskBytes, 0),
        Extent("type that is none", "contents/lines", Kind, 7, 1),
        Extent("bomb by its length", "compressed/zlib-text", RamBytes, 1UL << 40),
        Extent("bomb by its length: LZO", "compressed/lzo-text", RamBytes, 1UL << 31),
        Extent("bomb by its length: zstd", "compressed/zstd-text", RamBytes, long.MaxValue & ~4095L),
        Extent("bomb by its stored length", "compressed/zlib-text", DiskBytes, 1UL << 40),
        Extent("stored beyond all chunks", "compressed/zstd-text", DiskAddress, 1UL << 60),
        Extent("part beyond its extent: compressed", "compressed/lzo-text", Offset, 1UL << 20),
        Extent("zlib that is LZO", "compressed/zlib-text", Compression, 2, 1),
        Extent("LZO that is zstd", "compressed/lzo-text", Compression, 3, 1),
        Extent("zstd that is zlib", "compressed/zstd-text", Compression, 1, 1),
        Extent("inline bomb", "compressed/zlib-inline", RamBytes, 1UL << 60),
        Extent("inline bomb: zstd", "compressed/zstd-inline", RamBytes, int.MaxValue),
        Extent("inline bomb: LZO", "compressed/lzo-inline", RamBytes, uint.MaxValue),
        Extent("inline that is LZO", "compressed/zlib-inline", Compression, 2, 1),
        Extent("inline that is no type", "contents/tiny", Kind, 3, 1),
        Extent("inline that is none", "contents/tiny", Kind, 1, 1),
        Extent("compression that is none", "compressed/zlib-text", Compression, 4, 1),
        Extent("encryption", "contents/lines", Encryption, 1, 1),
        Extent("another encoding", "contents/lines", OtherEncoding, 1, 2),
    ];

    [TestCaseSource(nameof(Extents))]
    public void An_extent_that_cannot_be_is_an_error_of_its_file(string file, int field, ulong value, int width)
    {
        ImageEditor editor = Edit();
        ulong inode = editor.Inode(file);
        editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.ObjectId == inode && key.Type == ItemType.ExtentData && key.Offset == 0, item => Put(item, field, value, width));
        AssertHurtAndSound(editor, file);
    }

    [Test]
    public void Compressed_bytes_that_are_none_are_an_error_of_their_file(
        [Values("compressed/zlib-text", "compressed/lzo-text", "compressed/zstd-text")] string file, [Values(0, 0xFF)] int filler)
    {
        ImageEditor editor = Edit();
        ulong inode = editor.Inode(file);
        (int address, int index) = editor.Find(ObjectIds.FsTree, (key, _) => key.ObjectId == inode && key.Type == ItemType.ExtentData);
        ulong logical = BinaryPrimitives.ReadUInt64LittleEndian(new TreeNode(editor.Node(address)).Data(index)[DiskAddress..]);
        editor.Bytes.AsSpan(editor.PhysicalOf(logical), 4096).Fill((byte)filler);
        AssertHurtAndSound(editor, file);
    }

    [Test]
    public void An_item_that_is_cut_short_is_an_error_of_its_file([Values("contents/lines", "contents/tiny", "compressed/zstd-inline")] string file, [Values(0, 10, 20)] int size)
    {
        // The bytes of the item that lies before it in the node would be between: so the whole node is refused.
        ImageEditor editor = Edit();
        ulong inode = editor.Inode(file);
        editor.ChangeItemHeader(
            ObjectIds.FsTree, (key, _) => key.ObjectId == inode && key.Type == ItemType.ExtentData && key.Offset == 0, item => Put(item, ItemSize, (ulong)size, 4));
        AssertHurtAndSound(editor, file);
    }

    [TestCase(ItemOffset, uint.MaxValue, TestName = "{m}(offset beyond all)")]
    [TestCase(ItemOffset, 4096u, TestName = "{m}(offset beyond the node)")]
    [TestCase(ItemOffset, 0u, TestName = "{m}(among the headers)")]
    [TestCase(ItemSize, uint.MaxValue, TestName = "{m}(size beyond all)")]
    [TestCase(ItemSize, 4000u, TestName = "{m}(over others)")]
    public void An_item_that_lies_outside_of_its_node_is_an_error(int field, uint value)
    {
        ImageEditor editor = Edit();
        ulong inode = editor.Inode("contents/lines");
        editor.ChangeItemHeader(ObjectIds.FsTree, (key, _) => key.ObjectId == inode && key.Type == ItemType.ExtentData, item => Put(item, field, value, 4));
        AssertHurtAndSound(editor, "contents/lines");
    }

    [TestCase("a/b")]
    [TestCase("a\0b")]
    [TestCase("/..")]
    [TestCase("...", "..", 2)]
    [TestCase("...", ".", 1)]
    [TestCase("...", "", 0)]
    public void A_name_that_no_path_can_hold_is_told_of_and_hides_nothing_else(string name, string? other = null, int? length = null)
    {
        // Of "names" the name "..." becomes another: of as many bytes, or shorter.
        ImageEditor editor = Edit();
        ulong directory = editor.Inode("names");
        byte[] bytes = Encoding.ASCII.GetBytes(other ?? name);
        editor.ChangeItem(ObjectIds.FsTree, (key, data) => key.ObjectId == directory && key.Type == ItemType.DirIndex && data[30..].SequenceEqual("..."u8), item =>
        {
            Put(item, 27, (ulong)(length ?? 3), 2);
            bytes.CopyTo(item[30..]);
        });
        FileSystem fileSystem = editor.Open();
        var names = new List<string>();
        Assert.That(() => List(fileSystem, Find(fileSystem, "names"), names), Throws.InstanceOf<InvalidImageException>());
        Assert.That(names, Has.Member("many").And.Member("hash").And.Exactly(1).EqualTo("..").And.No.Member("a/b"));
        Assert.That(Read(fileSystem, Sound), Is.EqualTo("deep"u8.ToArray()));
    }

    [Test]
    public void A_directory_that_is_in_itself_is_no_endless_loop()
    {
        ImageEditor editor = Edit();
        ulong above = editor.Inode("nodes");
        foreach (ItemType type in new[] { ItemType.DirIndex, ItemType.DirItem })
        {
            editor.ChangeItem(
                ObjectIds.FsTree, (key, data) => key.ObjectId == above && key.Type == type && data[30..].SequenceEqual("deep"u8), item => Put(item, 0, above, 8));
        }

        FileSystem fileSystem = editor.Open();
        Assert.That(Find(fileSystem, "nodes/deep/deep/deep"), Is.EqualTo(Find(fileSystem, "nodes")));
        Assert.That(Walk(fileSystem), Has.Count.GreaterThan(100));
    }

    [Test]
    public void A_name_that_leads_to_no_inode_is_an_error_of_its_own()
    {
        ImageEditor editor = Edit();
        ulong above = editor.Inode("contents");
        foreach (ItemType type in new[] { ItemType.DirIndex, ItemType.DirItem })
        {
            editor.ChangeItem(
                ObjectIds.FsTree, (key, data) => key.ObjectId == above && key.Type == type && data[30..].SequenceEqual("lines"u8), item => Put(item, 0, 1UL << 50, 8));
        }

        AssertHurtAndSound(editor, "contents/lines");
    }

    [TestCase(25, 0xFFFFUL, TestName = "{m}(a value beyond its item)")]
    [TestCase(27, 0xFFFFUL, TestName = "{m}(a name beyond its item)")]
    public void An_attribute_that_cannot_be_is_an_error_of_its_inode(int field, ulong value)
    {
        ImageEditor editor = Edit();
        ulong inode = editor.Inode("attributes/file");
        editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.ObjectId == inode && key.Type == ItemType.XattrItem, item => Put(item, field, value, 2));
        FileSystem fileSystem = editor.Open();
        Assert.That(() => fileSystem.ListExtendedAttributes(Find(fileSystem, "attributes/file")), Throws.InstanceOf<InvalidImageException>());
        Assert.That(fileSystem.ListExtendedAttributes(Find(fileSystem, "attributes/many")), Has.Count.GreaterThan(50));
        Assert.That(Read(fileSystem, Sound), Is.EqualTo("deep"u8.ToArray()));
    }

    [Test]
    public void A_size_beyond_all_is_an_error_and_a_huge_one_costs_nothing()
    {
        ImageEditor editor = Edit();
        ulong inode = editor.Inode("contents/lines");
        editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.ObjectId == inode && key.Type == ItemType.InodeItem, item => Put(item, 16, ulong.MaxValue, 8));
        AssertHurtAndSound(editor, "contents/lines");

        editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.ObjectId == inode && key.Type == ItemType.InodeItem, item => Put(item, 16, long.MaxValue, 8));
        FileSystem fileSystem = editor.Open();
        BlockSource file = fileSystem.OpenFile(Find(fileSystem, "contents/lines"));
        byte[] end = new byte[5000];
        file.ReadAt(file.Length - end.Length, end);
        Assert.That(end, Is.All.Zero);
    }

    [Test]
    public void A_link_that_is_longer_than_any_is_an_error()
    {
        ImageEditor editor = Edit();
        ulong inode = editor.Inode("nodes/link1");
        editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.ObjectId == inode && key.Type == ItemType.InodeItem, item => Put(item, 16, 1UL << 40, 8));
        FileSystem fileSystem = editor.Open();
        Assert.That(() => fileSystem.ReadLink(Find(fileSystem, "nodes/link1")), Throws.InstanceOf<InvalidImageException>());
        Assert.That(fileSystem.ReadLink(Find(fileSystem, "nodes/link59")), Has.Length.EqualTo(59));
    }
}
