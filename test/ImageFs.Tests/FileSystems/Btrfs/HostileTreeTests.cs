using System.Diagnostics;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Tree;
using static ImageFs.Tests.FileSystems.Btrfs.HostileImage;

namespace ImageFs.Tests.FileSystems.Btrfs;

/// <summary>Super blocks, chunks, nodes and subvolumes that somebody made to do harm, with right checksums: an error of their own, soon.</summary>
public sealed class HostileTreeTests
{
    [TestCase(0x60, 0u, 4, TestName = "{m}(no items)")]
    [TestCase(0x60, uint.MaxValue, 4, TestName = "{m}(more items than numbers)")]
    [TestCase(0x60, 200u, 4, TestName = "{m}(more items than fit)")]
    [TestCase(0x64, 1u, 1, TestName = "{m}(a level above its own)")]
    [TestCase(0x64, 255u, 1, TestName = "{m}(a level above all)")]
    [TestCase(0x30, 0u, 4, TestName = "{m}(another address)")]
    [TestCase(0x50, uint.MaxValue, 4, TestName = "{m}(another generation)")]
    [TestCase(0x58, 7u, 4, TestName = "{m}(another tree's)")]
    [TestCase(0x20, 0u, 4, TestName = "{m}(another file system's)")]
    public void A_node_that_contradicts_what_leads_to_it_is_an_error(int field, uint value, int width)
    {
        ImageEditor editor = Edit();
        editor.Change(NodeOf(editor, "contents/lines"), node => Put(node, field, value, width));
        AssertHurtAndSound(editor, "contents/lines");
    }

    [Test]
    public void Keys_that_do_not_ascend_are_an_error()
    {
        ImageEditor editor = Edit();
        editor.Change(NodeOf(editor, "contents/lines"), node =>
        {
            Span<byte> first = node.Slice(TreeNode.HeaderSize, TreeNode.ItemSize);
            Span<byte> second = node.Slice(TreeNode.HeaderSize + TreeNode.ItemSize, TreeNode.ItemSize);
            byte[] kept = first.ToArray();
            second.CopyTo(first);
            kept.CopyTo(second);
        });
        AssertHurtAndSound(editor, "contents/lines");
    }

    [Test]
    public void A_tree_that_leads_back_to_itself_has_an_end([Values] bool isLevelRight)
    {
        ImageEditor editor = Edit();
        int root = editor.RootOf(ObjectIds.FsTree);
        var node = new TreeNode(editor.Node(root));
        ulong own = node.Address;
        int last = node.Count - 1;
        int index = isLevelRight ? last - 1 : last;
        ulong to = isLevelRight ? node.Child(0).Address : own;
        editor.Change(root, bytes => Put(bytes, TreeNode.HeaderSize + (index * TreeNode.PointerSize) + TreeKey.Size, to, 8));
        FileSystem fileSystem = editor.Open();
        var clock = Stopwatch.StartNew();
        Assert.That(Walk(fileSystem).Values, Has.Some.EqualTo("error"));
        Assert.That(clock.Elapsed, Is.LessThan(Limit));
        Assert.That(Read(fileSystem, Sound), Is.EqualTo("deep"u8.ToArray()));
    }

    [TestCase(0x64, 8UL, 1, TestName = "{m}(a level above all)")]
    [TestCase(TreeNode.HeaderSize + TreeKey.Size, ulong.MaxValue, 8, TestName = "{m}(a child beyond all)")]
    [TestCase(TreeNode.HeaderSize + TreeKey.Size, 3UL, 8, TestName = "{m}(a child at no sector)")]
    [TestCase(0x60, 0UL, 4, TestName = "{m}(no children)")]
    public void A_root_that_cannot_be_is_refused(int field, ulong value, int width)
    {
        ImageEditor editor = Edit();
        editor.Change(editor.RootOf(ObjectIds.FsTree), node => Put(node, field, value, width));
        Assert.That(() => editor.Open(), Throws.InstanceOf<ImageException>());
    }

    [Test]
    public void Subvolumes_that_are_in_each_other_have_an_end([Values("", "subvolid=258", "subvol=/volumes/first/directory/nested")] string options)
    {
        // nested (257) is said to be in deeper (258), which is in nested.
        ImageEditor editor = Edit();
        editor.ChangeItemHeader(ObjectIds.RootTree, (key, _) => key == new TreeKey(257, ItemType.RootBackref, 256), item => Put(item, 9, 258, 8));
        AssertBounded(editor, options);
    }

    [Test]
    public void A_subvolume_that_is_in_itself_has_an_end()
    {
        ImageEditor editor = Edit();
        const ulong First = 256;
        foreach (ItemType type in new[] { ItemType.DirIndex, ItemType.DirItem })
        {
            editor.ChangeItem(
                257, (key, data) => key.Type == type && data[30..].SequenceEqual("deeper"u8), item => Put(item, 0, First, 8));
        }

        AssertBounded(editor, "");
    }

