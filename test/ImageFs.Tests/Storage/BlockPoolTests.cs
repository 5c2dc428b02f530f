using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

public sealed class BlockPoolTests
{
    private const int Piece = 64;

    // Of blocks of all sizes, pieces of a piece and of several among them.
    [Test]
    public void Blocks_of_all_sizes_and_owners_come_back_as_they_were_or_not_at_all()
    {
        var pool = new BlockPool(32 * Piece, Piece);
        (BlockShare Share, int Size)[] owners = [.. new[] { 16, 64, 100, 256, 64 }.Select(size => (pool.ForOwner(size), size))];
        var random = new Random(3);
        int found = 0;
        for (int i = 0; i < 20_000; i++)
        {
            int owner = random.Next(owners.Length);
            (BlockShare share, int size) = owners[owner];
            int number = random.Next(8);
            byte[] bytes = Contents(owner, number, size);
            int start = random.Next(size);
            byte[] part = new byte[random.Next(size - start) + 1];
            if (share.TryCopy(new CachedBlock(number), start, part))
            {
                found++;
                Assert.That(part, Is.EqualTo(bytes[start..(start + part.Length)]));
            }
            else
            {
                share.Put(new CachedBlock(number), bytes);
            }
        }

        Assert.That(found, Is.GreaterThan(1000));
    }

    [Test]
    public void A_block_is_what_it_was_checked_as()
    {
        BlockShare share = new BlockPool(8 * Piece, Piece).ForOwner(Piece);
        object check = new();
        share.Put(new CachedBlock(1, 1, check, 7), Contents(0, 1, Piece));
        byte[] read = new byte[Piece];
        Assert.That(share.TryCopy(new CachedBlock(1, 1, check, 7), 0, read));
        Assert.That(share.TryCopy(new CachedBlock(1, 1, check, 8), 0, read), Is.False);
        Assert.That(share.TryCopy(new CachedBlock(1), 0, read), Is.False);
    }

    [Test]
    public void One_source_may_use_all_of_it()
    {
        var pool = new BlockPool(64 * Piece, Piece);
        pool.ForOwner(Piece);
        var source = new ImageFs.Tests.Support.CountingSource(new byte[64 * Piece]);
        var cache = new BlockCache(source, Piece, pool);
        byte[] read = new byte[1];
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 64; i++)
            {
                cache.ReadAt(i * Piece, read);
            }
        }

        Assert.That(source.Reads, Is.EqualTo(64));
    }

    private static byte[] Contents(int owner, int number, int size) => [.. Enumerable.Range(0, size).Select(i => unchecked((byte)((owner * 50) + (number * 5) + i)))];
}
