using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>One bounded cache for the decoded blocks of all layers.</summary>
public sealed class DecodedBlockCacheTests
{
    private const int Size = 1 << 20;
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    [TestCase(1)]
    [TestCase(16 << 10)]
    [TestCase((16 << 10) + 1)]
    [TestCase(100_000)]
    [TestCase(Size)]
    [TestCase(Size + 1)]
    public void A_block_is_given_in_any_part_and_decoded_once_if_there_is_room(int length)
    {
        var cache = new DecodedBlockCache(Size);
        DecodedBlocks blocks = cache.ForOwner();
        var decoder = new Decoder();
        EncodedBlock block = Block(7, length);
        byte[] expected = Decoder.Contents(in block);
        var random = new Random(3);
        long read = 0;
        for (int i = 0; i < 50; i++)
        {
            int start = random.Next(length);
            byte[] part = new byte[random.Next(1, length - start + 1)];
            blocks.Read(in block, start, part, decoder);
            Assert.That(part.AsSpan().SequenceEqual(expected.AsSpan(start, part.Length)), Is.True);
            read += part.Length;
        }

        int decoded = length <= Size ? 1 : 50;
        Assert.That(decoder.Count, Is.EqualTo(decoded));
        Assert.That(cache.Counts, Is.EqualTo(new DecodedCounts(decoded, decoded * (long)length, read)));
    }

    [Test]
    public void Owners_files_places_and_lengths_are_kept_apart()
    {
        var cache = new DecodedBlockCache(Size);
        DecodedBlocks one = cache.ForOwner();
        DecodedBlocks other = cache.ForOwner();
        Assert.Multiple(() =>
        {
            Assert.That(IsKept(one, Block(4096, 100)), Is.False);
            Assert.That(IsKept(one, Block(4096, 100)), Is.True);
            Assert.That(IsKept(other, Block(4096, 100)), Is.False);
            Assert.That(IsKept(one.OfFile(7), Block(4096, 100)), Is.False);
            Assert.That(IsKept(one, Block(8192, 100)), Is.False);
            Assert.That(IsKept(one, Block(4096, 101)), Is.False);
        });
    }

    [Test]
    public void A_file_that_is_opened_again_finds_its_blocks()
    {
        DecodedBlocks volume = new DecodedBlockCache(Size).ForOwner();
        Assert.That(IsKept(volume.OfFile(7), Block(0, 100)), Is.False);
        Assert.That(IsKept(volume.OfFile(7), Block(0, 100)), Is.True);
        Assert.That(IsKept(volume.OfFile(8), Block(0, 100)), Is.False);
    }

    [Test]
    public void Files_that_have_blocks_in_common_find_them_by_address()
    {
        DecodedBlocks volume = new DecodedBlockCache(Size).ForOwner().ByAddress();
        Assert.That(IsKept(volume, Block(5, 100) with { Offset = 0 }), Is.False);
        Assert.That(IsKept(volume, Block(5, 100) with { Offset = 4096 }), Is.True);
        Assert.That(IsKept(volume, Block(6, 100) with { Offset = 4096 }), Is.False);
    }

    [Test]
    public void What_was_used_stays_longer_than_what_was_not()
    {
        const int Length = Size / 8;
        DecodedBlocks blocks = new DecodedBlockCache(Size).ForOwner();
        for (int i = 0; i < 8; i++)
        {
            Assert.That(IsKept(blocks, Block(i * Length, Length)), Is.False);
        }

        Assert.That(IsKept(blocks, Block(2 * Length, Length)), Is.True);
        for (int i = 8; i < 15; i++)
        {
            Assert.That(IsKept(blocks, Block(i * Length, Length)), Is.False, "the others go, one for each that comes");
        }

        Assert.That(IsKept(blocks, Block(2 * Length, Length)), Is.True);
        Assert.That(IsKept(blocks, Block(3 * Length, Length)), Is.False);
    }

