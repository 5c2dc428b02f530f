using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Btrfs;

/// <summary>Damage that a way of <c>rescue=</c> passes over, and that is an error without it.</summary>
internal sealed class RescueTests
{
    private const int FlagsOffset = 0x38;
    private const int GenerationOffset = 0x48;
    private const int BackupsOffset = 0x32B + 2048;
    private const int RootOffset = 0x50;

    private ImageEditor _image = null!;

    [SetUp]
    public void Read() => _image = new ImageEditor(ImageEditor.Read("small"));

    [Test]
    public void An_older_root_tree_is_shown_where_the_newest_is_damaged([Values("rescue=usebackuproot", "usebackuproot", "rescue=nologreplay:usebackuproot")] string option)
    {
        // As when the super block of one more transaction was written, and not its root tree.
        string[] names = Names(_image.Open());
        _image.ChangeSuper(super =>
        {
            super.Slice(RootOffset, 8).CopyTo(super[BackupsOffset..]);
            super.Slice(GenerationOffset, 8).CopyTo(super[(BackupsOffset + 8)..]);
            super[BackupsOffset + 152] = super[0xC6];
            BinaryPrimitives.WriteUInt64LittleEndian(super[GenerationOffset..], BinaryPrimitives.ReadUInt64LittleEndian(super[GenerationOffset..]) + 1);
        });
        AssertRefused();
        var said = new List<string>();

        FileSystem fileSystem = new BtrfsFormat().Open(new MemorySource(_image.Bytes), OpenContext.Of(option) with { Warn = said.Add });

        Assert.That(said, Has.One.Contains("that of transaction"));
        Assert.That(Names(fileSystem), Is.EqualTo(names));
    }

    [Test]
    public void An_older_root_tree_is_shown_where_a_tree_that_every_file_system_has_is_damaged()
    {
        Damage(_image.RootOf(ObjectIds.DeviceTree));
        var said = new List<string>();
        _ = new BtrfsFormat().Open(new MemorySource(_image.Bytes), OpenContext.Of("rescue=usebackuproot:ignorebadroots") with { Warn = said.Add });
        Assert.That(said, Is.Empty, "the newest is good enough");

        _ = new BtrfsFormat().Open(new MemorySource(_image.Bytes), OpenContext.Of("rescue=usebackuproot") with { Warn = said.Add });
        Assert.That(said, Has.Count.LessThanOrEqualTo(1), "an older one may have the same tree");
    }

    [Test]
    public void A_node_with_a_wrong_checksum_is_read_when_all_else_is_right([Values("rescue=ignoremetacsums", "rescue=imetacsums", "rescue=all")] string option)
    {
        // A byte that means nothing, between the headers of a leaf's items and their data.
        int root = _image.RootOf(ObjectIds.FsTree);
        var names = new List<string>(Names(_image.Open()));
        foreach (int node in _image.NodesOf(ObjectIds.FsTree))
        {
            var leaf = new TreeNode(_image.Node(node));
            int unused = TreeNode.HeaderSize + (leaf.Count * TreeNode.ItemSize);
            if (unused < (int)leaf.DataStart(leaf.Count - 1))
            {
                _image.Node(node)[unused] ^= 1;
            }
        }

        Assert.That(root, Is.Positive);
        AssertRefused();
        Assert.That(Names(_image.Open(option)), Is.EqualTo(names));
    }

    [Test]
    public void A_node_that_contradicts_itself_is_an_error_whatever_its_checksum()
    {
        foreach (int node in _image.NodesOf(ObjectIds.FsTree))
        {
            _image.Node(node)[100] ^= 0xFF;
        }

        Assert.That(() => Names(_image.Open("rescue=all")), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void Files_are_read_without_the_trees_that_they_do_not_need([Values("rescue=ignorebadroots", "rescue=ibadroots", "rescue=all")] string option)
    {
        string[] names = Names(_image.Open());
        Damage(_image.RootOf(ObjectIds.ExtentTree));
        Damage(_image.RootOf(ObjectIds.ChecksumTree));
        FileSystem plain = _image.Open();
        Assert.That(() => plain.Statistics, Throws.TypeOf<InvalidImageException>());
        Assert.That(() => ReadAll(plain), Throws.InstanceOf<ImageException>(), "what is compressed is checked");

        FileSystem fileSystem = _image.Open(option);

        Assert.That(Names(fileSystem), Is.EqualTo(names));
        Assert.That(ReadAll(fileSystem), Is.GreaterThan(100_000));
        Assert.That(fileSystem.Statistics.Blocks, Is.EqualTo(new ImageEditor(ImageEditor.Read("small")).Open().Statistics.Blocks));
        Assert.That(fileSystem.Statistics.FreeBlocks, Is.LessThan(new ImageEditor(ImageEditor.Read("small")).Open().Statistics.FreeBlocks));
    }

    [TestCase(36, "btrfstune")]
    [TestCase(39, "btrfstune")]
    [TestCase(50, "unknown state")]
    public void Unknown_flags_of_the_super_block_are_refused_by_name(int flag, string problem)
    {
        _image.ChangeSuper(super => super[FlagsOffset + (flag / 8)] |= (byte)(1 << (flag % 8)));

        Assert.That(() => _image.Open(), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains(problem).And.Message.Contains("rescue=ignoresuperflags"));
        Assert.That(new BtrfsFormat().Probe(new MemorySource(_image.Bytes)));
        Assert.That(Names(_image.Open("rescue=ignoresuperflags")), Is.Not.Empty);
    }

    private void Damage(int node) => _image.Node(node).Fill(0xEE);

    private void AssertRefused() => Assert.That(() => Names(_image.Open()), Throws.InstanceOf<ImageException>());

    private static string[] Names(FileSystem fileSystem) =>
        [.. DirectoryContents.Read(fileSystem, fileSystem.Root).Entries.Select(entry => System.Text.Encoding.UTF8.GetString(entry.Name))];

    // Bytes of all files of the top subvolume.
    private static long ReadAll(FileSystem fileSystem)
    {
        long count = 0;
        var directories = new Stack<NodeId>([fileSystem.Root]);
        while (directories.TryPop(out NodeId directory))
        {
            foreach (NamedNode entry in DirectoryContents.Read(fileSystem, directory).Entries)
            {
                NodeAttributes attributes = fileSystem.GetAttributes(entry.Node);
                if (attributes.Type == NodeType.Directory)
                {
                    directories.Push(entry.Node);
                }
                else if (attributes.Type == NodeType.Regular && attributes.Size < 1 << 20)
                {
                    byte[] bytes = new byte[attributes.Size];
                    fileSystem.OpenFile(entry.Node).ReadAt(0, bytes);
                    count += bytes.Length;
                }
            }
        }

        return count;
    }
}
