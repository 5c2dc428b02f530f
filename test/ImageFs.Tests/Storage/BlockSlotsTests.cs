using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

public sealed class BlockSlotsTests
{
    private const int BlockSize = 512;
    private const int Threads = 8;

    [Test]
    public void A_block_is_found_by_its_key_only()
    {
        var slots = new BlockSlots<long>(BlockSize, 2 * BlockSize);
        byte[] part = new byte[4];
        Assert.That(slots.TryCopy(0, 0, 0, part), Is.False, "nothing was kept yet");

        slots.Put(0, 7, Contents(1));
        Assert.That(slots.TryCopy(0, 8, 0, part), Is.False);
        Assert.That(slots.TryCopy(0, 7, 8, part), Is.True);
        Assert.That(part, Is.EqualTo(Contents(1)[8..12]));

        slots.Put(2, 7, Contents(2));
        Assert.That(slots.TryCopy(0, 7, 8, part), Is.True);
        Assert.That(part, Is.EqualTo(Contents(2)[8..12]), "two blocks that have one place");
    }

    // Many blocks that lie here and there in more than one strip of memory, and a last strip that is not whole.
    [Test]
    public void Every_block_keeps_its_bytes_while_memory_is_brought_in_for_others()
    {
        const int Places = 1000;
        var slots = new BlockSlots<long>(BlockSize, Places * BlockSize);
        byte[] block = new byte[BlockSize];
        for (int i = 0; i < Places; i++)
        {
            long number = i * 7919L % Places;
            slots.Put(number, number, Contents(number));
            long earlier = i / 2 * 7919L % Places;
            Assert.That(slots.TryCopy(earlier, earlier, 0, block), Is.True);
            Assert.That(block, Is.EqualTo(Contents(earlier)));
        }
    }

    [Test]
    public void There_is_room_for_one_block_at_least()
    {
        var slots = new BlockSlots<long>(BlockSize, 0);
        slots.Put(12345, 12345, Contents(12345));
        Assert.That(slots.TryCopy(12345, 12345, 0, new byte[BlockSize]), Is.True);
    }

    [Test]
    public void Keeping_and_finding_allocate_nothing()
    {
        var slots = new BlockSlots<long>(BlockSize, 4 * BlockSize);
        byte[] block = Contents(1);
        long allocated = Allocations.Of(() =>
        {
            for (long number = 0; number < 1000; number++)
            {
                slots.Put(number, number, block);
                slots.TryCopy(number, number, 0, block);
            }
        });

        Assert.That(allocated, Is.Zero);
    }

    [Test]
    [CancelAfter(60_000)]
    public void Threads_on_few_places_never_get_a_byte_of_another_block()
    {
        var slots = new BlockSlots<long>(BlockSize, 3 * BlockSize);
        long found = 0;
        long wrong = 0;
        Run(thread =>
        {
            var random = new Random(thread);
            byte[] block = new byte[BlockSize];
            for (int i = 0; i < 400_000; i++)
            {
                long number = random.Next(9);
                if (slots.TryCopy(number, number, 0, block))
                {
                    Interlocked.Increment(ref found);
                    Interlocked.Add(ref wrong, IsContents(block, number) ? 0 : 1);
                }
                else
                {
                    Fill(block, number);
                    slots.Put(number, number, block);
                }
            }
        });

        Assert.That(wrong, Is.Zero);
        Assert.That(found, Is.Positive);
    }

    [Test]
    [CancelAfter(60_000)]
    public void A_cache_that_threads_share_gives_every_byte_of_a_source_that_fails_at_times()
    {
        const int Blocks = 16;
        var cache = new BlockCache(new UnsteadySource(Blocks), BlockSize, new BlockPool(3 * BlockSize, BlockSize));
        long failed = 0;
        long wrong = 0;
        Run(thread =>
        {
            var random = new Random(thread);
            byte[] read = new byte[3 * BlockSize];
            for (int i = 0; i < 20_000; i++)
            {
                int offset = random.Next(Blocks * BlockSize);
                Span<byte> part = read.AsSpan(0, random.Next(Math.Min(read.Length, (Blocks * BlockSize) - offset) + 1));
                try
                {
                    cache.ReadAt(offset, part);
                    Interlocked.Add(ref wrong, UnsteadySource.IsAt(offset, part) ? 0 : 1);
                }
                catch (InvalidImageException)
                {
                    Interlocked.Increment(ref failed);
                }
            }
        });

        Assert.That(wrong, Is.Zero);
        Assert.That(failed, Is.Positive);
    }

    private static void Run(Action<int> work)
    {
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(thread => new Thread(() => work(thread)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
    }

    private static byte[] Contents(long number)
    {
        byte[] block = new byte[BlockSize];
        Fill(block, number);
        return block;
    }

    private static void Fill(Span<byte> block, long number)
    {
        for (int i = 0; i < block.Length; i += sizeof(long))
        {
            BinaryPrimitives.WriteInt64LittleEndian(block[i..], (number << 32) | (uint)i);
        }
    }

    private static bool IsContents(Span<byte> block, long number)
    {
        for (int i = 0; i < block.Length; i += sizeof(long))
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(block[i..]) != ((number << 32) | (uint)i))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Fails at every seventh reading, with the buffer half filled.</summary>
    private sealed class UnsteadySource(int blocks) : BlockSource
    {
        private int _reads;

        public override long Length => blocks * BlockSize;

        public static byte ByteAt(long offset) => unchecked((byte)((offset / BlockSize * 31) + offset));

        public static bool IsAt(long offset, ReadOnlySpan<byte> bytes)
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                if (bytes[i] != ByteAt(offset + i))
                {
                    return false;
                }
            }

            return true;
        }

        public override Extent Map(long offset, long maxLength, out BlockSource below)
        {
            below = this;
            return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Own, 0);
        }

        protected internal override void ReadOwn(long offset, Span<byte> destination)
        {
            bool fails = Interlocked.Increment(ref _reads) % 7 == 0;
            for (int i = 0; i < (fails ? destination.Length / 2 : destination.Length); i++)
            {
                destination[i] = ByteAt(offset + i);
            }

            if (fails)
            {
                throw new InvalidImageException("block", offset, "is bad for once");
            }
        }
    }
}
