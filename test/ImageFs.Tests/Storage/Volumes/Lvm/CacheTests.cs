using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Volumes.Lvm.Cache;
using ImageFs.Storage.Volumes.Lvm.PersistentData;
using ImageFs.Tests.Storage.Containers;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>Caches whose metadata cache_restore wrote, against what cache_writeback makes of the origin.</summary>
internal sealed class CacheTests
{
    private const int Block = CacheImage.BlockSize;
    private const int CacheBlocks = 40;
    private const int OriginBlocks = 64;

    // Blocks of the cache, the blocks of the origin in them, and whether they are not written back.
    private static readonly (int Cache, int Origin, bool IsDirty)[] s_mappings =
        [(0, 5, true), (1, 3, false), (2, 6, true), (3, 7, true), (20, 40, false), (31, 62, true), (39, 1, true)];

    private DiskFolder _folder = null!;
    private byte[] _origin = null!;
    private byte[] _data = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = new DiskFolder();
        new Random(1).NextBytes(_origin = new byte[OriginBlocks * Block]);
        new Random(2).NextBytes(_data = new byte[CacheBlocks * Block]);
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void A_volume_is_its_origin_as_it_is_when_all_is_written_back() => DiskAssert.Holds(Open(Write(s_mappings, CacheBlocks, 1)), WriteBack());

    // cache_writeback looks at the bits of version 1 whatever the version.
    [TestCase(1)]
    [TestCase(2)]
    public void Blocks_that_are_not_written_back_lie_over_the_origin(int version) =>
        DiskAssert.Holds(Open(Write(s_mappings, CacheBlocks, version)), Expected(mapping => mapping.IsDirty));

    [TestCase(1)]
    [TestCase(2)]
    public void After_a_shutdown_in_disorder_all_blocks_count(int version) =>
        DiskAssert.Holds(Open(Write(s_mappings, CacheBlocks, version, "--omit-clean-shutdown")), Expected(_ => true));

    [TestCase(1)]
    [TestCase(2)]
    public void A_clean_cache_leaves_the_origin_as_it_is(int version)
    {
        byte[] metadata = Write([.. s_mappings.Select(mapping => mapping with { IsDirty = false })], CacheBlocks, version);
        Assert.That(DiskAssert.MapWhole(Open(metadata)), Is.EqualTo((Extent[])[Extent.Mapped(0, _origin.Length, 0)]));
    }

    [TestCase(1)]
    [TestCase(2)]
    public void A_large_cache_is_read_to_its_end(int version)
    {
        const int Many = 50_000;
        var random = new Random(4);
        long[] blocks = [.. Enumerable.Range(0, Many).Select(block => (long)block)];
        random.Shuffle(blocks);
        (int Cache, int Origin, bool IsDirty)[] mappings = [.. Enumerable.Range(0, Many).Where(_ => random.Next(3) > 0).Select(block => (block, (int)blocks[block], random.Next(2) == 0))];
        byte[] metadata = Write(mappings, Many, version);
        BlockSource volume = CacheMetadata.Open(Nothing(Many), new MemorySource(metadata), Nothing(Many), (long)Many * Block, new MemoryBudget());
        Dictionary<int, int> dirty = mappings.Where(mapping => mapping.IsDirty).ToDictionary(mapping => mapping.Origin, mapping => mapping.Cache);
        for (int block = 0; block < Many; block++)
        {
            long address = (long)(dirty.TryGetValue(block, out int place) ? place : block) * Block;
            Assert.That(volume.Map((long)block * Block, 1, out _).Address, Is.EqualTo(address));
        }
    }

