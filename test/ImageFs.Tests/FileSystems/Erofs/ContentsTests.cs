using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Erofs;

/// <summary>One tree in images of all kinds: its files are the same in each, and lie as the image's kind has it.</summary>
internal sealed class ContentsTests
{
    private static readonly string[] s_images =
        ["plain", "chunks", "full", "compact", "dedupe", "lzma", "deflate", "zstd", "several", "metabox", "48bit", "zone", "blocks64k"];

    private static readonly string[] s_files =
        ["text", "noise", "mixed", "directory/same-start", "directory/short", "directory/deep/one", "nothing", "sparse", "zeros", "hard", "many/a-name-that-is-rather-long-77"];

    private static readonly Lazy<Dictionary<string, byte[]>> s_contents = new(() =>
    {
        FileSystem fileSystem = new ErofsImage("plain").Open();
        return s_files.ToDictionary(path => path, path => ErofsImage.Read(fileSystem, path));
    });

    [Test]
    public void The_files_are_what_the_script_wrote()
    {
        Dictionary<string, byte[]> files = s_contents.Value;
        byte[] sparse = new byte[200_000];
        "data"u8.CopyTo(sparse.AsSpan(150_000));
        Assert.Multiple(() =>
        {
            Assert.That(files["text"].Length, Is.EqualTo(100_000));
            Assert.That(files["text"].AsSpan().StartsWith("text 0\ntext 1\n"u8));
            Assert.That(files["mixed"], Is.EqualTo((byte[])[.. files["text"], .. files["noise"]]));
            Assert.That(files["directory/same-start"], Is.EqualTo(files["text"][..30_000]));
            Assert.That(files["hard"], Is.EqualTo(files["text"][..4097]));
            Assert.That(files["sparse"], Is.EqualTo(sparse));
            Assert.That(files["zeros"], Is.EqualTo(new byte[300_000]));
            Assert.That(files["many/a-name-that-is-rather-long-77"], Is.EqualTo("77\n"u8.ToArray()));
        });
    }

