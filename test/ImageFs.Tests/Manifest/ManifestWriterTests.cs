using ImageFs.FileSystems.Erofs;
using ImageFs.Linux;
using ImageFs.Manifest;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Manifest;

public sealed class ManifestWriterTests
{
    private const int DeviceLength = 1 << 20;

    private string _path = null!;
    private FileDevice _device = null!;

    [SetUp]
    public void MakeDevice()
    {
        _path = Path.GetTempFileName();
        byte[] bytes = new byte[DeviceLength];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(_path, bytes);
        _device = FileDevice.Open(_path);
    }

    [TearDown]
    public void RemoveDevice()
    {
        _device.Dispose();
        File.Delete(_path);
    }

    [Test]
    public void Any_tree_is_read_from_its_manifest_as_it_is([Range(0, 299)] int seed)
    {
        int alignment = 512 << (seed % 4);
        var tree = new RandomTree(seed, _device, alignment);
        byte[] manifest = Write(tree, out ManifestSummary summary);
        Assert.That(summary.BlockSize, Is.InRange(alignment, 4096));
        Assert.That((summary.Length, summary.Copied, summary.LostAttributes), Is.EqualTo((manifest.Length, 0L, 0L)));
        FileSystem read = Open(manifest);
        Compare(tree, tree.Root, read, read.Root);
        Assert.That(Write(new RandomTree(seed, _device, alignment), out _).AsSpan().SequenceEqual(manifest), "the same tree has the same manifest");
    }

    [Test]
    public void What_does_not_lie_at_sectors_is_copied_up_to_a_bound()
    {
        var tree = new RandomTree(3, _device, alignment: 100);
        byte[] manifest = Write(tree, out ManifestSummary summary);
        Assert.That(summary.Copied, Is.Positive);
        FileSystem read = Open(manifest);
        Compare(tree, tree.Root, read, read.Root);
        Assert.That(
            () => ManifestWriter.Write(tree, Stream.Null, new ManifestOptions { CopyLimit = summary.Copied - 1 }),
            Throws.TypeOf<NotRepresentableException>().With.Message.Contains("it does not lie at multiples of 512 bytes"));
        Assert.That(() => ManifestWriter.Write(tree, Stream.Null, new ManifestOptions { CopyLimit = summary.Copied }), Throws.Nothing);
    }

    [Test]
    public void Bytes_that_are_in_no_file_are_copied()
    {
        var tree = new RandomTree(5, new MemorySource(File.ReadAllBytes(_path)));
        byte[] manifest = Write(tree, out ManifestSummary summary);
        Assert.That(summary.Devices, Is.Empty);
        FileSystem read = new ErofsFormat().Open(new MemorySource(manifest), OpenContext.Of(null));
        Compare(tree, tree.Root, read, read.Root);
    }

    [Test]
    public void The_trailer_says_which_devices_it_is_of()
    {
        byte[] manifest = Write(new RandomTree(7, _device), out ManifestSummary summary);
        ManifestDevice[] devices = [ManifestDevice.Of(_device, hasDigest: true), new("other name\u00e9", 5, string.Empty)];
        byte[] file = [.. manifest, .. ManifestTrailer.Make(devices, summary.BlockSize)];
        Assert.That(ManifestTrailer.Find(file), Is.EqualTo(devices));
        Assert.That(ManifestTrailer.Find(manifest), Is.Null);
        Assert.That(file.Length % summary.BlockSize, Is.Zero);
    }

    // As `fsverity digest --compact` prints them, of as many bytes of 0, 1, ... 250, 0, 1, ...
    [TestCase(0, "3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95")]
    [TestCase(1, "b803429503d95915829b29fdbc8bbad142f3abfd11b1cadf5526582e685c0551")]
    [TestCase(4096, "13e9b8848ae484a36acb3f3cac0ceb2f7601e96633d15c92f9bd3dd44e492157")]
    [TestCase(4097, "b0d074abef4d544404facfab6ba242f6a8ccbde90f1325cd286f3c8aa8d0f8aa")]
    [TestCase(524288, "d82861203d50ae9b60948504a704f35f5118bd229aeb1a22d6dae47b1767c4c4")]
    [TestCase(524289, "4dc6905041c9c4ee73e13b53f63f5d289c46da359b664a965ead7f8cc4d799d4")]
    [TestCase(2500000, "3c1cc554d94c46e2de18a1ba52e844b21656761169f04ce6b72eb44997f67063")]
    public void The_digest_is_that_of_fsverity(int length, string digest)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)(i % 251);
        }

        Assert.That(Convert.ToHexStringLower(VerityDigest.Of(new MemorySource(bytes))), Is.EqualTo(digest));
    }

    private static byte[] Write(FileSystem tree, out ManifestSummary summary)
    {
        using var output = new MemoryStream();
        summary = ManifestWriter.Write(tree, output, new ManifestOptions());
        return output.ToArray();
    }

    private FileSystem Open(byte[] manifest) => new ErofsFormat().Open([new MemorySource(manifest), _device], OpenContext.Of(null));

    private static void Compare(FileSystem expected, NodeId node, FileSystem read, NodeId other)
    {
        NodeAttributes left = expected.GetAttributes(node);
        NodeAttributes right = read.GetAttributes(other);
        Assert.That(
            (right.Type, right.Permissions, right.Uid, right.Gid, right.LinkCount, right.Device, right.ModifyTime),
            Is.EqualTo((left.Type, left.Permissions, left.Uid, left.Gid, left.LinkCount, left.Device, left.ModifyTime)));
        Assert.That(AttributesOf(read, other), Is.EqualTo(AttributesOf(expected, node)));
        switch (left.Type)
        {
            case NodeType.Regular:
                Assert.That(ReadAll(read.OpenFile(other)).AsSpan().SequenceEqual(ReadAll(expected.OpenFile(node))), $"the bytes of node {node.Value}");
                break;
            case NodeType.SymbolicLink:
                Assert.That(read.ReadLink(other), Is.EqualTo(expected.ReadLink(node)));
                break;
            case NodeType.Directory:
                var names = DirectoryContents.Read(expected, node);
                var found = DirectoryContents.Read(read, other);
                found.ThrowIfIncomplete();
                Assert.That(found.Entries.Select(entry => ByteText.FromBytes(entry.Name)), Is.EqualTo(names.Entries.Select(entry => ByteText.FromBytes(entry.Name))));
                foreach ((NamedNode entry, NamedNode same) in names.Entries.Zip(found.Entries))
                {
                    Assert.That(read.TryLookup(other, entry.Name, out NodeId looked) && looked == same.Node);
                    Compare(expected, entry.Node, read, same.Node);
                }

                break;
            default:
                break;
        }
    }

    private static string[] AttributesOf(FileSystem fileSystem, NodeId node) =>
        [.. fileSystem.ListExtendedAttributes(node).Select(name => $"{ByteText.FromBytes(name)}={Convert.ToHexString(fileSystem.GetExtendedAttribute(node, name)!)}").Order(StringComparer.Ordinal)];

    private static byte[] ReadAll(BlockSource file)
    {
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }
}
