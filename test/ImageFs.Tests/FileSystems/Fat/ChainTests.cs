using System.Buffers.Binary;
using ImageFs.FileSystems.Clusters;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>Chains of clusters, sound and damaged, on each type of table.</summary>
[TestFixture(12, 100u)]
[TestFixture(16, 5000u)]
[TestFixture(32, 100u)]
internal sealed class ChainTests(int width, uint clusters)
{
    private const int Size = 512;

    private FatImage _image = null!;

    [SetUp]
    public void Make()
    {
        _image = new FatImage(width, clusters);
        _image.Add(0, FatImage.Entry("GOOD", cluster: 90, size: 700));
        _image.Chain(90, 91);
    }

    private FileSystem Open(uint size, uint first)
    {
        _image.Add(0, FatImage.Entry("FILE", cluster: first, size: size));
        FileSystem fs = _image.Open();
        Assert.That(fs.ReadAll("GOOD"), Has.Length.EqualTo(700), "a neighbour");
        Assert.That(fs.Attributes("FILE").Size, Is.EqualTo(size));
        return fs;
    }

    [Test]
    public void Runs_are_joined()
    {
        _image.Chain(10, 11, 12, 20, 19, 30, 31);
        FileSystem fs = Open((6 * Size) + 1, 10);
        Assert.That(fs.Extents("FILE"), Is.EqualTo((Extent[])
        [
            Extent.Mapped(0, 3 * Size, _image.AddressOf(10)),
            Extent.Mapped(3 * Size, Size, _image.AddressOf(20)),
            Extent.Mapped(4 * Size, Size, _image.AddressOf(19)),
            Extent.Mapped(5 * Size, Size + 1, _image.AddressOf(30)),
        ]));
        Assert.That(fs.ReadAll("FILE").Chunk(Size).Select(cluster => cluster[0]), Is.EqualTo((byte[])[10, 11, 12, 20, 19, 30, 31]));
    }

    [Test]
    public void A_part_of_a_run_is_mapped()
    {
        _image.Chain(10, 11, 12, 20);
        BlockSource file = Open(4 * Size, 10).OpenFile(_image.Open().Find("FILE"));
        Assert.That(file.Map(600, 10, out _), Is.EqualTo(Extent.Mapped(600, 10, _image.AddressOf(10) + 600)));
        Assert.That(file.Map(600, 5000, out _), Is.EqualTo(Extent.Mapped(600, 936, _image.AddressOf(10) + 600)));
    }

    [Test]
    public void A_chain_longer_than_the_file_is_harmless()
    {
        _image.Chain(10, 11, 12);
        Assert.That(Open(Size, 10).Extents("FILE"), Is.EqualTo((Extent[])[Extent.Mapped(0, Size, _image.AddressOf(10))]));
    }

    [Test]
    public void A_file_without_bytes_needs_no_cluster()
    {
        FileSystem fs = Open(0, 0);
        Assert.That(fs.ReadAll("FILE"), Is.Empty);
        Assert.That(fs.Attributes("FILE").Blocks, Is.Zero);
    }

    [Test]
    public void Damage_is_an_error_from_the_place_on_where_it_is(
        [Values("ends", "free", "bad", "outside", "loop", "itself", "first")] string damage)
    {
        _image.Chain(10, 11, 5);
        switch (damage)
        {
            case "free":
                _image.SetLink(5, 0);
                break;
            case "bad":
                _image.SetLink(5, _image.Bad);
                break;
            case "outside":
                _image.SetLink(5, clusters + 2);
                break;
            case "loop":
                _image.SetLink(5, 11);
                break;
            case "itself":
                _image.SetLink(5, 5);
                break;
            case "first":
                _image.SetLink(5, 10);
                break;
            default:
                break;
        }

        FileSystem fs = Open(40 * Size, 10);
        BlockSource file = fs.OpenFile(fs.Find("FILE"));
        byte[] bytes = new byte[3 * Size];
        file.ReadAt(0, bytes);
        Assert.That(bytes.Chunk(Size).Select(cluster => cluster[0]), Is.EqualTo((byte[])[10, 11, 5]));
        Assert.That(() => file.ReadAt(3 * Size, new byte[1]), Throws.TypeOf<InvalidImageException>());
        Assert.That(() => file.ReadAt(39 * Size, new byte[1]), Throws.TypeOf<InvalidImageException>());
    }

