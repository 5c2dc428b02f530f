using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Ext;
using ImageFs.FileSystems.Ext.Directories;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>Lookups by hash, in directories of 3000 names whose trees have two levels.</summary>
public sealed class HashTreeTests
{
    private const int Block = 1024;

    private static byte[] Name(int i) => Encoding.UTF8.GetBytes($"entry-{i:D4}-of-a-directory-with-a-hash-tree-of-two-levéls");

    [TestCase("hash-half_md4")]
    [TestCase("hash-tea")]
    [TestCase("hash-legacy")]
    public void Every_name_is_found_by_a_few_blocks(string image)
    {
        byte[] bytes = ExtImages.Read(image);
        for (int i = 1; i < 3000; i += 100)
        {
            var source = new CountingSource(bytes);
            FileSystem fileSystem = ExtImages.Open(source);
            NodeId directory = fileSystem.Find("names");
            long before = source.Reads;
            Assert.That(fileSystem.TryLookup(directory, Name(i), out NodeId node), Is.True);
            Assert.That(node, Is.EqualTo(fileSystem.Find("names/0000")));
            Assert.That(source.Reads - before, Is.LessThanOrEqualTo(10), "the root, a node, a leaf, the inode table");
            Assert.That(fileSystem.TryLookup(directory, Name(i + 5000), out _), Is.False);
        }
    }

    [Test]
    public void A_name_costs_the_blocks_on_its_way_and_none_when_they_are_known()
    {
        const int OnTheWay = 3 + 2; // the root, a node and the leaf; the directory's inode and the node of its extents
        var source = new CountingSource(ExtImages.Read("hash-half_md4"));
        FileSystem fileSystem = ExtImages.Open(source);
        NodeId directory = fileSystem.Find("names");
        long start = source.Reads;
        for (int i = 1; i < 3000; i++)
        {
            long before = source.Reads;
            Assert.That(fileSystem.TryLookup(directory, Name(i), out _), Is.True);
            Assert.That(source.Reads - before, Is.LessThanOrEqualTo(OnTheWay));
            before = source.Reads;
            Assert.That(fileSystem.TryLookup(directory, Name(i), out _), Is.True);
            Assert.That(source.Reads, Is.EqualTo(before));
        }

        long blocks = fileSystem.GetAttributes(directory).Size / Block;
        Assert.That(source.Reads - start, Is.LessThanOrEqualTo(blocks + OnTheWay), "no block of the directory was read twice");
    }

    [Test]
    public void A_hash_that_goes_on_in_the_next_leaf_is_followed()
    {
        byte[] image = ExtImages.Read("hash-half_md4");
        (long node, int index, byte[] name) = FindSecondLeaf(image);

        // The first name of the leaf moves, by its index alone, beyond the end of the leaf before: as the second of two that collide.
        uint hash = HashOf(image, name);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan((int)node + HashTreeNode.InnerOffset + (index * HashTreeNode.EntrySize)), hash | 1);
        var tree = OpenTree(image, out _);
        Assert.That(tree.TryFind(new SoughtName(name, InodeFlags.None), out uint inode), Is.True);
        Assert.That(inode, Is.Not.Zero);

        // Without the mark, the hash does not go on.
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan((int)node + HashTreeNode.InnerOffset + (index * HashTreeNode.EntrySize)), hash + 2);
        Assert.That(OpenTree(image, out _).TryFind(new SoughtName(name, InodeFlags.None), out _), Is.False);
    }

    [TestCase(28, 9, TestName = "{m}(hash version)")]
    [TestCase(30, 7, TestName = "{m}(levels)")]
    [TestCase(31, 1, TestName = "{m}(flags)")]
    [TestCase(34, 0, TestName = "{m}(count)")]
    [TestCase(38, 0x55, TestName = "{m}(block)")]
    public void Without_a_good_index_all_entries_are_gone_through(int offset, byte value)
    {
        byte[] image = ExtImages.Read("hash-half_md4");
        OpenTree(image, out long root);
        image[root + offset] = value;
        FileSystem fileSystem = ExtImages.Open(image);
        NodeId directory = fileSystem.Find("names");
        for (int i = 1; i < 3000; i += 500)
        {
            Assert.That(fileSystem.TryLookup(directory, Name(i), out _), Is.True);
        }

        Assert.That(fileSystem.TryLookup(directory, "no such name"u8, out _), Is.False);
    }

    private static uint HashOf(byte[] image, byte[] name)
    {
        var superBlock = new SuperBlock(image.AsSpan(SuperBlock.Address));
        return new DirectoryHash(superBlock.HashSeed, superBlock.Flags.HasFlag(SuperBlockFlags.UnsignedHash))
            .Compute((byte)DirectoryHashVersion.HalfMd4, name, out _);
    }

    private static HashTree OpenTree(byte[] image, out long root)
    {
        var volume = new ExtVolume(new MemoryBudget(), new MemorySource(image), new SuperBlock(image.AsSpan(SuperBlock.Address)));
        uint number = (uint)ExtImages.Open(image).Find("names").Value;
        var directory = new ImageFs.FileSystems.Ext.Directories.Directory(volume, volume.Inodes.Read(number));
        byte[] block = new byte[Block];
        directory.Read(0, block, out root);
        return new HashTree(volume, directory, block);
    }

    /// <summary>The second leaf of the first inner node, and the name in it that has the least hash.</summary>
    private static (long Node, int Index, byte[] Name) FindSecondLeaf(byte[] image)
    {
        var volume = new ExtVolume(new MemoryBudget(), new MemorySource(image), new SuperBlock(image.AsSpan(SuperBlock.Address)));
        var directory = new ImageFs.FileSystems.Ext.Directories.Directory(volume, volume.Inodes.Read((uint)ExtImages.Open(image).Find("names").Value));
        ReadOnlySpan<byte> root = directory.Read(0, new byte[Block], out _);
        Assert.That(new HashTreeRoot(root).IndirectLevels, Is.EqualTo(1));
        ReadOnlySpan<byte> inner = directory.Read(new HashTreeNode(root, HashTreeRoot.EntriesOffset).Block(0) * (long)Block, new byte[Block], out long node);
        var entries = new DirEntryWalker(directory.Read(new HashTreeNode(inner, HashTreeNode.InnerOffset).Block(1) * (long)Block, new byte[Block], out _), volume.Geometry);
        byte[]? least = null;
        while (entries.MoveNext())
        {
            byte[] name = entries.Current.Name.ToArray();
            least = least is null || HashOf(image, name) < HashOf(image, least) ? name : least;
        }

        return (node, 1, least!);
    }
}
