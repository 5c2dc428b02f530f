using ImageFs.Fuse.Ahead;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Fuse.Ahead;

/// <summary>Which compressed blocks are stored whole when a part of them was read.</summary>
public sealed class BlocksAheadTests
{
    private const int Page = 4096;

    // The second block of a file of blocks of 70,000 bytes: whole pages of it.
    private const int Start = 70_000 / Page * Page + Page;
    private const int End = 140_000 / Page * Page;

    [TestCase(20 * Page, Page, Start, End - Start)]
    [TestCase(20 * Page, 70_000 / 4, Start, End - Start)]
    [TestCase(20 * Page, (70_000 / 4) + 1, 0, 0)]
    [TestCase(0, Page, 0, 70_000 / Page * Page)]
    [TestCase(36 * Page, 100, 35 * Page, 150_000 - (35 * Page))]
    public void A_block_is_stored_when_a_small_part_was_read(long offset, int length, long from, int stored)
    {
        var asked = new List<(ulong Node, long Offset, int Length)>();
        new BlocksAhead((node, start, count) => asked.Add((node, start, count))).NoteRead(7, new Blocks(70_000, 150_000), offset, length);
        Assert.That(asked, Is.EqualTo(stored == 0 ? [] : new[] { (7ul, from, stored) }));
    }

    [TestCase(8192)]
    [TestCase((1 << 20) + 1)]
    public void A_block_of_few_pages_or_too_many_is_not_stored(int blockLength) =>
        new BlocksAhead((_, _, _) => Assert.Fail()).NoteRead(7, new Blocks(blockLength, 2L * blockLength), 0, Page);

    [Test]
    public void What_is_not_compressed_is_not_stored() =>
        new BlocksAhead((_, _, _) => Assert.Fail()).NoteRead(7, new MemorySource(new byte[100_000]), 0, Page);

    [Test]
    public void A_part_waits_once_and_no_more_than_there_is_room_for()
    {
        var queue = new PartQueue();
        for (int i = 0; i < PartQueue.Capacity; i++)
        {
            Assert.That(queue.TryAdd(new FilePart(1, i * Page, Page)), Is.True);
            Assert.That(queue.TryAdd(new FilePart(1, i * Page, Page)), Is.False);
        }

        Assert.That(queue.TryAdd(new FilePart(2, 0, Page)), Is.False);
        for (int i = 0; i < PartQueue.Capacity; i++)
        {
            Assert.That(queue.TryPeek(out FilePart part), Is.True);
            Assert.That(part, Is.EqualTo(new FilePart(1, i * Page, Page)));
            queue.Remove();
        }

        Assert.That(queue.TryPeek(out _), Is.False);
        Assert.That(queue.TryAdd(new FilePart(2, 0, Page)), Is.True);
    }

    private sealed class Blocks(int blockLength, long length) : PiecedSource
    {
        public override long Length => length;

        protected override Piece Find(long offset)
        {
            (long number, long within) = Math.DivRem(offset, blockLength);
            return Piece.Encoded(MemorySource.Empty, number, 1, Codecs.Zlib, within, blockLength, Math.Min(blockLength - within, length - offset));
        }
    }
}
