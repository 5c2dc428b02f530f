using System.Diagnostics;
using ImageFs.FileSystems.Ntfs;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ntfs;

/// <summary>
/// Bytes of file records and index records changed at random, with right update sequences: every answer is an answer or an error of the
/// image, and comes soon.
/// </summary>
internal sealed class MutationTests
{
    private const int Rounds = 80;
    private const int IndexRecordSize = 4096;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void A_changed_image_gives_errors_of_the_image_only(int seed)
    {
        var image = new NtfsImage();
        (int At, int Length)[] records = [.. Records(image.Bytes)];
        Assert.That(records, Has.Length.GreaterThan(500));
        var random = new Random(seed);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            var kept = new Stack<(int At, byte[] Bytes)>();
            for (int i = random.Next(1, 12); i > 0; i--)
            {
                // The first records are those of the system: all hangs on them.
                (int at, int length) = records[random.Next(random.Next(4) == 0 ? 16 : records.Length)];
                Span<byte> record = image.Bytes.AsSpan(at, length);
                kept.Push((at, record.ToArray()));
                if (UpdateSequence.Apply(record) is not null)
                {
                    continue;
                }

                // Most of a record is free at its end.
                for (int j = random.Next(1, 5); j > 0; j--)
                {
                    int place = random.Next(random.Next(2) == 0 ? length / 4 : length);
                    record[place] = random.Next(4) switch { 0 => 0, 1 => 0xFF, 2 => (byte)(record[place] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
                }

                try
                {
                    NtfsImage.Protect(record);
                }
                catch (ArgumentException)
                {
                    // The place of the sequence is what was changed.
                }
            }

            tally.Next();
            var since = Stopwatch.StartNew();
            MutantWalk.Try(() =>
            {
                FileSystem fileSystem = image.Open("showmeta");
                tally.NoteOpened();
                MutantWalk.Run(fileSystem, tally);
                if (round % 4 == 0)
                {
                    var run = new CheckRun(_ => { }, _ => { });
                    fileSystem.Checks.Structures.ToList().ForEach(check => check.Run?.Invoke(run));
                }
            });
            MutantWalk.Try(() => new NtfsFormat().Identify(new MemorySource(image.Bytes)));
            Assert.That(since.Elapsed, Is.LessThan(s_limit), $"seed {seed}, round {round}");
            while (kept.TryPop(out (int At, byte[] Bytes) piece))
            {
                piece.Bytes.CopyTo(image.Bytes, piece.At);
            }
        }

        tally.AssertShares(opened: 60, read: 50);
    }

    [Test]
    public void An_image_cut_short_anywhere_is_an_error_or_tells_of_it()
    {
        var image = new NtfsImage();
        byte[] whole = image.Bytes;
        for (int length = 0; length < whole.Length; length += (length / 16) + 113)
        {
            image.Bytes = whole[..length];
            MutantWalk.Try(() => MutantWalk.Run(image.Open(), new MutantTally(), depth: 1, mostNames: 10));
        }
    }

    private static IEnumerable<(int At, int Length)> Records(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length; at += 512)
        {
            int length = bytes.AsSpan(at).StartsWith("FILE"u8) ? NtfsImage.RecordSize : bytes.AsSpan(at).StartsWith("INDX"u8) ? IndexRecordSize : 0;
            if (length > 0 && UpdateSequence.Apply(bytes.AsSpan(at, length).ToArray()) is null)
            {
                yield return (at, length);
            }
        }
    }
}