    [Test]
    public void What_a_superblock_cannot_say_is_told()
    {
        byte[] metadata = Write(s_mappings, CacheBlocks, 2);
        Refuse<UnsupportedFeatureException>(40, 3, "version 3");
        Refuse<UnsupportedFeatureException>(252, 1, "features 0x1");
        Refuse<InvalidImageException>(32, 0, "mark");
        Refuse<InvalidImageException>(232, 0, "sectors");
        Refuse<InvalidImageException>(232, 65, "sectors");
        Refuse<InvalidImageException>(236, 16, "sectors");
        Refuse<InvalidImageException>(240, 1000, "it ends before its block");
        Refuse<InvalidImageException>(192, 100_000, "of metadata with 256 blocks");
        Refuse<InvalidImageException>(284, 0, "checksum");

        void Refuse<T>(int offset, int value, string message)
            where T : ImageException
        {
            byte[] changed = [.. metadata];
            ThinImage.Change(changed, CacheSuperblock.Kind, 0, block => BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(offset), value));
            Assert.That(() => Open(changed), Throws.TypeOf<T>().With.Message.Contains(message));
        }
    }

    [Test]
    public void A_block_that_the_cache_does_not_have_is_told_when_it_is_not_written_back()
    {
        byte[] metadata = Write(s_mappings, CacheBlocks, 2);
        Assert.That(() => Open(metadata, _data[..(35 * Block)]), Throws.TypeOf<InvalidImageException>().With.Message.Contains("block 39 of a cache with 35 has block 1"));
        metadata = Write([.. s_mappings.Select(mapping => mapping with { IsDirty = mapping.Cache < 35 })], CacheBlocks, 2);
        Assert.That(() => Open(metadata, _data[..(35 * Block)]), Throws.Nothing);
    }

    [Test]
    public void A_block_of_the_origin_in_two_places_is_told() =>
        Assert.That(() => Open(Write([.. s_mappings, (12, 6, true)], CacheBlocks, 1)), Throws.TypeOf<InvalidImageException>().With.Message.Contains("chunk 6 is in two places"));

    [Test]
    public void A_block_of_an_array_of_the_wrong_shape_is_told()
    {
        byte[] metadata = Write(s_mappings, CacheBlocks, 1);
        long root = BinaryPrimitives.ReadInt64LittleEndian(metadata.AsSpan(192));
        long block = new BTreeNode(metadata.AsSpan((int)root * MetadataBlocks.BlockSize, MetadataBlocks.BlockSize)).NumberAt(0);
        foreach ((int offset, int value) in ((int, int)[])[(4, 0), (4, 510), (8, 0), (8, -1), (12, 4)])
        {
            byte[] changed = [.. metadata];
            ThinImage.Change(changed, BlockKind.Array, block, bytes => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value));
            Assert.That(() => Open(changed), Throws.TypeOf<InvalidImageException>().With.Message.Contains("array block").And.Message.Contains("cannot be"));
        }
    }

    private static BlockSlice Nothing(long blocks) => new(MemorySource.Empty, 0, blocks * Block);

    private BlockSource Open(byte[] metadata, byte[]? data = null) =>
        CacheMetadata.Open(new MemorySource(_origin), new MemorySource(metadata), new MemorySource(data ?? _data), _origin.Length, new MemoryBudget());

    private byte[] Expected(Func<(int Cache, int Origin, bool IsDirty), bool> counts)
    {
        byte[] expected = [.. _origin];
        foreach ((int cache, int origin, _) in s_mappings.Where(counts))
        {
            _data.AsSpan(cache * Block, Block).CopyTo(expected.AsSpan(origin * Block));
        }

        return expected;
    }

    private byte[] Write((int Cache, int Origin, bool IsDirty)[] mappings, int blocks, int version, params string[] options) =>
        CacheImage.Write(_folder, mappings, blocks, version, options);

    private byte[] WriteBack()
    {
        File.WriteAllBytes(_folder["origin"], _origin);
        File.WriteAllBytes(_folder["data"], _data);
        _folder.Run("cache_writeback", ["--metadata-device", "cache.metadata", "--origin-device", "origin", "--fast-device", "data", "--no-metadata-update"]);
        return File.ReadAllBytes(_folder["origin"]);
    }
}
