using ImageFs.Images.Nested;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.Images.Nested;

/// <summary>Folders beside images: names, positions, and how many images are open.</summary>
internal sealed class NestedTreeTests
{
    private static readonly BlockSource s_image = new MemorySource(new DiskImage(4 * DiskImage.MiB).Put("ext/ext4.img", 0).Bytes);
    private static readonly BlockSource s_text = new MemorySource("no image"u8.ToArray());

    [Test]
    public void A_folder_is_listed_before_its_file_and_every_position_stays_good()
    {
        NestedTree tree = Tree(("a.img", s_image), ("b", s_image), ("c.img", s_text), ("d.img", s_image), ("d.img.d", null), ("e.raw", s_image));
        Listed[] whole = List(tree, tree.Root, 0, int.MaxValue);
        Assert.That(whole.Select(entry => entry.Name), Is.EqualTo((string[])[".", "..", "a.img.d", "a.img", "b", "c.img", "d.img", "d.img.d", "e.raw.d", "e.raw"]));
        Assert.That(whole.Select(entry => entry.Next), Is.Unique.And.All.GreaterThan(0));

        var one = new List<Listed>();
        for (Listed[] next = List(tree, tree.Root, 0, 1); next.Length > 0; next = List(tree, tree.Root, one[^1].Next, 1))
        {
            one.AddRange(next);
        }

        Assert.That(one, Is.EqualTo(whole), "one by one");
        for (int i = 0; i < whole.Length; i++)
        {
            Assert.That(List(tree, tree.Root, whole[i].Next, int.MaxValue), Is.EqualTo(whole[(i + 1)..]), $"from {whole[i].Name} on");
        }
    }

    [Test]
    public void A_name_that_says_nothing_is_looked_into_when_it_is_asked_for_and_once()
    {
        var inner = new FlatTree(("a", s_image), ("b.img", s_text), ("c.iso", s_image));
        NestedTree tree = Tree(inner);
        for (int time = 0; time < 3; time++)
        {
            List(tree, tree.Root, 0, int.MaxValue);
        }

        Assert.That(inner.Opened, Is.EqualTo((string[])["b.img", "c.iso"]), "those with names of images");
        Assert.That(tree.TryLookup(tree.Root, "a.d"u8, out NodeId folder), Is.True);
        Assert.That(tree.TryLookup(tree.Root, "b.img.d"u8, out _), Is.False);
        Assert.That(tree.GetAttributes(folder).Type, Is.EqualTo(NodeType.Directory));
        Assert.That(inner.Opened.Count(name => name == "b.img"), Is.EqualTo(1));
        Assert.That(tree.OpenCount, Is.Zero, "nobody looked into one");
    }

    [Test]
    public void What_a_folder_has_is_what_its_image_has()
    {
        NestedTree tree = Tree(("a.img", s_image));
        NodeId file = PathLookup.Find(tree, "a.img.d/hello.txt");
        Assert.That(tree.ReadFile("a.img.d/hello.txt"), Has.Length.EqualTo(20));
        Assert.That(tree.GetAttributes(file).Inode, Is.Not.EqualTo(tree.GetAttributes(PathLookup.Find(tree, "a.img")).Inode));
        Assert.That(PathLookup.Find(tree, "a.img.d/dir/../../a.img"), Is.EqualTo(PathLookup.Find(tree, "a.img")));
        NodeId folder = PathLookup.Find(tree, "a.img.d");
        Assert.That(tree.TryLookup(folder, ".."u8, out NodeId parent), Is.True);
        Assert.That(parent, Is.EqualTo(tree.Root));
        Assert.That(List(tree, folder, 0, 2).Select(entry => entry.Node), Is.EqualTo((NodeId[])[folder, tree.Root]), "its dots");
        Assert.That(tree.RootOf(file), Is.EqualTo(folder), "where links in the image begin");
    }

    [Test]
    public void Few_are_open_however_many_are_entered()
    {
        NestedTree tree = Tree([.. Enumerable.Range(0, 100).Select(number => ($"{number}.img", s_image))]);
        NodeId[] files = [.. Enumerable.Range(0, 100).Select(number => PathLookup.Find(tree, $"{number}.img.d/hello.txt"))];
        Assert.That(files, Is.Unique);
        Assert.That(tree.OpenCount, Is.EqualTo(32));
        Assert.That(files.Select(file => tree.OpenFile(file).Length), Is.All.EqualTo(20), "what was closed is opened anew");
        Assert.That(tree.CloseIdle(TimeSpan.Zero), Is.True);
        Assert.That(tree.OpenCount, Is.Zero);
    }