    [Test]
    public void What_is_leased_stays_where_it_is()
    {
        const int Length = Size / 4;
        var cache = new DecodedBlockCache(Size);
        DecodedBlocks blocks = cache.ForOwner();
        var decoder = new Decoder();
        EncodedBlock held = Block(1, Length);
        Assert.That(blocks.TryLease(in held, 10, 100, decoder, out DecodedLease lease), Is.True);
        using (lease)
        {
            byte[] expected = Decoder.Contents(in held)[10..110];
            for (int i = 2; i < 50; i++)
            {
                Assert.That(IsKept(blocks, Block(i * Length, Length)), Is.False);
                Assert.That(lease.Span.SequenceEqual(expected), Is.True);
            }
        }
    }

    [Test]
    public void When_all_is_leased_a_block_is_decoded_without_a_place()
    {
        DecodedBlocks blocks = new DecodedBlockCache(Size).ForOwner();
        var decoder = new Decoder();
        EncodedBlock held = Block(0, Size);
        EncodedBlock other = Block(Size, 5000);
        Assert.That(blocks.TryLease(in held, 0, Size, decoder, out DecodedLease lease), Is.True);
        Assert.That(blocks.TryLease(in other, 0, 1, decoder, out _), Is.False);
        byte[] part = new byte[4000];
        blocks.Read(in other, 1000, part, decoder);
        Assert.That(part, Is.EqualTo(Decoder.Contents(in other)[1000..]));
        lease.Dispose();
        Assert.That(IsKept(blocks, other), Is.False);
        Assert.That(IsKept(blocks, other), Is.True);
    }