    [TestCase(0u)]
    [TestCase(1u)]
    [TestCase(0xFFF0u)]
    public void A_first_cluster_that_is_none_is_an_error(uint first)
    {
        FileSystem fs = Open(1, first);
        Assert.That(() => fs.ReadAll("FILE"), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void A_directory_is_listed_as_far_as_its_chain_goes([Values("free", "loop")] string damage)
    {
        _image.Add(0, _image.Directory("DIR", 0, 40, 41));
        _image.Add(40, [.. Enumerable.Range(0, 30).Select(i => FatImage.Entry($"F{i}"))]);
        _image.SetLink(41, damage == "free" ? 0 : 40u);
        FileSystem fs = _image.Open();
        NodeId directory = fs.Find("DIR");
        List<VolumeFixture.ListedEntry> entries = fs.List(directory);

        Assert.That(entries, Has.Count.EqualTo(32));
        Assert.That(fs.Has("DIR"));
        Assert.That(fs.Attributes("DIR/F29").Size, Is.Zero);
        Assert.That(() => fs.List(directory, entries[^1].NextPosition), Throws.TypeOf<InvalidImageException>(), "the end");
        Assert.That(() => fs.TryLookup(directory, "F30"u8, out _), Throws.TypeOf<InvalidImageException>(), "it may be after the damage");
    }

    [Test]
    public void A_directory_that_begins_nowhere_or_is_the_root_is_an_error([Values(0u, 1u, 9999u)] uint first)
    {
        _image.Add(0, FatImage.Entry("DIR", EntryAttributes.Directory, first));
        FileSystem fs = _image.Open();
        Assert.That(() => fs.List(fs.Find("DIR"), 2), Throws.TypeOf<InvalidImageException>());
        Assert.That(fs.ReadAll("GOOD"), Has.Length.EqualTo(700));
    }

    [Test]
    public void Free_clusters_are_counted() =>
        Assert.That(_image.Open().Statistics.FreeBlocks, Is.EqualTo(clusters - 2 - (width == 32 ? 1u : 0)));

    [Test]
    public void A_chain_in_many_pieces_takes_little_and_is_found_again()
    {
        // A table of FAT32, whichever the image's own is: no other is so long. Every second cluster, upward, then those between, downward: 150,000 pieces.
        const uint Half = 75_000;
        uint[] places = [.. Enumerable.Range(0, (int)Half).Select(i => (uint)i)];
        uint[] chain = [.. places.Select(i => 2 + (2 * i)), .. places.Select(i => 1 + (2 * (Half - i)))];
        byte[] table = new byte[((2 * Half) + 2) * 4];
        for (int i = 0; i < chain.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan((int)chain[i] * 4), i + 1 < chain.Length ? chain[i + 1] : 0x0FFFFFFF);
        }

        var heap = new ClusterHeap(table.Length, 512, 2 * Half);
        var source = new CountingSource(table);
        var cache = new BlockCache(source, 4096, new BlockPool(64 * 1024));
        var sampled = ClusterChain.Follow(new FileAllocationTable(cache, 0, EntryWidth.Fat32, heap), chain[0], 2 * Half, heap.Count);
        Assert.That(sampled.Count, Is.EqualTo(2 * Half));
        Assert.That(sampled.Damage, Is.Null);
        Assert.That(sampled.RunCount, Is.LessThan(ClusterChain.MaxRuns));
        long passes = 2 * (table.Length / 4096);
        Assert.That(source.Reads, Is.LessThan(passes + 10), "once up and once down");
        for (uint i = 0; i < 2 * Half; i++)
        {
            Assert.That(sampled.Find(i, 1, out _), Is.EqualTo(chain[i]));
        }

        Assert.That(source.Reads, Is.LessThan((2 * passes) + 20), "who reads on follows no link twice");

        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            uint index = (uint)random.Next(chain.Length);
            Assert.That(sampled.Find(index, 8, out uint length), Is.EqualTo(chain[index]));
            Assert.That(length, Is.EqualTo(index == Half - 1 ? 2 : 1));
        }
    }

    [Test]
    public void Mapping_allocates_nothing()
    {
        _image.Chain(10, 11, 12, 20, 19, 30, 31);
        FileSystem fs = Open(7 * Size, 10);
        BlockSource file = fs.OpenFile(fs.Find("FILE"));
        file.Map(0, 1, out _);
        long allocated = Allocations.Of(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                file.Map(i % (7 * Size), 4096, out _);
            }
        });
        Assert.That(allocated, Is.Zero);
    }
}
