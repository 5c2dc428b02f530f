using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Tree;

/// <summary>Several file systems under one root.</summary>
public sealed class VolumeTreeTests
{
    private static readonly VolumeTree s_tree = new([("1-EFI", new OneFile("first")), ("2-rootfs", new OneFile("second"))]);

    [Test]
    public void The_root_lists_a_directory_for_each() =>
        Assert.That(List(s_tree.Root, 0).Select(entry => entry.Name), Is.EqualTo((string[])[".", "..", "1-EFI", "2-rootfs"]));

    [Test]
    public void Reading_goes_on_at_any_position()
    {
        List<(string Name, NodeId Node, ulong Inode, long Next)> all = List(s_tree.Root, 0);
        for (int i = 0; i < all.Count; i++)
        {
            Assert.That(List(s_tree.Root, all[i].Next), Is.EqualTo(all[(i + 1)..]));
        }
    }

    [Test]
    public void What_a_directory_lists_is_what_lookup_finds_and_what_stat_says()
    {
        foreach (NodeId directory in (NodeId[])[s_tree.Root, Find("1-EFI"), Find("2-rootfs")])
        {
            foreach ((string name, NodeId node, ulong inode, _) in List(directory, 0))
            {
                Assert.That(s_tree.TryLookup(directory, Encoding.UTF8.GetBytes(name), out NodeId found), Is.True, name);
                Assert.That(found, Is.EqualTo(node), name);
                Assert.That(s_tree.GetAttributes(node).Inode, Is.EqualTo(inode), name);
            }
        }
    }

    [Test]
    public void The_same_node_of_two_file_systems_is_two()
    {
        NodeId first = Find("1-EFI", "file");
        NodeId second = Find("2-rootfs", "file");

        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(s_tree.GetAttributes(second).Inode, Is.Not.EqualTo(s_tree.GetAttributes(first).Inode));
        Assert.That(Read(first), Is.EqualTo("first"));
        Assert.That(Read(second), Is.EqualTo("second"));
    }

    [Test]
    public void The_parent_of_a_file_systems_root_is_the_common_root()
    {
        Assert.That(s_tree.TryLookup(Find("2-rootfs"), ".."u8, out NodeId parent), Is.True);
        Assert.That(parent, Is.EqualTo(s_tree.Root));
    }

    [Test]
    public void A_path_that_leaves_the_volume_out_is_told_which_there_are() =>
        Assert.That(
            () => PathLookup.Find(s_tree, "etc/hostname"),
            Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENOENT).And.Message.Contains("etc/hostname (there are 1-EFI, 2-rootfs)"));

    [Test]
    public void What_is_not_there_is_not_found() => Assert.That(s_tree.TryLookup(s_tree.Root, "3-x"u8, out _), Is.False);

    [Test]
    public void A_node_of_no_file_system_is_an_error() =>
        Assert.That(() => s_tree.GetAttributes(TreeLevel.Volume.Enter(new NodeId(7), 9)), Throws.TypeOf<InvalidImageException>());

    [Test]
    public void Sizes_are_the_sums()
    {
        Assert.That(s_tree.Statistics.Blocks, Is.EqualTo(2UL * 10 * 8192 / 4096));
        Assert.That(s_tree.Statistics.Files, Is.EqualTo(4));
    }

    private static NodeId Find(params string[] path)
    {
        NodeId node = s_tree.Root;
        foreach (string name in path)
        {
            Assert.That(s_tree.TryLookup(node, Encoding.UTF8.GetBytes(name), out node), Is.True, name);
        }

        return node;
    }

    private static string Read(NodeId node)
    {
        BlockSource file = s_tree.OpenFile(node);
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private static List<(string Name, NodeId Node, ulong Inode, long Next)> List(NodeId directory, long position)
    {
        var sink = new Sink();
        s_tree.ReadDirectory(directory, position, sink);
        return sink.Entries;
    }

    private sealed class Sink : IDirectorySink
    {
        internal List<(string Name, NodeId Node, ulong Inode, long Next)> Entries { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            Entries.Add((Encoding.UTF8.GetString(entry.Name), entry.Node, entry.Inode, entry.NextPosition));
            return true;
        }
    }

    /// <summary>A file system with one file, "file", of the text given.</summary>
    private sealed class OneFile(string text) : FileSystem
    {
        private static readonly NodeId s_file = new(7);

        public override string Format => "one";

        public override NodeId Root => new(2);

        public override FileSystemStatistics Statistics => new() { BlockSize = 8192, Blocks = 10, Files = 2, MaxNameLength = 255 };

        public override ImageDescription Describe() => new(Format);

        public override NodeAttributes GetAttributes(NodeId node) => new()
        {
            Type = node == Root ? NodeType.Directory : NodeType.Regular,
            Permissions = 0,
            Inode = node.Value,
        };

        public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
        {
            bool isFile = name.SequenceEqual("file"u8);
            node = isFile ? s_file : Root;
            return isFile || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8);
        }

        public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
        {
            sink.Add(new DirectoryEntry("."u8, Root, NodeType.Directory, 1));
            sink.Add(new DirectoryEntry(".."u8, Root, NodeType.Directory, 2));
            sink.Add(new DirectoryEntry("file"u8, s_file, NodeType.Regular, 3));
        }

        public override byte[] ReadLink(NodeId node) => throw new NotSupportedException();

        public override BlockSource OpenFile(NodeId node) => new MemorySource(Encoding.UTF8.GetBytes(text));
    }
}
