using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

public sealed class BlockCacheTests
{
    [Test]
    public void Reads_across_blocks_are_right_whatever_is_cached()
    {
        byte[] bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i % 251))];
        var cache = new BlockCache(new MemorySource(bytes), 64, new BlockPool(3 * 64, 64));
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            int offset = random.Next(1000);
            byte[] read = new byte[random.Next(1000 - offset + 1)];
            cache.ReadAt(offset, read);
            Assert.That(read, Is.EqualTo(bytes[offset..(offset + read.Length)]));
        }
    }

    [Test]
    public void A_block_is_read_once()
    {
        var source = new CountingSource();
        var cache = new BlockCache(source, 64, new BlockPool(4 * 64, 64));
        for (int i = 0; i < 64; i++)
        {
            cache.ReadAt(i, new byte[1]);
        }

        Assert.That(source.Reads, Is.EqualTo(1));
    }

    [Test]
    public void Reading_behind_the_end_is_an_error() =>
        Assert.That(() => new BlockCache(new MemorySource(new byte[10]), 4, new BlockPool(16, 4)).ReadAt(9, new byte[2]), Throws.TypeOf<TruncatedImageException>());

    [Test]
    public void Bytes_beside_damaged_ones_can_be_read()
    {
        var source = new CountingSource { FirstBad = 32 };
        var cache = new BlockCache(source, 64, new BlockPool(4 * 64, 64));
        byte[] read = [9];
        cache.ReadAt(31, read);

        Assert.That(read[0], Is.Zero);
        Assert.That(() => cache.ReadAt(31, new byte[2]), Throws.TypeOf<InvalidImageException>());
    }

    private sealed class CountingSource : BlockSource
    {
        internal int Reads { get; private set; }

        internal long FirstBad { get; init; } = long.MaxValue;

        public override long Length => 4096;

        public override Extent Map(long offset, long maxLength, out BlockSource below)
        {
            below = this;
            return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Own, 0);
        }

        protected internal override void ReadOwn(long offset, Span<byte> destination)
        {
            Reads++;
            if (offset + destination.Length > FirstBad)
            {
                throw new InvalidImageException("block", FirstBad, "is bad");
            }

            destination.Clear();
        }
    }
}
