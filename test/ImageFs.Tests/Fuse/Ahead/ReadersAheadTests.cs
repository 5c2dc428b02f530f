using ImageFs.Fuse.Ahead;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Fuse.Ahead;

/// <summary>What is decoded ahead of readers, and of whom.</summary>
public sealed class ReadersAheadTests
{
    private const int Block = 128 << 10;
    private const int Size = 8 << 20;
    private const int Room = Size / 4;
    private const long FileLength = 64 << 20;
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    private DecodedBlockCache _cache = null!;
    private ReadersAhead _ahead = null!;

    [SetUp]
    public void Begin()
    {
        _cache = new DecodedBlockCache(Size);
        _ahead = new ReadersAhead(_cache, "test");

        // Nothing is looked at before something was decoded for somebody.
        MakeFile().ReadAt(FileLength - 1, new byte[1]);
    }

    [TearDown]
    public void End() => _ahead.Dispose();

    [TestCase(4096, FileLength)]
    [TestCase(4096, 1 << 20)]
    [TestCase(Block, FileLength)]
    public void Nothing_is_decoded_ahead_of_who_reads_here_and_there(int length, long within)
    {
        var random = new Random(5);
        BlockSource file = MakeFile();
        for (int i = 0; i < 5000; i++)
        {
            long offset = random.NextInt64(within / 4096) * 4096;
            _ahead.NoteRead(file, offset, (int)Math.Min(length, FileLength - offset));
        }

        Assert.That(_cache.Counts.Ahead, Is.Zero);
    }

    [Test]
    public void As_much_is_decoded_ahead_as_was_read_in_sequence_up_to_a_quarter_of_the_cache()
    {
        BlockSource file = MakeFile();
        _ahead.NoteRead(file, 0, Block);
        _ahead.NoteRead(file, Block, Block);
        Assert.That(_cache.Counts.Ahead, Is.Zero, "two READs say nothing");
        const int First = 3 * Block;
        for (long end = First; end < 40 * Block; end += Block)
        {
            long left = First + _cache.Counts.Ahead - end;
            _ahead.NoteRead(file, end - Block, Block);

            // It goes on when half of it was read.
            long window = Math.Min(end - Block, Room);
            if (left <= window / 2)
            {
                WaitFor(end + window - First);
            }

            Assert.That(_cache.Counts.Ahead, Is.LessThanOrEqualTo(end + Room - First));
        }
    }

    [Test]
    public void READs_that_workers_take_in_another_order_are_of_one_reader()
    {
        BlockSource file = MakeFile();
        foreach (int number in new[] { 1, 0, 3, 2, 5, 4, 7, 6 })
        {
            _ahead.NoteRead(file, number * Block, Block);
        }

        WaitFor(5 * Block, atLeast: true);
    }

    [Test]
    public void Small_READs_in_sequence_are_of_a_reader_as_well()
    {
        BlockSource file = MakeFile();
        for (int offset = 0; offset < 4 * Block; offset += 4096)
        {
            _ahead.NoteRead(file, offset, 4096);
        }

        WaitFor(Block, atLeast: true);
    }

    [Test]
    public void Of_a_large_READ_the_second_half_is_decoded_beside_its_worker()
    {
        _ahead.NoteRead(MakeFile(), 10 * Block, 4 * Block);
        WaitFor(2 * Block);
    }

    [Test]
    public void Ahead_of_all_readers_together_there_is_no_more_than_a_quarter_of_the_cache()
    {
        BlockSource[] files = [.. Enumerable.Range(0, 8).Select(_ => MakeFile())];
        for (int number = 0; number < 20; number++)
        {
            Array.ForEach(files, file => _ahead.NoteRead(file, number * Block, Block));
        }

        // All have read 20 blocks, and passed what was decoded of those.
        WaitFor(Room, atLeast: true);
        long most = (files.Length * 20 * Block) + Room;
        Assert.That(_cache.Counts.Ahead, Is.LessThanOrEqualTo(most));
    }

    [Test]
    public void A_reader_that_is_gone_leaves_its_room_to_others()
    {
        BlockSource gone = MakeFile();
        BlockSource file = MakeFile();
        for (int number = 0; number < 20; number++)
        {
            _ahead.NoteRead(gone, number * Block, Block);
        }

        WaitFor(Room, atLeast: true);
        long before = _cache.Counts.Ahead;
        for (int number = 0; number < 100; number++)
        {
            _ahead.NoteRead(file, number * Block, Block);
        }

        WaitFor(before + Room, atLeast: true);
    }

