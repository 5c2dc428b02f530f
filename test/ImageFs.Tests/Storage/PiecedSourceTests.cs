using System.IO.Compression;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage;

/// <summary>A source of pieces: where each lies, and what it reads as.</summary>
public sealed class PiecedSourceTests
{
    private const int Block = 1000;

    private static readonly byte[] s_plain = [.. Enumerable.Range(0, 3 * Block).Select(i => (byte)(i / 7 % 251))];
    private static readonly byte[] s_stored = [.. new byte[50], .. Compress(s_plain[..Block])];

    private static readonly MemorySource s_mapped = new(s_plain);
    private static readonly MemorySource s_encoded = new(s_stored);

    // Mapped, going on in the next one; decoded; a hole; its own; and one that cannot be told.
    private static readonly Piece?[] s_pieces =
    [
        Piece.Mapped(s_mapped, 0, Block),
        Piece.Mapped(s_mapped, Block, Block),
        null,
        Piece.Hole(Block),
        Piece.Hole(Block),
        Piece.Own(Block),
    ];

    [Test]
    public void Pieces_that_go_on_are_one_extent_and_a_decoded_block_is_one_by_itself()
    {
        var source = new Pieces(s_stored.Length - 50);
        var extents = new List<Extent>();
        var below = new List<BlockSource>();
        for (long offset = 0; offset < source.Length;)
        {
            extents.Add(source.Map(offset, long.MaxValue, out BlockSource layer));
            below.Add(layer);
            offset += extents[^1].Length;
        }

        Assert.That(extents, Is.EqualTo(new[]
        {
            Extent.Mapped(0, 2 * Block, 0),
            new Extent(2 * Block, Block, ExtentKind.Encoded, 50, s_stored.Length - 50),
            Extent.Hole(3 * Block, 2 * Block),
            new Extent(5 * Block, Block, ExtentKind.Own, 0),
        }));
        Assert.That(below, Is.EqualTo(new BlockSource[] { s_mapped, s_encoded, source, source }));
    }

    [Test]
    public void A_part_of_a_block_tells_where_the_whole_is_stored()
    {
        var source = new Pieces(s_stored.Length - 50);
        Extent part = source.Map((2 * Block) + 10, 5, out _);
        EncodedBlock block = source.FindEncoded((2 * Block) + 10);
        Assert.That(part, Is.EqualTo(new Extent((2 * Block) + 10, 5, ExtentKind.Encoded, 50, s_stored.Length - 50)));
        Assert.That(block, Is.EqualTo(new EncodedBlock(2 * Block, Block, s_encoded, 50, s_stored.Length - 50, Codecs.Zlib)));
    }

    [Test]
    public void It_reads_as_its_pieces_do()
    {
        byte[] expected = [.. s_plain[..(2 * Block)], .. s_plain[..Block], .. new byte[2 * Block], .. Enumerable.Repeat((byte)9, Block)];
        var source = new Pieces(s_stored.Length - 50);
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            int start = random.Next(expected.Length);
            byte[] read = new byte[random.Next(1, expected.Length - start + 1)];
            source.ReadAt(start, read);
            Assert.That(read, Is.EqualTo(expected[start..(start + read.Length)]));
        }
    }

    [Test]
    public void A_damaged_block_is_told_with_its_place_and_codec()
    {
        var source = new Pieces(s_stored.Length - 51);
        Assert.That(
            () => source.ReadAt(2 * Block, new byte[1]),
            Throws.TypeOf<InvalidImageException>().With.Message.Contains("0x32").And.Message.Contains("no whole stream of zlib with 1000 bytes"));
        source.ReadAt(3 * Block, new byte[Block]);
    }

    [Test]
    public void What_cannot_be_told_behind_does_not_take_along_what_is_sound()
    {
        var source = new Pieces(s_stored.Length - 50) { IsDamagedBehind = true };
        Assert.That(source.Map(0, long.MaxValue, out _), Is.EqualTo(Extent.Mapped(0, Block, 0)));
        Assert.That(() => source.Map(Block, 1, out _), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void What_a_block_is_stored_in_can_be_asked_for_ahead()
    {
        using var device = new TestDevice(s_stored);
        new Pieces(s_stored.Length - 50) { Device = device }.Prefetch((2 * Block) + 500, 10);
        Assert.That(device.Prefetched, Is.EqualTo(new[] { (50L, s_stored.Length - 50L) }));
    }

    [Test]
    public void A_map_costs_no_garbage()
    {
        var source = new Pieces(s_stored.Length - 50);
        byte[] read = new byte[200];
        void Round()
        {
            for (int i = 0; i < 1000; i++)
            {
                _ = source.Locate(i * 3, 500);
                source.ReadAt((2 * Block) + 10, read);
            }
        }

        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void An_extent_is_no_larger_for_its_stored_length() =>
        Assert.That(System.Runtime.CompilerServices.Unsafe.SizeOf<Extent>(), Is.EqualTo(32));

    private static byte[] Compress(byte[] bytes)
    {
        using var result = new MemoryStream();
        using (var stream = new ZLibStream(result, CompressionLevel.Optimal))
        {
            stream.Write(bytes);
        }

        return result.ToArray();
    }

    private sealed class Pieces(int storedLength) : PiecedSource(new DecodedBlockCache(1 << 20).ForOwner())
    {
        public bool IsDamagedBehind { get; init; }

        public BlockSource Device { get; init; } = s_encoded;

        public override long Length => s_pieces.Length * Block;

        protected override Piece Find(long offset)
        {
            long number = Math.DivRem(offset, Block, out long within);
            if (IsDamagedBehind && number > 0)
            {
                throw new InvalidImageException("pieces", offset, "a test", "here");
            }

            return s_pieces[number] is not { } piece
                ? Piece.Encoded(Device, 50, storedLength, Codecs.Zlib, within, Block)
                : piece with { Length = Block - within, Address = piece.Kind == ExtentKind.Mapped ? piece.Address + within : 0 };
        }

        protected internal override void ReadOwn(long offset, Span<byte> destination)
        {
            if (offset >= 5 * Block)
            {
                destination.Fill(9);
                return;
            }

            base.ReadOwn(offset, destination);
        }
    }
}