    [TestCaseSource(nameof(s_images))]
    public void Every_file_is_the_same_whole_and_in_pieces(string name)
    {
        FileSystem fileSystem = new ErofsImage(name).Open();
        Assert.Multiple(() =>
        {
            foreach ((string path, byte[] expected) in s_contents.Value)
            {
                BlockSource file = fileSystem.OpenFile(ErofsImage.Find(fileSystem, path));
                Assert.That(file.Length, Is.EqualTo(expected.Length), path);
                foreach (int piece in (int[])[4096, 1000, 65536])
                {
                    byte[] bytes = new byte[expected.Length];
                    for (int at = 0; at < bytes.Length; at += piece)
                    {
                        file.ReadAt(at, bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)));
                    }

                    Assert.That(bytes.AsSpan().SequenceEqual(expected), $"{path} in pieces of {piece}");
                }
            }
        });
    }

    [TestCaseSource(nameof(s_images))]
    public void Every_extent_is_inside_and_without_gaps(string name)
    {
        FileSystem fileSystem = new ErofsImage(name).Open();
        Assert.Multiple(() =>
        {
            foreach (string path in s_files)
            {
                BlockSource file = fileSystem.OpenFile(ErofsImage.Find(fileSystem, path));
                for (long offset = 0; offset < file.Length;)
                {
                    Extent extent = file.Map(offset, file.Length - offset, out _);
                    Assert.That(extent.Offset, Is.EqualTo(offset), path);
                    Assert.That(extent.Length, Is.InRange(1, file.Length - offset), path);
                    offset += extent.Length;
                }
            }
        });
    }

    // Bytes in memory are those of the layer itself.
    [TestCase("plain", "text", ExtentKind.Own)]
    [TestCase("plain", "directory/deep/one", ExtentKind.Own)]
    [TestCase("chunks", "sparse", ExtentKind.Hole)]
    [TestCase("compact", "noise", ExtentKind.Own)]
    [TestCase("compact", "text", ExtentKind.Encoded)]
    [TestCase("dedupe", "directory/deep/one", ExtentKind.Encoded)]
    [TestCase("metabox", "text", ExtentKind.Encoded)]
    public void What_is_stored_as_it_is_lies_in_the_image(string name, string path, ExtentKind kind)
    {
        FileSystem fileSystem = new ErofsImage(name).Open();
        LocatedExtent extent = fileSystem.OpenFile(ErofsImage.Find(fileSystem, path)).Locate(0, 1);
        Assert.That(extent.Kind, Is.EqualTo(kind));
        Assert.That(extent.Source is MemorySource, Is.EqualTo(kind == ExtentKind.Own));
    }

    [TestCaseSource(nameof(s_images))]
    public void Verify_finds_nothing(string name)
    {
        var findings = new List<Finding>();
        foreach (Check check in new ErofsImage(name).Open().Checks.Structures)
        {
            check.Run!(new CheckRun(findings.Add, static _ => { }));
        }

        Assert.That(findings, Is.Empty);
    }

    [TestCaseSource(nameof(s_images))]
    public void Names_are_listed_in_their_order_and_found(string name)
    {
        FileSystem fileSystem = new ErofsImage(name).Open();
        Assert.Multiple(() =>
        {
            foreach (string path in (string[])["", "many", "directory/deep"])
            {
                NodeId directory = ErofsImage.Find(fileSystem, path);
                var sink = new Names();
                fileSystem.ReadDirectory(directory, 0, sink);
                Assert.That(sink.All, Has.Count.EqualTo(path switch { "" => 19, "many" => 122, _ => 3 }), path);
                foreach ((byte[] entry, NodeId node, long position) in sink.All)
                {
                    Assert.That(fileSystem.TryLookup(directory, entry, out NodeId found), Is.True);
                    Assert.That(found, Is.EqualTo(node));
                    var rest = new Names();
                    fileSystem.ReadDirectory(directory, position, rest);
                    Assert.That(rest.All.Count, Is.EqualTo(sink.All.Count - 1 - sink.All.FindIndex(other => other.Position == position)));
                }

                Assert.That(fileSystem.TryLookup(directory, "zzz"u8, out _), Is.False);
                Assert.That(fileSystem.TryLookup(directory, "\u0001"u8, out _), Is.False);
                Assert.That(fileSystem.TryLookup(directory, "a-name"u8, out _), Is.False);
            }
        });
    }

    [TestCase("plain")]
    [TestCase("lzma")]
    [TestCase("deflate")]
    [TestCase("metabox")]
    [TestCase("zone")]
    public void Attributes_are_found_by_their_names_and_as_the_options_say(string name)
    {
        var image = new ErofsImage(name);
        Assert.Multiple(() =>
        {
            Assert.That(NamesOf(image.Open(), "text"), Is.EquivalentTo((string[])["user.a", "user.long.prefix.first", "system.posix_acl_access"]));
            Assert.That(NamesOf(image.Open("noacl"), "text"), Is.EquivalentTo((string[])["user.a", "user.long.prefix.first"]));
            Assert.That(NamesOf(image.Open("nouser_xattr"), "text"), Is.EquivalentTo((string[])["system.posix_acl_access"]));
            FileSystem fileSystem = image.Open();
            Assert.That(fileSystem.GetExtendedAttribute(ErofsImage.Find(fileSystem, "mixed"), "user.long.prefix.second"u8), Is.EqualTo("2"u8.ToArray()));
            Assert.That(fileSystem.GetExtendedAttribute(ErofsImage.Find(fileSystem, "mixed"), "user.long.prefix.third"u8), Is.Null);
            Assert.That(fileSystem.GetExtendedAttribute(ErofsImage.Find(fileSystem, "many/a-name-that-is-rather-long-3"), "user.shared"u8), Is.EqualTo("same"u8.ToArray()));
        });
    }

    [Test]
    public void Data_on_another_device_is_read_from_it_or_said_to_be_missing()
    {
        var image = new ErofsImage("device");
        FileSystem whole = image.Open("", new MemorySource(DiskImage.Read("erofs/blob.img")));
        Assert.That(ErofsImage.Read(whole, "mixed"), Is.EqualTo(s_contents.Value["mixed"]));
        Assert.That(image.Warnings, Is.Empty);
        FileSystem part = image.Open();
        Assert.That(image.Warnings, Has.One.Contains("device 1 of the file system (\"blob.img\") is missing"));
        Assert.That(() => ErofsImage.Read(part, "mixed"), Throws.TypeOf<MissingDeviceException>().With.Message.Contains("device 1"));
    }

    [Test]
    public void An_inode_behind_the_end_of_a_cut_image_is_missing_and_not_wrong()
    {
        var image = new ErofsImage("full");
        int inode = image.InodeOf(image.Open(), "sparse");
        image.Bytes = image.Bytes[..inode];
        FileSystem fileSystem = image.Open();
        Assert.That(() => fileSystem.GetAttributes(ErofsImage.Find(fileSystem, "sparse")), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void The_volume_begins_where_fsoffset_says()
    {
        var image = new ErofsImage("compact");
        image.Bytes = [.. new byte[8192], .. image.Bytes];
        var options = OptionList.Parse("fsoffset=8192");
        Assert.That(new ImageFs.FileSystems.Erofs.ErofsFormat().ProbeAt(new MemorySource(image.Bytes), options), Is.True);
        FileSystem fileSystem = new ImageFs.FileSystems.Erofs.ErofsFormat().Open(new MemorySource(image.Bytes), new OpenContext(options));
        Assert.That(ErofsImage.Read(fileSystem, "text"), Is.EqualTo(s_contents.Value["text"]));
    }

    [Test]
    public void A_size_beyond_what_a_file_can_have_is_damage()
    {
        var image = new ErofsImage("plain");
        FileSystem sound = image.Open();
        int inode = image.InodeOf(sound, "text");
        NodeId text = ErofsImage.Find(sound, "text");

        // An extended inode, whose size has 64 bits.
        image.Bytes[inode] |= 1;
        image.Bytes[inode + 15] = 0x80;
        Assert.That(
            () => image.Open().GetAttributes(text), Throws.TypeOf<InvalidImageException>().With.Message.Match("inode of node [0-9]+ at .+: its size is 92[0-9]+$"));
    }

    [Test]
    public void A_directory_that_claims_any_length_ends_where_it_cannot_be_read()
    {
        var image = new ErofsImage("plain");
        int inode = image.InodeOf(image.Open(), "many");
        image.Bytes.AsSpan(inode + 8, 4).Fill(0xFF);
        FileSystem fileSystem = image.Open();
        NodeId many = ErofsImage.Find(fileSystem, "many");
        var sink = new Names();
        Assert.That(() => Drain(fileSystem, many, sink), Throws.InstanceOf<ImageException>());
        Assert.That(fileSystem.GetAttributes(many).Size, Is.EqualTo(uint.MaxValue));
        Assert.That(() => fileSystem.TryLookup(many, "zzz"u8, out _), Throws.InstanceOf<ImageException>());
    }

    private static void Drain(FileSystem fileSystem, NodeId directory, Names sink)
    {
        for (int before = -1; before < sink.All.Count;)
        {
            before = sink.All.Count;
            fileSystem.ReadDirectory(directory, before == 0 ? 0 : sink.All[^1].Position, sink);
        }
    }

    [Test]
    public void It_is_described()
    {
        ImageDescription said = new ErofsImage("several").Open().Describe();
        Assert.Multiple(() =>
        {
            Assert.That(said.Find("label"), Is.EqualTo("several"));
            Assert.That(said.Find("uuid"), Is.EqualTo("65726f66-7465-7374-8000-000000000001"));
            Assert.That(said.Find("created"), Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(1709210096)));
            Assert.That(said.Find("block-size"), Is.EqualTo(4096L));
            Assert.That((string?)said.Find("compression"), Does.Contain("lz4").And.Contain("zstd"));
            Assert.That(said.Find("contents"), Is.EqualTo(s_contents.Value.Where(file => file.Key is not "hard" && !file.Key.StartsWith("many", StringComparison.Ordinal)).Sum(file => (long)file.Value.Length)
                + Enumerable.Range(0, 120).Sum(i => (long)$"{i}\n".Length)));
            Assert.That((long)said.Find("contents-stored")!, Is.InRange(20_000, 300_000));
        });
    }

    private static IEnumerable<string> NamesOf(FileSystem fileSystem, string path) =>
        fileSystem.ListExtendedAttributes(ErofsImage.Find(fileSystem, path)).Select(System.Text.Encoding.UTF8.GetString);

    private sealed class Names : IDirectorySink
    {
        public List<(byte[] Name, NodeId Node, long Position)> All { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            All.Add((entry.Name.ToArray(), entry.Node, entry.NextPosition));
            return true;
        }
    }
}
