using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>One bounded cache for the decoded blocks of all layers.</summary>
public sealed class DecodedBlockCacheTests
{
    private const int Size = 1 << 20;

    [TestCase(1)]
    [TestCase(16 << 10)]
    [TestCase((16 << 10) + 1)]
    [TestCase(100_000)]
    [TestCase(Size)]
    public void A_block_is_given_back_in_any_part(int length)
    {
        DecodedBlocks blocks = new DecodedBlockCache(Size).ForOwner();
        byte[] bytes = Bytes(length, 1);
        EncodedBlock block = Block(0, length);
        blocks.Put(in block, 0, bytes);
        var random = new Random(3);
        for (int i = 0; i < 100; i++)
        {
            int start = random.Next(length);
            byte[] part = new byte[random.Next(1, length - start + 1)];
            Assert.That(blocks.TryCopy(in block, start, part), Is.True);
            Assert.That(part.AsSpan().SequenceEqual(bytes.AsSpan(start, part.Length)), Is.True);
        }
    }

    [Test]
    public void Owners_files_places_and_lengths_are_kept_apart()
    {
        var cache = new DecodedBlockCache(Size);
        DecodedBlocks one = cache.ForOwner();
        DecodedBlocks other = cache.ForOwner();
        EncodedBlock block = Block(4096, 100);
        one.Put(in block, 0, Bytes(100, 1));
        byte[] part = new byte[10];
        Assert.Multiple(() =>
        {
            Assert.That(one.TryCopy(in block, 0, part), Is.True);
            Assert.That(other.TryCopy(in block, 0, part), Is.False);
            Assert.That(one.OfFile(7).TryCopy(in block, 0, part), Is.False);
            Assert.That(one.TryCopy(Block(8192, 100), 0, part), Is.False);
            Assert.That(one.TryCopy(Block(4096, 101), 0, part), Is.False);
        });
    }

    [Test]
    public void A_file_that_is_opened_again_finds_its_blocks()
    {
        DecodedBlocks volume = new DecodedBlockCache(Size).ForOwner();
        EncodedBlock block = Block(0, 100);
        volume.OfFile(7).Put(in block, 0, Bytes(100, 1));
        Assert.That(volume.OfFile(7).TryCopy(in block, 50, new byte[50]), Is.True);
        Assert.That(volume.OfFile(8).TryCopy(in block, 50, new byte[50]), Is.False);
    }

    [Test]
    public void Of_a_block_that_is_too_large_what_follows_is_kept()
    {
        DecodedBlocks blocks = new DecodedBlockCache(Size).ForOwner();
        byte[] bytes = Bytes(4 * Size, 1);
        EncodedBlock block = Block(0, bytes.Length);
        blocks.Put(in block, 2 * Size, bytes);
        byte[] part = new byte[Size - 4096];
        Assert.That(blocks.TryCopy(in block, 2 * Size, part), Is.True);
        Assert.That(part.AsSpan().SequenceEqual(bytes.AsSpan(2 * Size, part.Length)), Is.True);
        Assert.That(blocks.TryCopy(in block, 0, new byte[1]), Is.False);
    }

    [Test]
    public void Blocks_of_all_sizes_share_the_room_and_are_never_mixed()
    {
        var cache = new DecodedBlockCache(Size);
        DecodedBlocks[] owners = [cache.ForOwner(), cache.ForOwner(), cache.ForOwner()];
        Parallel.For(0, 4, worker =>
        {
            var random = new Random(worker);
            byte[] part = new byte[Size];
            for (int i = 0; i < 2000; i++)
            {
                int owner = random.Next(3);
                int number = random.Next(20);
                int length = (owner + 1) * 30_000;
                EncodedBlock block = Block(number * (long)length, length);
                if (!owners[owner].TryCopy(in block, 0, part.AsSpan(0, length)))
                {
                    part.AsSpan(0, length).Fill((byte)((owner * 20) + number));
                    owners[owner].Put(in block, 0, part.AsSpan(0, length));
                }

                Assert.That(part.AsSpan(0, length).ContainsAnyExcept((byte)((owner * 20) + number)), Is.False);
            }
        });
    }

    [Test]
    public void A_share_of_no_cache_keeps_nothing()
    {
        EncodedBlock block = Block(0, 10);
        default(DecodedBlocks).OfFile(3).Put(in block, 0, new byte[10]);
        Assert.That(default(DecodedBlocks).OfFile(3).TryCopy(in block, 0, new byte[1]), Is.False);
    }

    [Test]
    public void Nothing_is_allocated_once_it_is_warm()
    {
        DecodedBlocks blocks = new DecodedBlockCache(Size).ForOwner();
        byte[] bytes = Bytes(65536, 1);
        void Round()
        {
            for (int i = 0; i < 100; i++)
            {
                EncodedBlock block = Block(i * 65536L, 65536);
                if (!blocks.TryCopy(in block, 100, bytes.AsSpan(0, 1000)))
                {
                    blocks.Put(in block, 100, bytes);
                }
            }
        }

        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static EncodedBlock Block(long offset, int length) => new(offset, length, MemorySource.Empty, 0, 1, Codecs.Zlib);

    private static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