    [Test]
    public void A_damaged_image_is_errors_of_a_known_kind_and_its_neighbour_is_whole()
    {
        var random = new Random(21);
        byte[] sound = new DiskImage(4 * DiskImage.MiB).Put("ext/ext4.img", 0).Bytes;
        var tally = new MutantTally();
        for (int round = 0; round < 60; round++)
        {
            byte[] mutant = round % 4 == 0 ? sound[..random.Next(sound.Length / 8)] : [.. sound];
            for (int flips = random.Next(1, 20); flips > 0 && mutant.Length > 0; flips--)
            {
                mutant[random.Next(Math.Min(mutant.Length, 128 * 1024))] = (byte)random.Next(256);
            }

            tally.Next();
            NestedTree tree = Tree(("a.img", new MemorySource(mutant)), ("b.img", s_image));
            MutantWalk.Try(() => MutantWalk.Run(tree, tally));
            Assert.That(tree.ReadFile("b.img.d/hello.txt"), Has.Length.EqualTo(20));
            if (tree.OpenCount == 2)
            {
                tally.NoteOpened();
            }
        }

        tally.AssertShares(opened: 30, read: 30);
    }

    [Test]
    public void When_there_are_no_more_numbers_the_rest_has_no_folders_and_that_is_said_once()
    {
        var told = new List<string>();
        var inner = new FlatTree([.. Enumerable.Range(0, 9).Select(number => ($"{number}.img", (BlockSource?)s_image))]);
        var folders = new NestedFolders(new OpenContext(new OptionList(), told.Add), "disk", depth: 1, firstNumber: (int)TreeLevel.Image.MaxNumber - 1);
        var place = new NestedPlace(null, inner, inner.Root, inner.Root);
        NestedImage?[] found = [.. Enumerable.Range(0, 9).Select(number => folders.FindListed(in place, new DirectoryEntry([(byte)('0' + number), .. ".img"u8], new NodeId(2 + (ulong)number), NodeType.Regular, 1)))];

        Assert.That(found.Select(image => image?.Number), Is.EqualTo((int?[])[65534, 65535, null, null, null, null, null, null, null]));
        Assert.That(() => folders.FindNamed(in place, "5.img.d"u8), Throws.TypeOf<UnsupportedFeatureException>());
        Assert.That(told, Has.Count.EqualTo(1).And.One.Contains("more than 2 images"));
        Assert.That(folders.FindNamed(in place, "1.img.d"u8), Is.SameAs(found[1]), "those that have one keep it");
    }

    [Test]
    public void A_number_that_was_never_given_is_of_no_node() =>
        Assert.That(() => Tree(("a.img", s_image)).GetAttributes(TreeLevel.Image.Enter(new NodeId(5), 77)), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ESTALE));

    [TestCase("nested", 3)]
    [TestCase("nested,nested-depth=5", 5)]
    [TestCase("nested-depth=1", 1)]
    [TestCase("ro,uid=3", 0)]
    public void Options_say_how_deep(string options, int depth)
    {
        var list = OptionList.Parse(options);
        Assert.That(NestedOptions.Take(list)?.Depth ?? 0, Is.EqualTo(depth));
        Assert.That(list.Names.Where(name => name.StartsWith("nested", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase("nested-depth=0")]
    [TestCase("nested-depth=9")]
    [TestCase("nested-depth=x")]
    [TestCase("nested=3")]
    public void What_is_no_depth_is_refused(string options) => Assert.That(() => NestedOptions.Take(OptionList.Parse(options)), Throws.TypeOf<OptionException>());

    private static NestedTree Tree(params (string Name, BlockSource? Contents)[] files) => Tree(new FlatTree(files));

    private static NestedTree Tree(FlatTree inner) => new(inner, "disk", new OpenContext(), NestedOptions.Take(OptionList.Parse("nested"))!);

    private static Listed[] List(FileSystem tree, NodeId directory, long position, int count)
    {
        var sink = new Sink(count);
        tree.ReadDirectory(directory, position, sink);
        return [.. sink.Entries];
    }

    private readonly record struct Listed(string Name, NodeId Node, ulong Inode, long Next);

    private sealed class Sink(int count) : IDirectorySink
    {
        public List<Listed> Entries { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            if (Entries.Count == count)
            {
                return false;
            }

            Entries.Add(new Listed(ByteText.FromBytes(entry.Name), entry.Node, entry.Inode, entry.NextPosition));
            return true;
        }
    }
}
