using System.Text;
using ImageFs.Storage;
using ImageFs.Tree;
using static ImageFs.Storage.ExtentKind;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>Where files lie, as debugfs's <c>ex</c>, <c>stat</c> and <c>blocks</c> show it of the images, and what is in them.</summary>
public sealed class ContentsTests
{
    private const int Block = 1024;

    private static IEnumerable<TestCaseData> Maps =>
    [
        // Image, file, size; blocks of the file, kind, first block of the volume.
        Map("ext4", "sparse", 100_000, (1, Mapped, 1492), (38, Hole, 0), (5, Mapped, 1493), (52, Hole, 0), (2, Mapped, 1498)),
        Map("ext4", "holes", 50_000, (49, Hole, 0)),
        Map("ext4", "end-hole", 70_000, (3, Mapped, 1079), (66, Hole, 0)),
        Map("ext4", "start-hole", 70_000, (64, Hole, 0), (5, Mapped, 1500)),
        Map("ext4", "unwritten", 20_000, (5, Mapped, 1505), (3, Hole, 0), (8, Unwritten, 0), (4, Hole, 0)),
        Map(
            "ext2", "levels", 67_400_000, (1, Mapped, 330), (11, Hole, 0), (2, Mapped, 332), (254, Hole, 0), (3, Mapped, 336), (253, Hole, 0),
            (65280, Hole, 0), (4, Mapped, 342), (16, Hole, 0)),
        Map("bigalloc", "b", 200_000, (1, Mapped, 64), (96, Hole, 0), (40, Mapped, 73), (59, Hole, 0)),
    ];

    [TestCaseSource(nameof(Maps))]
    public void A_file_lies_where_debugfs_says(string image, string path, long size, (long Count, ExtentKind Kind, long Start)[] runs)
    {
        BlockSource file = ExtImages.Open(image).Open(path);
        var expected = new List<Extent>();
        foreach ((long count, ExtentKind kind, long start) in runs)
        {
            long offset = expected.Count == 0 ? 0 : expected[^1].End;
            expected.Add(new Extent(offset, Math.Min(count * Block, size - offset), kind, start * Block));
        }

        Assert.That(file.Length, Is.EqualTo(size));
        Assert.That(ExtImages.MapWhole(file), Is.EqualTo(expected));
    }

    [Test]
    public void A_tree_of_depth_2_maps_400_pieces_and_the_holes_between()
    {
        FileSystem fileSystem = ExtImages.Open("ext4");
        List<Extent> extents = ExtImages.MapWhole(fileSystem.Open("fragmented"));
        byte[] bytes = fileSystem.ReadFile("fragmented");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(extents, Has.Count.EqualTo(800));
            Assert.That(extents.Select(extent => extent.Length), Is.All.EqualTo(Block));
            Assert.That(extents.Where((extent, i) => (extent.Kind == Hole) != (i % 2 == 1)), Is.Empty);
            Assert.That(extents[132].Address, Is.EqualTo(1149 * Block));
        }

        for (int i = 0; i < 400; i++)
        {
            byte[] piece = Encoding.ASCII.GetBytes($"piece {i}\0");
            Assert.That(bytes.AsSpan(i * 2 * Block, piece.Length).SequenceEqual(piece), Is.True);
        }
    }

    [TestCase("ext4", "dir/sub/deep", "deep", 3000)]
    [TestCase("ext4", "hello.txt", "hello", 20)]
    [TestCase("ext4", "empty", "", 0)]
    [TestCase("ext2", "direct", "direct", 12288)]
    [TestCase("ext2", "indirect", "one", 300_000)]
    [TestCase("inline", "empty", "none", 0)]
    [TestCase("inline", "short", "short", 10)]
    [TestCase("inline", "both", "both", 150)]
    [TestCase("inline", "large", "large", 3000)]
    [TestCase("bigalloc", "a", "a", 5000)]
    [TestCase("meta_bg", "a", "a", 5000)]
    [TestCase("wide", "d/c", "c", 100)]
    [TestCase("block64k", "a", "a", 5000)]
    public void A_file_has_its_bytes(string image, string path, string word, int size) =>
        Assert.That(ExtImages.Open(image).ReadFile(path), Is.EqualTo(ExtImages.Text(word, size)));

    [Test]
    public void Zeros_stand_for_holes_only()
    {
        byte[] bytes = ExtImages.Open("block64k").ReadFile("b");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(bytes, Has.Length.EqualTo(200_000));
            Assert.That(bytes[..100], Is.EqualTo(ExtImages.Text("b", 100)));
            Assert.That(bytes[100..100_000], Is.All.Zero);
            Assert.That(bytes[100_000..140_000], Is.EqualTo(ExtImages.Text("b", 40_000)));
            Assert.That(bytes[140_000..], Is.All.Zero);
        }
    }

    [Test]
    public void Inline_contents_are_inline()
    {
        FileSystem fileSystem = ExtImages.Open("inline");
        Assert.That(ExtImages.MapWhole(fileSystem.Open("both")), Is.EqualTo(new[] { new Extent(0, 150, Own, 0) }));
        Assert.That(ExtImages.MapWhole(fileSystem.Open("large"))[0].Kind, Is.EqualTo(Mapped));
    }

    [TestCase("ext4", "fragmented")]
    [TestCase("ext2", "levels")]
    [TestCase("ext2", "indirect")]
    public void A_map_asked_anywhere_agrees_with_the_whole(string image, string path)
    {
        BlockSource file = ExtImages.Open(image).Open(path);
        List<Extent> whole = ExtImages.MapWhole(file);
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            long offset = random.NextInt64(file.Length);
            long length = random.NextInt64(1, 100_000);
            Extent extent = file.Map(offset, length, out _);
            Extent of = whole.Last(candidate => candidate.Offset <= offset);

            // An answer may be shorter: at the end of a table of pointers, or of what was asked for.
            Assert.That(extent, Is.EqualTo(of.Clip(offset, extent.Length)));
            Assert.That(extent.Length, Is.InRange(1, length));
        }
    }

    [TestCase("ext4", "fragmented")]
    [TestCase("ext2", "indirect")]
    public void Asking_where_bytes_lie_allocates_nothing(string image, string path)
    {
        BlockSource file = ExtImages.Open(image).Open(path);
        MapEverywhere(file);
        Assert.That(Allocations.Of(() => MapEverywhere(file)), Is.Zero);
    }

    private static void MapEverywhere(BlockSource file)
    {
        for (int i = 0; i < 10_000; i++)
        {
            file.Map(i * 7919L % file.Length, 4096, out _);
        }
    }

    private static TestCaseData Map(string image, string path, long size, params (long, ExtentKind, long)[] runs) =>
        new TestCaseData(image, path, size, runs).SetArgDisplayNames(image, path);
}