    [TestCase(176, ulong.MaxValue, 8, TestName = "{m}(bytenr)")]
    [TestCase(238, 9UL, 1, TestName = "{m}(level)")]
    [TestCase(168, 7UL, 8, TestName = "{m}(root_dirid)")]
    public void A_root_item_that_cannot_be_is_an_error_of_its_subvolume(int field, ulong value, int width)
    {
        ImageEditor editor = Edit();
        editor.ChangeItem(ObjectIds.RootTree, (key, _) => key.ObjectId == 256 && key.Type == ItemType.RootItem, item => Put(item, field, value, width));
        FileSystem fileSystem = editor.Open();
        Assert.That(() => Read(fileSystem, "volumes/first/file"), Throws.InstanceOf<ImageException>());
        Assert.That(Read(fileSystem, Sound), Is.EqualTo("deep"u8.ToArray()));
        Assert.That(() => editor.Open("subvolid=256"), Throws.InstanceOf<ImageException>());
    }

    [TestCase(0x90, 0u, TestName = "{m}(sectorsize 0)")]
    [TestCase(0x90, 4097u, TestName = "{m}(sectorsize 4097)")]
    [TestCase(0x90, 1u << 30, TestName = "{m}(sectorsize 1 GiB)")]
    [TestCase(0x94, 0u, TestName = "{m}(nodesize 0)")]
    [TestCase(0x94, 12288u, TestName = "{m}(nodesize 12288)")]
    [TestCase(0x94, 1u << 31, TestName = "{m}(nodesize 2 GiB)")]
    [TestCase(0xA0, 0u, TestName = "{m}(no system chunks)")]
    [TestCase(0xA0, uint.MaxValue, TestName = "{m}(system chunks beyond all)")]
    [TestCase(0xA0, 96u, TestName = "{m}(system chunks cut short)")]
    [TestCase(0xC4, 9u, TestName = "{m}(csum_type)")]
    [TestCase(0xC6, 8u, TestName = "{m}(root_level)")]
    [TestCase(0xC7, 200u, TestName = "{m}(chunk_root_level)")]
    [TestCase(0x50, 1u, TestName = "{m}(root at no sector)")]
    [TestCase(0x50, 0x7FFFF000u, TestName = "{m}(root beyond all chunks)")]
    [TestCase(0x58, 0u, TestName = "{m}(chunk_root 0)")]
    [TestCase(0x32B + 17, 0u, TestName = "{m}(a chunk of no bytes)")]
    [TestCase(0x32B + 17 + 16, 0u, TestName = "{m}(stripes of no bytes)")]
    [TestCase(0x32B + 17 + 44, 0u, TestName = "{m}(no stripes)")]
    [TestCase(0x32B + 17 + 44, 0xFFFFu, TestName = "{m}(stripes beyond all)")]
    [TestCase(0x32B + 17 + 48, 99u, TestName = "{m}(a device that is none)")]
    public void A_super_block_that_cannot_be_is_refused(int field, uint value)
    {
        ImageEditor editor = Edit();
        long before = GC.GetAllocatedBytesForCurrentThread();
        editor.ChangeSuper(super => Put(super, field, value, field is 0xC6 or 0xC7 ? 1 : field is 0xC4 or (0x32B + 17 + 44) ? 2 : 4));
        Assert.That(() => editor.Open(), Throws.InstanceOf<ImageException>());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostAllocated));
    }

    [TestCase(0, 0UL, 8, TestName = "{m}(no bytes)")]
    [TestCase(0, ulong.MaxValue, 8, TestName = "{m}(bytes beyond all)")]
    [TestCase(16, 0UL, 8, TestName = "{m}(stripes of no bytes)")]
    [TestCase(44, 0UL, 2, TestName = "{m}(no stripes)")]
    [TestCase(44, 0xFFFFUL, 2, TestName = "{m}(stripes beyond all)")]
    [TestCase(24, ulong.MaxValue, 8, TestName = "{m}(all profiles at once)")]
    [TestCase(56, 1UL << 62, 8, TestName = "{m}(a stripe beyond its device)")]
    public void A_chunk_that_cannot_be_is_an_error(int field, ulong value, int width)
    {
        ImageEditor editor = Edit();
        foreach (ulong chunk in Chunks(editor))
        {
            editor.ChangeItem(ObjectIds.ChunkTree, (key, _) => key.Type == ItemType.ChunkItem && key.Offset == chunk, item => Put(item, field, value, width));
        }

        Assert.That(() => Walk(editor.Open()).Values.Any(told => told == "error") ? throw new InvalidImageException("walk", 0, "has errors") : 0, Throws.InstanceOf<ImageException>());
    }

    private static void AssertBounded(ImageEditor editor, string options)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            FileSystem fileSystem = editor.Open(options);
            _ = fileSystem.Describe();
            Walk(fileSystem);
        }
        catch (ImageException)
        {
            // To refuse it is right as well.
        }

        Assert.That(clock.Elapsed, Is.LessThan(Limit));
    }

    private static int NodeOf(ImageEditor editor, string file)
    {
        ulong inode = editor.Inode(file);
        return editor.Find(ObjectIds.FsTree, (key, _) => key.ObjectId == inode && key.Type == ItemType.InodeItem).Address;
    }

    private static ulong[] Chunks(ImageEditor editor)
    {
        var chunks = new List<ulong>();
        foreach (int address in editor.NodesOf(ObjectIds.ChunkTree))
        {
            var node = new TreeNode(editor.Node(address));
            for (int i = 0; i < node.Count; i++)
            {
                if (node.Key(i).Type == ItemType.ChunkItem)
                {
                    chunks.Add(node.Key(i).Offset);
                }
            }
        }

        return [.. chunks];
    }
}
