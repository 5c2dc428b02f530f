using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Volumes.Lvm.Cache;
using ImageFs.Tests.Storage.Containers;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>Caches of writes, made here as the kernel makes them.</summary>
internal sealed class WriteCacheTests
{
    private const int Block = 4096;
    private const int Blocks = 20;
    private const int Start = Block;
    private const long Sequence = 100;

    private byte[] _origin = null!;

    [SetUp]
    public void MakeOrigin() => new Random(1).NextBytes(_origin = new byte[50 * Block]);

    [Test]
    public void Blocks_that_are_committed_lie_over_the_origin_and_the_last_of_several_counts()
    {
        byte[] cache = Cache((3, 7, 5), (4, 8, 5), (5, 8, 6), (0, 9, 99), (9, 20, 100), (10, 21, 500), (19, 49, 1));
        byte[] expected = [.. _origin];
        foreach ((int index, int block) in ((int, int)[])[(3, 7), (5, 8), (0, 9), (19, 49)])
        {
            cache.AsSpan(Start + (index * Block), Block).CopyTo(expected.AsSpan(block * Block));
        }

        DiskAssert.Holds(Open(cache), expected);
    }

    [Test]
    public void A_cache_without_blocks_is_the_origin()
    {
        DiskAssert.Holds(Open(Cache()), _origin);
        DiskAssert.Holds(Open(new byte[Block]), _origin);
    }

    [Test]
    public void Two_blocks_of_one_time_are_told() =>
        Assert.That(() => Open(Cache((3, 7, 5), (4, 7, 5))), Throws.TypeOf<InvalidImageException>().With.Message.Contains("same time as entry 3").Or.Message.Contains("same time as entry 4"));

    [Test]
    public void What_a_superblock_or_an_entry_cannot_say_is_told()
    {
        Refuse<InvalidImageException>(0, 1, "mark");
        Refuse<UnsupportedFeatureException>(4, 2, "version 2");
        Refuse<InvalidImageException>(8, 0, "cannot be in");
        Refuse<InvalidImageException>(8, 3000, "cannot be in");
        Refuse<InvalidImageException>(8, 1 << 20, "cannot be in");
        Refuse<InvalidImageException>(16, 21, "cannot be in");
        Refuse<InvalidImageException>(16, -1, "cannot be in");
        Refuse<InvalidImageException>(64 + (3 * 16), 7, "no block begins");
        Refuse<InvalidImageException>(64 + (3 * 16) + 4, -1, "no block begins");

        void Refuse<T>(int offset, int value, string message)
            where T : ImageException
        {
            byte[] cache = Cache((3, 7, 5));
            BinaryPrimitives.WriteInt32LittleEndian(cache.AsSpan(offset), value);
            Assert.That(() => Open(cache), Throws.TypeOf<T>().With.Message.Contains(message));
        }
    }

    private BlockSource Open(byte[] cache) => WriteCache.Open(new MemorySource(_origin), new MemorySource(cache), _origin.Length);

    private static byte[] Cache(params (int Index, int Block, long Sequence)[] entries)
    {
        byte[] cache = new byte[Start + (Blocks * Block)];
        new Random(2).NextBytes(cache.AsSpan(Start));
        BinaryPrimitives.WriteUInt32LittleEndian(cache, 0x23489321);
        BinaryPrimitives.WriteInt32LittleEndian(cache.AsSpan(4), 1);
        BinaryPrimitives.WriteInt32LittleEndian(cache.AsSpan(8), Block);
        BinaryPrimitives.WriteInt64LittleEndian(cache.AsSpan(16), Blocks);
        BinaryPrimitives.WriteInt64LittleEndian(cache.AsSpan(24), Sequence);
        cache.AsSpan(64, Blocks * 16).Fill(0xFF);
        foreach ((int index, int block, long sequence) in entries)
        {
            BinaryPrimitives.WriteInt64LittleEndian(cache.AsSpan(64 + (index * 16)), block * (Block / 512));
            BinaryPrimitives.WriteInt64LittleEndian(cache.AsSpan(64 + (index * 16) + 8), sequence);
        }

        return cache;
    }
}
