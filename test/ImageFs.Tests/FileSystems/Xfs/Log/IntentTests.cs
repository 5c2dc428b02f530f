using System.Text;
using ImageFs.FileSystems.Xfs;
using ImageFs.FileSystems.Xfs.Log;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Xfs.Log;

/// <summary>What a log begins and does not finish: extents and attributes that files have by that, in an image whose log has nothing else.</summary>
internal sealed class IntentTests
{
    private const int BlockSize = 4096;

    private static readonly byte[] s_image = XfsImages.Read("small");
    private static readonly FileSystem s_before = XfsImages.Open(s_image);
    private static readonly File s_lines = new("lines");
    private static readonly File s_pieces = new("clone-of-pieces");
    private static readonly File s_other = new("changed-clone");

    [Test]
    public void An_extent_is_unmapped_and_another_mapped_in_its_place()
    {
        FileExtent first = s_lines.Extents[0];
        FileSystem fileSystem = Open(
            [Map(1, s_lines, first with { Count = 2 }, IntentItems.Unmap), Map(2, s_lines, new FileExtent(1, s_other.Extents[0].Block, 1, false), IntentItems.Map)]);
        byte[] expected = s_before.ReadFile("lines");
        expected.AsSpan(0, 2 * BlockSize).Clear();
        s_before.ReadFile("changed-clone").AsSpan(0, BlockSize).CopyTo(expected.AsSpan(BlockSize));
        Assert.That(fileSystem.ReadFile("lines"), Is.EqualTo(expected));
        Assert.That(Attributes(fileSystem, "lines").Blocks, Is.EqualTo(Attributes(s_before, "lines").Blocks - (BlockSize / 512)));
        Assert.That(fileSystem.ReadFile("clone"), Is.EqualTo(s_before.ReadFile("clone")), "who shares the blocks keeps them");
    }

    [Test]
    public void An_extent_that_was_never_written_stays_so()
    {
        FileExtent first = s_lines.Extents[0];
        FileSystem fileSystem = Open([Map(1, s_lines, first with { Count = 1 }, IntentItems.Unmap), Map(2, s_lines, first with { Count = 1 }, IntentItems.Map | IntentItems.Unwritten)]);
        Assert.That(fileSystem.TryLookup(fileSystem.Root, "lines"u8, out NodeId node), Is.True);
        Assert.That(fileSystem.OpenFile(node).Map(0, BlockSize, out _).Kind, Is.EqualTo(ExtentKind.Unwritten));
    }

    [Test]
    public void What_was_done_is_not_done_again()
    {
        FileSystem fileSystem = Open(
            [Map(1, s_lines, s_lines.Extents[0], IntentItems.Unmap), Map(2, s_other, s_other.Extents[0], IntentItems.Unmap)],
            [IntentItems.Done(LogItemType.BlockMap, 1)]);
        Assert.That(fileSystem.ReadFile("lines"), Is.EqualTo(s_before.ReadFile("lines")));
        Assert.That(fileSystem.ReadFile("changed-clone").AsSpan(0, (int)s_other.Extents[0].Count * BlockSize).ContainsAnyExcept((byte)0), Is.False);
    }

    // More than there is room for in the inode: Linux would make a tree of them, of one block more.
    [Test]
    public void Extents_that_do_not_fit_the_inode_are_read()
    {
        const int Count = 60;
        long block = s_other.Extents[0].Block;
        FileSystem fileSystem = Open([.. Enumerable.Range(0, Count).Select(i => Map((ulong)i + 1, s_lines, new FileExtent(100 + (2 * i), block, 1, false), IntentItems.Map))]);
        Assert.That(fileSystem.TryLookup(fileSystem.Root, "lines"u8, out NodeId node), Is.True);
        Assert.That(Attributes(fileSystem, "lines").Blocks, Is.EqualTo(Attributes(s_before, "lines").Blocks + ((Count + 1) * (BlockSize / 512))));

        // They lie behind the end of the file, which nobody changed.
        Assert.That(fileSystem.ReadFile("lines"), Is.EqualTo(s_before.ReadFile("lines")));
    }