    [Test]
    public void A_damaged_block_is_an_error_of_who_reads_it()
    {
        BlockSource file = MakeFile(damaged: 4);
        for (int number = 0; number < 3; number++)
        {
            _ahead.NoteRead(file, number * Block, Block);
        }

        // The window has the blocks 3 and 4.
        WaitFor(2 * Block);
        byte[] bytes = new byte[Block];
        for (int number = 0; number < 8; number++)
        {
            if (number == 4)
            {
                Assert.That(() => file.ReadAt(number * Block, bytes), Throws.InstanceOf<InvalidImageException>());
                continue;
            }

            file.ReadAt(number * Block, bytes);
            Assert.That(bytes.AsSpan().IndexOfAnyExcept((byte)number), Is.Negative);
        }
    }

    [Test]
    public void A_file_with_nothing_compressed_is_given_up()
    {
        var file = new PlainFile();
        int looks = 0;
        for (int number = 0; number < 400; number++)
        {
            _ahead.NoteRead(file, number * Block, Block);
            Thread.Sleep(number < 100 ? 1 : 0);
            looks = number == 300 ? file.Looks : looks;
        }

        Assert.That(file.Looks, Is.EqualTo(looks).And.InRange(16, 16 + Environment.ProcessorCount));
        Assert.That(_cache.Counts.Ahead, Is.Zero);
    }

    [Test]
    public void After_it_was_cleared_nothing_leads_to_a_file()
    {
        var weak = Read();
        _ahead.Clear();
        Assert.That(
            () =>
            {
                GC.Collect();
                return weak.IsAlive;
            },
            Is.False.After(10_000, 20));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        WeakReference Read()
        {
            BlockSource file = MakeFile();
            _ahead.NoteRead(file, 0, 4 * Block);
            WaitFor(2 * Block);
            return new WeakReference(file);
        }
    }

    [Test]
    public void It_can_end_while_it_decodes()
    {
        BlockSource file = MakeFile();
        for (int number = 0; number < 20; number++)
        {
            _ahead.NoteRead(file, number * Block, Block);
        }

        _ahead.Dispose();
        long decoded = _cache.Counts.Decoded;
        Thread.Sleep(20);
        Assert.That(_cache.Counts.Decoded, Is.EqualTo(decoded));
        _ahead.NoteRead(file, 20 * Block, Block);
    }

    private Blocks MakeFile(int damaged = -1) => new Blocks(_cache.ForOwner(), damaged);

    private void WaitFor(long bytes, bool atLeast = false) => Assert.That(
        () => atLeast ? Math.Min(_cache.Counts.Ahead, bytes) : _cache.Counts.Ahead, Is.EqualTo(bytes).After((int)s_long.TotalMilliseconds, 1));

    /// <summary>Each block is stored in one byte: its number, which all its bytes have.</summary>
    private sealed class Blocks(DecodedBlocks decoded, int damaged) : PiecedSource(decoded)
    {
        private static readonly MemorySource s_numbers = new(Enumerable.Range(0, (int)(FileLength / Block)).Select(i => (byte)(i % 251)).ToArray());
        private readonly Codec _sound = new Numbers(isDamaged: false);
        private readonly Codec _damaged = new Numbers(isDamaged: true);

        public override long Length => FileLength;

        protected override Piece Find(long offset)
        {
            (long number, long within) = Math.DivRem(offset, Block);
            return Piece.Encoded(s_numbers, number, 1, number == damaged ? _damaged : _sound, within, Block);
        }
    }

    private sealed class Numbers(bool isDamaged) : Codec
    {
        public override string Name => "numbers";

        protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
        {
            destination.Fill(encoded.Span[0]);
            return isDamaged ? Damaged : destination.Length;
        }
    }

    private sealed class PlainFile : PiecedSource
    {
        private int _looks;

        public int Looks => Volatile.Read(ref _looks);

        public override long Length => FileLength;

        protected override Piece Find(long offset)
        {
            Interlocked.Increment(ref _looks);
            return Piece.Own(FileLength - offset);
        }
    }
}