    [Test]
    public void Who_wants_a_block_that_is_being_decoded_waits_for_it()
    {
        DecodedBlocks blocks = new DecodedBlockCache(Size).ForOwner();
        using var decoder = new SlowDecoder(error: null);
        EncodedBlock block = Block(0, 50_000);
        Task<byte[]>[] readers = [.. Enumerable.Range(0, 4).Select(i => Start(() =>
        {
            byte[] part = new byte[1000];
            blocks.Read(in block, i * 10_000, part, decoder);
            return part;
        }))];
        Assert.That(decoder.HasBegun.Wait(s_long), Is.True);
        decoder.MayEnd.Set();
        for (int i = 0; i < readers.Length; i++)
        {
            Assert.That(readers[i].Wait(s_long), Is.True);
            Assert.That(readers[i].Result, Is.EqualTo(Decoder.Contents(in block)[(i * 10_000)..((i * 10_000) + 1000)]));
        }

        Assert.That(decoder.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_block_that_cannot_be_decoded_is_the_same_error_for_all_who_wait_and_is_tried_again_by_who_comes_later()
    {
        DecodedBlocks blocks = new DecodedBlockCache(Size).ForOwner();
        var error = new LinuxException("pread", Errno.EIO);
        using var decoder = new SlowDecoder(error);
        EncodedBlock block = Block(0, 50_000);
        Task<LinuxException?>[] readers = [.. Enumerable.Range(0, 4).Select(_ => Start(() => Catch(() => blocks.Read(in block, 0, new byte[10], decoder))))];
        Assert.That(decoder.HasBegun.Wait(s_long), Is.True);
        Assert.That(() => decoder.Count + readers.Count(reader => reader.IsCompleted), Is.EqualTo(1).After(50), "nobody else decodes, or is done");
        decoder.MayEnd.Set();
        Assert.That(Task.WaitAll(readers, s_long), Is.True);
        Assert.That(readers.Select(reader => reader.Result), Is.All.SameAs(error));
        decoder.Error = null;
        Assert.That(Catch(() => blocks.Read(in block, 0, new byte[10], decoder)), Is.Null);
    }

    [Test]
    public void Blocks_of_all_sizes_share_the_room_and_are_never_mixed()
    {
        var cache = new DecodedBlockCache(Size);
        DecodedBlocks[] owners = [cache.ForOwner(), cache.ForOwner(), cache.ForOwner()];
        var decoder = new Decoder();
        Parallel.For(0, 4, worker =>
        {
            var random = new Random(worker);
            var leases = new Queue<(EncodedBlock Block, int Start, DecodedLease Lease)>();
            for (int i = 0; i < 2000; i++)
            {
                int owner = random.Next(3);
                int length = random.Next(2) == 0 ? (owner + 1) * 30_000 : random.Next(1, 12_000);
                EncodedBlock block = Block(random.Next(20) * 100_000L, length);
                int start = random.Next(length);
                if (owners[owner].TryLease(in block, start, length - start, decoder, out DecodedLease lease))
                {
                    leases.Enqueue((block, start, lease));
                }

                if (leases.Count > 4)
                {
                    (block, start, lease) = leases.Dequeue();
                    Assert.That(lease.Span.SequenceEqual(Decoder.Contents(in block).AsSpan(start)), Is.True);
                    lease.Dispose();
                }
            }

            foreach ((_, _, DecodedLease lease) in leases)
            {
                lease.Dispose();
            }
        });

        EncodedBlock whole = Block(0, Size);
        Assert.That(owners[0].TryLease(in whole, 0, 1, decoder, out DecodedLease last), Is.True, "nothing is held any more, and nothing lost");
        last.Dispose();
    }

    [TestCase(0)]
    [TestCase(4095)]
    public void A_share_of_no_cache_or_of_too_small_a_one_keeps_nothing(int size)
    {
        var decoder = new Decoder();
        EncodedBlock block = Block(0, 10);
        byte[] part = new byte[3];
        foreach (DecodedBlocks blocks in (DecodedBlocks[])[default(DecodedBlocks).OfFile(3), new DecodedBlockCache(size).ForOwner()])
        {
            Assert.That(blocks.TryLease(in block, 0, 1, decoder, out _), Is.False);
            blocks.Read(in block, 5, part, decoder);
            Assert.That(part, Is.EqualTo(Decoder.Contents(in block)[5..8]));
        }
    }

    [Test]
    public void Nothing_is_allocated_once_it_is_warm()
    {
        DecodedBlocks blocks = new DecodedBlockCache(Size).ForOwner();
        var decoder = new Zeros();
        byte[] part = new byte[1000];
        void Round()
        {
            for (int i = 0; i < 100; i++)
            {
                EncodedBlock block = Block(i * 65536L, 65536);
                blocks.Read(in block, 100, part, decoder);
                blocks.Read(in block, 200, part, decoder);
            }
        }

        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static bool IsKept(DecodedBlocks blocks, EncodedBlock block)
    {
        var decoder = new Decoder();
        byte[] part = new byte[1];
        blocks.Read(in block, block.Length - 1, part, decoder);
        Assert.That(part[0], Is.EqualTo(Decoder.Contents(in block)[^1]));
        return decoder.Count == 0;
    }

    private static Task<T> Start<T>(Func<T> run) => Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static LinuxException? Catch(Action run)
    {
        try
        {
            run();
            return null;
        }
        catch (LinuxException e)
        {
            return e;
        }
    }

    private static EncodedBlock Block(long offset, int length) => new(offset, length, MemorySource.Empty, offset, 1, Codecs.Zlib);

    private class Decoder : IBlockDecoder
    {
        private int _count;

        public int Count => _count;

        public static byte[] Contents(in EncodedBlock block)
        {
            byte[] bytes = new byte[block.Length];
            new Random(HashCode.Combine(block.Address, block.Length)).NextBytes(bytes);
            return bytes;
        }

        public virtual void Decode(in EncodedBlock block, Span<byte> destination)
        {
            Interlocked.Increment(ref _count);
            Contents(in block).CopyTo(destination);
        }
    }

    private sealed class SlowDecoder(Exception? error) : Decoder, IDisposable
    {
        public ManualResetEventSlim HasBegun { get; } = new();

        public ManualResetEventSlim MayEnd { get; } = new();

        public Exception? Error { get; set; } = error;

        public override void Decode(in EncodedBlock block, Span<byte> destination)
        {
            HasBegun.Set();
            base.Decode(in block, destination);
            Assert.That(MayEnd.Wait(s_long), Is.True);
            if (Error is not null)
            {
                throw Error;
            }
        }

        public void Dispose()
        {
            HasBegun.Dispose();
            MayEnd.Dispose();
        }
    }

    private sealed class Zeros : IBlockDecoder
    {
        public void Decode(in EncodedBlock block, Span<byte> destination) => destination.Clear();
    }
}