    [Test]
    public void Two_files_exchange_their_contents_and_sizes()
    {
        FileSystem fileSystem = Open([IntentItems.Exchange(1, s_lines.Side(0, s_pieces.Size), s_pieces.Side(0, s_lines.Size), 200, ExchangeFlags.Sizes)]);
        Assert.That(fileSystem.ReadFile("lines"), Is.EqualTo(s_before.ReadFile("clone-of-pieces")));
        Assert.That(fileSystem.ReadFile("clone-of-pieces"), Is.EqualTo(s_before.ReadFile("lines")));
        long blocks = Attributes(s_before, "lines").Blocks + Attributes(s_before, "clone-of-pieces").Blocks;
        Assert.That(Attributes(fileSystem, "lines").Blocks + Attributes(fileSystem, "clone-of-pieces").Blocks, Is.EqualTo(blocks));
    }

    [Test]
    public void Of_an_exchange_what_is_left_is_done([Values] bool onlyWritten)
    {
        FileSystem fileSystem = Open([IntentItems.Exchange(1, s_pieces.Side(3), s_lines.Side(1), 5, onlyWritten ? ExchangeFlags.OnlyWritten : ExchangeFlags.None)]);
        byte[] pieces = s_before.ReadFile("clone-of-pieces");
        byte[] lines = [.. s_before.ReadFile("lines"), .. new byte[BlockSize]];
        byte[] expected = [.. pieces];
        int exchanged = 0;
        for (int i = 0; i < 5; i++)
        {
            if (!onlyWritten || s_pieces.Extents.Any(extent => extent.FileBlock <= 3 + i && extent.End > 3 + i && !extent.IsUnwritten))
            {
                lines.AsSpan((1 + i) * BlockSize, BlockSize).CopyTo(expected.AsSpan((3 + i) * BlockSize));
                exchanged++;
            }
        }

        Assert.That(exchanged, onlyWritten ? Is.InRange(1, 4) : Is.EqualTo(5));
        Assert.That(fileSystem.ReadFile("clone-of-pieces"), Is.EqualTo(expected));
    }

