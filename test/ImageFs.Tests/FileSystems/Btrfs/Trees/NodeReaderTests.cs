using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using BtrfsTree = ImageFs.FileSystems.Btrfs.Trees.Tree;

namespace ImageFs.Tests.FileSystems.Btrfs.Trees;

/// <summary>Nothing of a node is believed before it is checked, and another copy stands in for a bad one.</summary>
internal sealed class NodeReaderTests
{
    private static readonly (TreeKey Key, byte[] Data)[] s_items = [.. Enumerable.Range(0, 40).Select(i => (new TreeKey(256, ItemType.DirIndex, (ulong)i), new byte[20]))];

    private static readonly (string Name, Action<byte[]> Change, bool IsSealed, string Problem)[] s_damage =
    [
        ("checksum", node => node[200] ^= 1, false, "checksum (crc32c) is wrong"),
        ("fsid", node => node[0x20] ^= 1, true, "another file system"),
        ("bytenr", node => node[0x32] ^= 1, true, "says that it is at"),
        ("generation", node => node[0x50] ^= 1, true, "its generation is 6, not 7"),
        ("owner", node => BinaryPrimitives.WriteUInt64LittleEndian(node.AsSpan(0x58), ObjectIds.ExtentTree), true, "its owner is tree 2"),
        ("level", node => node[0x64] = 8, true, "its level is 8"),
        ("another level", node => node[0x64] ^= 1, true, string.Empty),
        ("nritems", node => BinaryPrimitives.WriteUInt32LittleEndian(node.AsSpan(0x60), uint.MaxValue), true, "do not fit"),
        ("first key", node => node[TreeNode.HeaderSize] ^= 1, true, string.Empty),
        ("no items", node => BinaryPrimitives.WriteUInt32LittleEndian(node.AsSpan(0x60), 0), true, string.Empty),
        ("order", node => node.AsSpan(TreeNode.HeaderSize, TreeKey.Size).CopyTo(node.AsSpan(TreeNode.HeaderSize + (node[0x64] == 0 ? TreeNode.ItemSize : TreeNode.PointerSize))), true, "does not come after"),
    ];

    [Test]
    public void The_other_copy_is_taken_where_one_is_bad([ValueSource(nameof(s_damage))] (string Name, Action<byte[]> Change, bool IsSealed, string Problem) of, [Values(0, 1)] int copy)
    {
        TreeImage image = TreeImage.Of(s_items);
        foreach (long address in image.Addresses)
        {
            image.Change(address, of.Change, of.IsSealed, copy);
        }

        Assert.That(CountItems(image.ToTree()), Is.EqualTo(s_items.Length));
    }

    [Test]
    public void Where_no_copy_is_good_it_is_an_error([ValueSource(nameof(s_damage))] (string Name, Action<byte[]> Change, bool IsSealed, string Problem) of)
    {
        TreeImage whole = TreeImage.Of(s_items);
        foreach (long address in whole.Addresses)
        {
            TreeImage image = TreeImage.Of(s_items);
            bool isRoot = (ulong)address == image.Root.Address;
            image.Change(address, of.Change, of.IsSealed);
            if (isRoot && of.Name == "first key")
            {
                continue;
            }

            Assert.That(() => CountItems(image.ToTree()), Throws.TypeOf<InvalidImageException>().With.Message.Contains(of.Problem).And.Property("Address").EqualTo(address));
        }
    }

    [TestCase(17, "does not lie before")]
    [TestCase(21, "does not lie before")]
    public void Data_of_an_item_lies_where_it_can(int offset, string problem)
    {
        TreeImage image = TreeImage.Of(s_items[..3]);
        image.Change((long)image.Root.Address, node => BinaryPrimitives.WriteUInt32LittleEndian(node.AsSpan(TreeNode.HeaderSize + offset), 4000));
        Assert.That(() => CountItems(image.ToTree()), Throws.TypeOf<InvalidImageException>().With.Message.Contains(problem));
    }

    [Test]
    public void A_subvolume_has_nodes_of_the_one_it_was_a_snapshot_of()
    {
        TreeImage image = TreeImage.Of(s_items);
        BtrfsTree tree = image.ToTree();
        Assert.That(CountItems(tree with { Root = tree.Root with { Tree = 300 } }), Is.EqualTo(s_items.Length));
        Assert.That(() => CountItems(tree with { Root = tree.Root with { Tree = ObjectIds.RootTree } }), Throws.TypeOf<InvalidImageException>().With.Message.Contains("owner"));
    }

    [TestCase(0x10001UL)]
    [TestCase(0x8000_0000_0000_0000UL)]
    [TestCase(0x7FFF_FFFF_FFFF_F000UL)]
    public void An_address_where_nothing_is_is_an_error(ulong address)
    {
        BtrfsTree tree = TreeImage.Of(s_items).ToTree();
        Assert.That(() => CountItems(tree with { Root = tree.Root with { Address = address } }), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void Keys_of_a_node_end_before_the_next_one()
    {
        TreeImage image = TreeImage.Of(s_items);
        long leaf = image.Addresses.First();
        image.Change(leaf, node => node[TreeNode.HeaderSize + (4 * TreeNode.ItemSize) + 9] = 9);
        Assert.That(() => CountItems(image.ToTree()), Throws.TypeOf<InvalidImageException>().With.Message.Contains("where the next node begins"));
    }

    private static int CountItems(BtrfsTree tree)
    {
        int count = 0;
        using TreeCursor cursor = tree.Open();
        for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
        {
            count++;
        }

        return count;
    }
}
