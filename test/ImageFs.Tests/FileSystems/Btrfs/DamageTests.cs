using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;
using static ImageFs.Tests.FileSystems.Btrfs.HostileImage;

namespace ImageFs.Tests.FileSystems.Btrfs;

/// <summary>What became damaged by itself, so that its checksum is wrong: every answer is that of the sound image, or an error.</summary>
public sealed class DamageTests
{
    private const int Rounds = 20;

    [TestCase("small", true, 11)]
    [TestCase("small", false, 12)]
    [TestCase("xxhash", false, 13)]
    [TestCase("sha256", false, 14)]
    [TestCase("blake2", false, 15)]
    public void All_that_is_read_with_checks_is_as_it_was_or_an_error(string name, bool isNodes, int seed)
    {
        byte[] sound = ImageEditor.Read(name);
        FileSystem expected = ImageEditor.Open(sound, "data_csum=check");
        var random = new Random(seed);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            var editor = new ImageEditor(sound);
            for (int i = random.Next(1, 8); i > 0; i--)
            {
                int place = isNodes
                    ? editor.Nodes[random.Next(editor.Nodes.Count)] + random.Next(editor.NodeSize)
                    : FindUsed(editor.Bytes, random);
                editor.Bytes[place] ^= (byte)random.Next(1, 256);
            }

            tally.Next();
            MutantWalk.Try(() =>
            {
                FileSystem actual = editor.Open("data_csum=check");
                tally.NoteOpened();
                AssertSameOrError(expected, actual, expected.Root, actual.Root, tally, string.Empty);
            });
        }

        tally.AssertShares(opened: 30, read: 30);
    }

    [Test]
    public void A_directory_ends_with_an_error_where_a_leaf_of_its_names_is_damaged()
    {
        ImageEditor editor = Edit();
        byte[] sound = [.. editor.Bytes];
        int root = editor.Find(ObjectIds.FsTree, (key, _) => key is { ObjectId: ObjectIds.FirstFree, Type: ItemType.InodeItem }).Address;
        int directories = 0;
        foreach ((ulong inode, int[] leaves) in FindLongDirectories(editor))
        {
            directories++;
            foreach (int leaf in leaves.Where(leaf => leaf != root))
            {
                var damaged = new ImageEditor(sound);
                damaged.Node(leaf)[damaged.NodeSize - 1] ^= 1;
                FileSystem fileSystem = damaged.Open();
                string[] names = Names(editor.Open(), new NodeId(inode), out _);
                string[] left = Names(fileSystem, new NodeId(inode), out Exception? problem);
                Assert.That(problem, Is.InstanceOf<InvalidImageException>().With.Message.Contains("checksum"), $"inode {inode}");
                Assert.That(left, Is.EqualTo(names[..left.Length]));
                Assert.That(left, Has.Length.LessThan(names.Length));
            }
        }

        Assert.That(directories, Is.Positive);
    }

    private static int FindUsed(byte[] bytes, Random random)
    {
        int place;
        do
        {
            place = random.Next(bytes.Length);
        }
        while (bytes[place] == 0);

        return place;
    }

    // Directories whose names are in several leaves, and those leaves.
    private static IEnumerable<(ulong Inode, int[] Leaves)> FindLongDirectories(ImageEditor editor)
    {
        var leaves = new Dictionary<ulong, List<int>>();
        foreach (int leaf in editor.NodesOf(ObjectIds.FsTree))
        {
            var node = new TreeNode(editor.Node(leaf));
            for (int i = 0; i < node.Count; i++)
            {
                TreeKey key = node.Key(i);
                if (key.Type == ItemType.DirIndex)
                {
                    leaves.TryAdd(key.ObjectId, []);
                    if (!leaves[key.ObjectId].Contains(leaf))
                    {
                        leaves[key.ObjectId].Add(leaf);
                    }
                }
            }
        }

        return leaves.Where(pair => pair.Value.Count > 1).Select(pair => (pair.Key, pair.Value.ToArray()));
    }

    private static string[] Names(FileSystem fileSystem, NodeId directory, out Exception? problem)
    {
        var names = new List<string>();
        problem = null;
        try
        {
            List(fileSystem, directory, names);
        }
        catch (ImageException e)
        {
            problem = e;
        }

        return [.. names];
    }

    private static void AssertSameOrError(FileSystem expected, FileSystem actual, NodeId sound, NodeId node, MutantTally tally, string path)
    {
        NodeAttributes attributes = expected.GetAttributes(sound);
        MutantWalk.Try(() => Assert.That(actual.GetAttributes(node), Is.EqualTo(attributes), path));
        switch (attributes.Type)
        {
            case NodeType.SymbolicLink:
                MutantWalk.Try(() => Assert.That(actual.ReadLink(node).ToArray(), Is.EqualTo(expected.ReadLink(sound).ToArray()), path));
                break;
            case NodeType.Regular:
                AssertSameBytes(expected.OpenFile(sound), () => actual.OpenFile(node), tally, path);
                break;
            case NodeType.Directory:
                DirectoryContents contents = DirectoryContents.Read(expected, sound);
                MutantWalk.Try(() =>
                {
                    DirectoryContents found = DirectoryContents.Read(actual, node);
                    found.ThrowIfDamaged();
                    Assert.That(found.Entries.Select(entry => (ByteText.FromBytes(entry.Name), entry.Node)), Is.EqualTo(contents.Entries.Select(entry => (ByteText.FromBytes(entry.Name), entry.Node))), path);
                });
                foreach (NamedNode entry in contents.Entries)
                {
                    string name = $"{path}/{ByteText.FromBytes(entry.Name)}";
                    MutantWalk.Try(() =>
                    {
                        Assert.That(actual.TryLookup(node, entry.Name, out NodeId child), name);
                        AssertSameOrError(expected, actual, entry.Node, child, tally, name);
                    });
                }

                break;
        }
    }

    private static void AssertSameBytes(BlockSource expected, Func<BlockSource> open, MutantTally tally, string path)
    {
        const int Part = 64 << 10;
        for (long offset = 0; offset < expected.Length; offset += Part)
        {
            if (!IsChecked(expected, offset, Math.Min(offset + Part, expected.Length)))
            {
                continue;
            }

            byte[] bytes = new byte[(int)Math.Min(Part, expected.Length - offset)];
            byte[] read = new byte[bytes.Length];
            expected.ReadAt(offset, bytes);
            MutantWalk.Try(() =>
            {
                BlockSource file = open();
                Assert.That(file.Length, Is.EqualTo(expected.Length), path);
                file.ReadAt(offset, read);
                tally.NoteRead();
                Assert.That(read.AsSpan().SequenceEqual(bytes), $"{path} at {offset}");
            });
        }
    }

    // What is mapped to a device has no checksum (BTRFS_INODE_NODATASUM).
    private static bool IsChecked(BlockSource file, long offset, long end)
    {
        while (offset < end)
        {
            LocatedExtent extent = file.Locate(offset, end - offset);
            if (extent.Device is not null || extent.Source is MemorySource)
            {
                return false;
            }

            offset += extent.Length;
        }

        return true;
    }
}