    [Test]
    public void Attributes_are_set_and_replaced_and_removed()
    {
        byte[] large = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i % 251))];
        long inode = (long)Lookup(s_before, "tiny").Value;
        byte[][] before = [.. s_before.ListExtendedAttributes(Lookup(s_before, "tiny"))];
        string name = Encoding.UTF8.GetString(before.First(name => name.AsSpan().StartsWith("user."u8)));
        byte[] onDisk = Encoding.UTF8.GetBytes(name["user.".Length..]);
        FileSystem fileSystem = Open(
            [IntentItems.Attribute(1, inode, AttributeOperation.Set, 0, "new"u8.ToArray(), large), IntentItems.Attribute(2, inode, AttributeOperation.Set, 2, "empty"u8.ToArray(), [])],
            [IntentItems.Attribute(3, inode, AttributeOperation.Replace, 0, onDisk, "other"u8.ToArray())],
            [IntentItems.Attribute(4, inode, AttributeOperation.Set, 0, "short"u8.ToArray(), [1]), IntentItems.Attribute(5, inode, AttributeOperation.Remove, 0, "short"u8.ToArray(), [])],
            [IntentItems.Attribute(6, inode, AttributeOperation.SetParent, 8, "parent"u8.ToArray(), new byte[12])]);
        NodeId node = new((ulong)inode);
        string[] expected = [.. before.Select(Encoding.UTF8.GetString), "user.new", "trusted.empty"];
        Assert.That(fileSystem.ListExtendedAttributes(node).Select(Encoding.UTF8.GetString), Is.EquivalentTo(expected));
        Assert.That(fileSystem.GetExtendedAttribute(node, "user.new"u8), Is.EqualTo(large));
        Assert.That(fileSystem.GetExtendedAttribute(node, "trusted.empty"u8), Is.Empty);
        Assert.That(fileSystem.GetExtendedAttribute(node, Encoding.UTF8.GetBytes(name)), Is.EqualTo("other"u8.ToArray()));
        Assert.That(fileSystem.GetExtendedAttribute(node, "user.short"u8), Is.Null);
        FileSystem removed = Open([IntentItems.Attribute(1, inode, AttributeOperation.Remove, 0, onDisk, [])]);
        Assert.That(removed.GetExtendedAttribute(node, Encoding.UTF8.GetBytes(name)), Is.Null);
        Assert.That(removed.ListExtendedAttributes(node), Has.Count.EqualTo(before.Length - 1));
    }

    [Test]
    public void What_is_not_sound_is_told_and_nothing_is_made_up()
    {
        FileExtent first = s_lines.Extents[0];
        byte[][][] damaged =
        [
            Map(1, s_lines, first, IntentItems.Map),
            Map(1, s_lines, first, 3),
            Map(1, s_lines, first with { Count = 0 }, IntentItems.Unmap),
            Map(1, s_lines, first with { FileBlock = 1L << 54 }, IntentItems.Unmap),
            IntentItems.BlockMap(1, 1L << 50, 0, 1, 1, IntentItems.Map),
            IntentItems.Exchange(1, s_lines.Side(0) with { Generation = 1 }, s_pieces.Side(0), 5, ExchangeFlags.None),
            IntentItems.Exchange(1, s_lines.Side(0), s_pieces.Side(0), -1, ExchangeFlags.None),
            IntentItems.Exchange(1, s_lines.Side(0), s_pieces.Side(0), 5, (ExchangeFlags)0x100),
            IntentItems.Exchange(1, s_lines.Side(0), s_lines.Side(2), 5, ExchangeFlags.None),
            IntentItems.Attribute(1, 131, AttributeOperation.Set, 0, [], [1]),
            IntentItems.Attribute(1, 131, AttributeOperation.Set, 0x40, [1], [1]),
            [[.. IntentItems.Attribute(1, 131, AttributeOperation.Set, 0, [1], [1])[0][..36]]],
        ];
        for (int i = 0; i < damaged.Length; i++)
        {
            // The regions that are missing are not asked for.
            byte[][] item = damaged[i];
            item[0][2] = (byte)item.Length;
            Assert.That(() => Open([item]), Throws.TypeOf<InvalidImageException>(), $"{i}");
            Assert.That(() => XfsImages.Open(IntentItems.WithLog(s_image, [item]), "norecovery"), Throws.Nothing);
        }

        Assert.That(() => Open([IntentItems.Attribute(1, 131, (AttributeOperation)9, 0, [1], [1])]), Throws.TypeOf<UnsupportedFeatureException>());
        FileSystem beyond = Open([Map(1, s_lines, new FileExtent(20, 1L << 40, 1, false), IntentItems.Map)]);
        Assert.That(() => beyond.ReadFile("lines"), Throws.Nothing, "it is behind the end of the file");
        Assert.That(() => Open([Map(1, s_lines, first, IntentItems.Unmap), Map(2, s_lines, first with { Block = 1L << 40 }, IntentItems.Map)]).ReadFile("lines"), Throws.TypeOf<InvalidImageException>());
    }

    private static FileSystem Open(params byte[][][][] transactions) => XfsImages.Open(IntentItems.WithLog(s_image, transactions));

    private static byte[][] Map(ulong id, File file, FileExtent extent, uint flags) => IntentItems.BlockMap(id, file.Number, extent.FileBlock, extent.Block, (uint)extent.Count, flags);

    private static NodeId Lookup(FileSystem fileSystem, string name)
    {
        Assert.That(fileSystem.TryLookup(fileSystem.Root, Encoding.UTF8.GetBytes(name), out NodeId node), Is.True);
        return node;
    }

    private static NodeAttributes Attributes(FileSystem fileSystem, string name) => fileSystem.GetAttributes(Lookup(fileSystem, name));

    private sealed class File
    {
        public File(string name)
        {
            Number = (long)Lookup(s_before, name).Value;
            var volume = new XfsVolume(new MemoryBudget(), new MemorySource(s_image), new SuperBlock(s_image.AsSpan(0, 512)));
            Inode inode = volume.Inodes.Read(Number, new byte[volume.Geometry.InodeSize]);
            Generation = inode.Generation;
            Size = inode.Size;
            new ForkMap(volume, inode, isAttributes: false).Visit((in FileExtent extent) => Extents.Add(extent));
        }

        public long Number { get; }

        public uint Generation { get; }

        public long Size { get; }

        public List<FileExtent> Extents { get; } = [];

        public (long Inode, uint Generation, long Start, long Size) Side(long start, long size = -1) => (Number, Generation, start, size);
    }
}
