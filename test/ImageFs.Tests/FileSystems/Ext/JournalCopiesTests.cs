using ImageFs.FileSystems.Ext.Journal;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>What a log has for each block: the last word counts, and memory is bounded.</summary>
public sealed class JournalCopiesTests
{
    private const int EntrySize = 16;

    private static List<(ulong Block, uint LogBlock, bool IsEscaped, bool IsDamaged)> All(JournalCopies copies)
    {
        var all = new List<(ulong, uint, bool, bool)>();
        for (int i = 0; i < copies.Count; i++)
        {
            ulong block = copies.Get(i, out uint logBlock, out bool isEscaped, out bool isDamaged);
            all.Add((block, logBlock, isEscaped, isDamaged));
        }

        return all;
    }

    [Test]
    public void The_last_word_on_a_block_counts_and_what_was_not_committed_does_not()
    {
        var copies = new JournalCopies();
        copies.Add(7, 100, isEscaped: false, isDamaged: true);
        copies.Add(5, 101, isEscaped: true, isDamaged: false);
        copies.Add(6, 102, isEscaped: false, isDamaged: false);
        copies.Add(7, 90, isEscaped: false, isDamaged: false);
        copies.Revoke(6);
        copies.Revoke(9);
        copies.Commit();
        copies.Revoke(8);
        copies.Add(8, 103, isEscaped: false, isDamaged: true);
        copies.Commit();
        copies.Add(5, 104, isEscaped: false, isDamaged: false);
        copies.Revoke(7);
        copies.Finish();
        Assert.That(All(copies), Is.EqualTo(new[] { (5ul, 101u, true, false), (7ul, 90u, false, false), (8ul, 103u, false, true) }));
        Assert.That(new[] { 0ul, 5ul, 6ul, 8ul, 9ul }.Select(copies.Find), Is.EqualTo(new[] { 0, 0, 1, 2, 3 }));
    }

    [Test]
    public void What_is_written_again_and_again_takes_no_more_memory()
    {
        const int Room = 4096;
        var copies = new JournalCopies(maxMemory: Room * EntrySize);
        var expected = new Dictionary<ulong, uint>();
        var random = new Random(1);
        for (uint i = 0; i < 100_000; i++)
        {
            ulong block = (ulong)random.Next(2000);
            if (random.Next(4) == 0)
            {
                copies.Revoke(block);
                expected.Remove(block);
            }
            else
            {
                copies.Add(block, i, isEscaped: false, isDamaged: false);
                expected[block] = i;
            }

            if (i % 100 == 99)
            {
                copies.Commit();
            }
        }

        copies.Finish();
        Assert.That(All(copies).Select(copy => (copy.Block, copy.LogBlock)), Is.EqualTo(expected.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value))));
    }

    [Test]
    public void More_than_there_is_room_for_is_an_error_that_says_so()
    {
        var copies = new JournalCopies(maxMemory: 4096 * EntrySize);
        Assert.That(
            () =>
            {
                for (uint i = 0; i < 5000; i++)
                {
                    copies.Add(i, i, isEscaped: false, isDamaged: false);
                }
            },
            Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("noload"));
    }
}
