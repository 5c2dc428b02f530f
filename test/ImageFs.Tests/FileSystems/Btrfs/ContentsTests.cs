using ImageFs.FileSystems.Btrfs;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Btrfs;

/// <summary>What files of the sample image hold, and where their bytes lie.</summary>
internal sealed class ContentsTests
{
    private static readonly Lazy<byte[]> s_image = new(() => DiskImage.Read("btrfs/small.img"));

    [Test]
    public void Every_line_of_a_compressed_text_is_there([Values("lzo", "zlib", "zstd")] string how, [Values("text", "inline", "cut", "part")] string name)
    {
        // A file may begin and end inside of a line, and parts of it may come from elsewhere.
        string[] lines = [.. ReadText(Open(), $"compressed/{how}-{name}").Split('\n').Where(line => line.Length > 0)];
        int pairs = lines.Zip(lines[1..]).Count(pair => NumberOf(pair.Second) == NumberOf(pair.First) + 1);
        Assert.That(pairs, Is.AtLeast(lines.Length - 8).And.AtLeast(100));
    }

    [Test]
    public void Extents_are_told_as_they_are()
    {
        FileSystem fileSystem = Open();
        Assert.Multiple(() =>
        {
            Assert.That(KindsOf(fileSystem, "compressed/zstd-text"), Is.EqualTo((ExtentKind[])[ExtentKind.Encoded]));
            Assert.That(KindsOf(fileSystem, "compressed/zstd-inline"), Is.EqualTo((ExtentKind[])[ExtentKind.Own]));
            Assert.That(KindsOf(fileSystem, "contents/shared-self"), Is.EqualTo((ExtentKind[])[ExtentKind.Mapped]));
            Assert.That(KindsOf(fileSystem, "contents/punched"), Does.Contain(ExtentKind.Hole));
        });
    }

    [Test]
    public void Reading_any_part_gives_what_the_whole_has([Values("compressed/zstd-part", "compressed/lzo-overwritten", "compressed/zlib-hole", "contents/shared-changed", "compressed/lzo-inline")] string path)
    {
        BlockSource file = Open().OpenFile(path);
        byte[] whole = new byte[file.Length];
        file.ReadAt(0, whole);
        var random = new Random(2);
        for (int i = 0; i < 300; i++)
        {
            int start = random.Next(whole.Length);
            byte[] part = new byte[random.Next(1, whole.Length - start + 1)];
            file.ReadAt(start, part);
            Assert.That(part.AsSpan().SequenceEqual(whole.AsSpan(start, part.Length)), $"{part.Length} bytes at {start}");
        }
    }

    [TestCase("subvol=/volumes/first", "file")]
    [TestCase("subvol=volumes/first/directory/nested", "deeper")]
    [TestCase("subvolid=256", "file")]
    [TestCase("subvolid=0x100", "file")]
    [TestCase("subvolid=0", "volumes")]
    [TestCase("subvolid=5,subvol=/", "volumes")]
    public void A_subvolume_is_shown_by_its_path_or_number(string options, string name)
    {
        FileSystem fileSystem = Open(options);
        Assert.That(fileSystem.TryLookup(fileSystem.Root, System.Text.Encoding.UTF8.GetBytes(name), out NodeId node));
        Assert.That(fileSystem.GetAttributes(fileSystem.Root).Inode, Is.EqualTo(256));
        Assert.That(fileSystem.GetAttributes(node).Inode, Is.GreaterThan(256));
    }

    [TestCase("subvol=/contents", "no subvolume")]
    [TestCase("subvol=/nowhere", "there is no such")]
    [TestCase("subvolid=x", "number")]
    [TestCase("subvolid=256,subvol=/", "another")]
    [TestCase("rescue=repair", "usebackuproot")]
    [TestCase("rescue=nologreplay:repair", "rescue=repair")]
    [TestCase("rescue=all,data_csum=check", "contradict")]
    public void What_is_no_subvolume_is_refused(string options, string problem) =>
        Assert.That(() => Open(options), Throws.TypeOf<OptionException>().With.Message.Contains(problem));

    [Test]
    public void Inode_numbers_of_all_subvolumes_are_unique()
    {
        FileSystem fileSystem = Open();
        var nodes = new Dictionary<ulong, NodeId>();
        var directories = new Stack<NodeId>([fileSystem.Root]);
        while (directories.TryPop(out NodeId directory))
        {
            foreach (NamedNode entry in DirectoryContents.Read(fileSystem, directory).Entries)
            {
                NodeAttributes attributes = fileSystem.GetAttributes(entry.Node);
                bool isNew = nodes.TryAdd(attributes.Inode, entry.Node);
                Assert.That(isNew || nodes[attributes.Inode] == entry.Node || BtrfsVolume.IsStub(entry.Node), $"inode {attributes.Inode}");
                if (attributes.Type == NodeType.Directory)
                {
                    Assert.That(fileSystem.TryLookup(entry.Node, ".."u8, out NodeId parent) && parent == directory, $"the parent of inode {attributes.Inode}");
                    directories.Push(entry.Node);
                }
            }
        }

        Assert.That(nodes, Has.Count.GreaterThan(400));
    }

    private static int NumberOf(string line) => int.TryParse(line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..], out int number) ? number : int.MinValue;

    private static FileSystem Open(string? options = null) => new BtrfsFormat().Open(new MemorySource(s_image.Value), OpenContext.Of(options));

    private static string ReadText(FileSystem fileSystem, string path)
    {
        BlockSource file = fileSystem.OpenFile(path);
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static ExtentKind[] KindsOf(FileSystem fileSystem, string path)
    {
        BlockSource file = fileSystem.OpenFile(path);
        var kinds = new List<ExtentKind>();
        for (long offset = 0; offset < file.Length;)
        {
            Extent extent = file.Map(offset, file.Length, out _);
            kinds.Add(extent.Kind);
            offset += extent.Length;
        }

        return [.. kinds.Distinct()];
    }
}
