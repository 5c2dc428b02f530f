using System.Buffers.Binary;
using System.Diagnostics;
using ImageFs.FileSystems.Xfs.Log;
using ImageFs.Storage;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.FileSystems.Xfs.Log;

/// <summary>Logs written here record by record: where they begin and end, and which transactions they hold.</summary>
internal sealed class LogTests
{
    // Larger than all that can be on its way at once.
    private const int Blocks = 8192;

    // Of a transaction with an item of 4000 bytes.
    private const int RecordBlocks = 9;

    [Test]
    public void A_log_of_zeros_is_clean() => Assert.That(LogBytes.FindEnds(new byte[Blocks * LogBytes.BlockSize]), Is.EqualTo((0L, 0L)));

    [Test]
    public void A_log_that_ends_with_an_unmount_is_clean()
    {
        var log = new LogBytes(Blocks);
        log.AddTransaction(0, 1);
        log.Add(log.Next, (7, OperationFlags.Unmount, new byte[8]));
        Assert.That(LogBytes.FindEnds(log.Bytes), Is.EqualTo(((long)log.Next, (long)log.Next)));
    }

    [Test]
    public void What_is_committed_after_the_tail_counts()
    {
        var log = new LogBytes(Blocks);
        log.AddTransaction(0, 1);
        int tail = log.AddTransaction(0, 2);
        log.AddTransaction(tail, 3, 2000);
        log.Add(tail, (4, OperationFlags.Start, []), (4, OperationFlags.None, LogBytes.Header()), (4, OperationFlags.None, LogBytes.Item(4, 50)));
        Assert.That(LogBytes.Read(log.Bytes), Is.EqualTo((uint[])[2, 3]));
    }

    [Test]
    public void Regions_and_headers_go_on_over_records()
    {
        byte[] header = LogBytes.Header();
        byte[] item = LogBytes.Item(9, 3000);
        var log = new LogBytes(Blocks);
        log.Add(0, (9, OperationFlags.Start, []), (9, OperationFlags.Continues, header[..10]));
        log.Add(0, (9, OperationFlags.Continued | OperationFlags.End, header[10..]), (9, OperationFlags.Continues, item[..700]));
        log.Add(0, (9, OperationFlags.Continued | OperationFlags.Continues, item[700..2000]));
        log.Add(0, (9, OperationFlags.Continued | OperationFlags.End, item[2000..]), (9, OperationFlags.Commit, []));
        byte[] region = [];
        Assert.That(LogBytes.Read(log.Bytes, found => region = found.Format.ToArray()), Is.EqualTo((uint[])[9]));
        Assert.That(region, Is.EqualTo(item));
    }

    [Test]
    public void Transactions_lie_between_each_other()
    {
        var log = new LogBytes(Blocks);
        log.Add(0, (1, OperationFlags.Start, []), (2, OperationFlags.Start, []), (1, OperationFlags.None, LogBytes.Header()), (2, OperationFlags.None, LogBytes.Header()));
        log.Add(0, (2, OperationFlags.None, LogBytes.Item(2, 20)), (1, OperationFlags.None, LogBytes.Item(1, 20)), (2, OperationFlags.Commit, []), (1, OperationFlags.Commit, []));
        Assert.That(LogBytes.Read(log.Bytes), Is.EqualTo((uint[])[2, 1]));
    }

    // A record of each length lies over the end of the log, or ends or begins right there.
    [Test]
    public void A_log_goes_round([Range(0, 9)] int first)
    {
        var log = new LogBytes(Blocks);
        uint number = 1;
        log.AddTransaction(0, number, 100 + (first * 512));
        var starts = new Dictionary<uint, int>();
        while (log.Cycle < 4 || log.Next < 100)
        {
            number++;
            starts[number] = log.AddTransaction(OldestOf(starts, number), number, 4000);
        }

        Assert.That(LogBytes.FindEnds(log.Bytes), Is.EqualTo(((long)starts[number - 30], (long)log.Next)));
        Assert.That(LogBytes.Read(log.Bytes), Is.EqualTo(Enumerable.Range((int)number - 30, 31)));
    }

    // Of the newest record the header, its middle, its end.
    [Test]
    public void A_record_that_was_not_written_whole_ends_the_log([Values(0, 1, 4, 8)] int lost, [Values(1, 3)] int cycles, [Values] bool hasOldBytes)
    {
        LogBytes log = Filled(cycles, out uint number, out Dictionary<uint, int> starts);
        int at = starts[number] + lost;
        Span<byte> block = log.Bytes.AsSpan(at * LogBytes.BlockSize, LogBytes.BlockSize);
        if (hasOldBytes)
        {
            // What was there before: of the cycle before, and no header.
            block.Clear();
            BinaryPrimitives.WriteInt32BigEndian(block, cycles - 1);
        }
        else
        {
            block[100] ^= 1;
        }

        Assert.That(LogBytes.FindEnds(log.Bytes).Head, Is.EqualTo(starts[number]));
        Assert.That(LogBytes.Read(log.Bytes), Is.EqualTo(Enumerable.Range((int)number - 31, 31)));
    }

    [Test]
    public void A_newest_record_whose_header_is_damaged_ends_the_log([Values(8, 12, 320)] int offset)
    {
        LogBytes log = Filled(3, out uint number, out Dictionary<uint, int> starts);
        log.Bytes[(starts[number - 1] * LogBytes.BlockSize) + offset] = 0xEE;
        Assert.That(LogBytes.FindEnds(log.Bytes).Head, Is.EqualTo(starts[number - 1]));
    }

    [Test]
    public void A_record_that_is_damaged_long_before_the_end_is_told()
    {
        LogBytes log = Filled(1, out uint number, out Dictionary<uint, int> starts);
        log.Bytes[(starts[number - 20] * LogBytes.BlockSize) + 1000] ^= 1;
        Assert.That(() => LogBytes.Read(log.Bytes), Throws.TypeOf<InvalidImageException>().With.Message.Contains("norecovery"));
    }

    // What was being written when the machine stopped went over the oldest records, which were written elsewhere by then: over the header of the
    // oldest, or only over its end.
    [Test]
    public void Oldest_records_that_were_written_over_are_passed_over([Values] bool isWhole, [Values] bool hasChecksums)
    {
        LogBytes log = Filled(3, out uint number, out Dictionary<uint, int> starts);
        int next = log.Next + RecordBlocks;
        uint oldest = starts.Where(start => start.Key + 500 < number && start.Value >= next).MinBy(start => start.Value).Key;
        starts[++number] = log.AddTransaction(starts[oldest], number, 4000);
        Assert.That(log.Next, Is.EqualTo(next));
        Assert.That(starts[oldest] - next, Is.LessThan(RecordBlocks - 1));
        byte[] before = [.. log.Bytes];
        log.AddTransaction(starts[oldest + 2], number + 1, 4000);
        log.Bytes[((log.Next - 1) * LogBytes.BlockSize) + 100] ^= 1;
        if (!isWhole)
        {
            int kept = (starts[oldest] + 1) * LogBytes.BlockSize;
            before.AsSpan(0, kept).CopyTo(log.Bytes);
        }

        Assert.That(LogBytes.FindEnds(log.Bytes, hasChecksums), Is.EqualTo(((long)starts[oldest + 1], (long)next)));
        Assert.That(LogBytes.Read(log.Bytes, null, hasChecksums), Is.EqualTo(Enumerable.Range((int)oldest + 1, (int)(number - oldest))));
    }

    [Test]
    public void The_log_of_another_file_system_is_told()
    {
        LogBytes log = Filled(1, out uint number, out Dictionary<uint, int> starts);
        log.Bytes[(starts[number] * LogBytes.BlockSize) + 304] ^= 1;
        log.Bytes.AsSpan((starts[number] * LogBytes.BlockSize) + 32, 4).Clear();
        Assert.That(() => LogBytes.FindEnds(log.Bytes, hasChecksums: false), Throws.TypeOf<InvalidImageException>().With.Message.Contains("UUID"));
    }

    [Test]
    public void The_log_of_a_machine_of_another_byte_order_is_refused()
    {
        LogBytes log = Filled(1, out uint number, out Dictionary<uint, int> starts);
        log.Bytes[(starts[number] * LogBytes.BlockSize) + 303] = 2;
        Assert.That(() => LogBytes.FindEnds(log.Bytes), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("byte order"));
    }

    [Test]
    public void A_changed_log_gives_errors_of_the_image_only([Values] bool hasChecksums)
    {
        LogBytes log = Filled(2, out uint number, out Dictionary<uint, int> starts);
        int[] places = [.. starts.Values.TakeLast(40)];
        var random = new Random(18);
        var tally = new MutantTally();
        for (int round = 0; round < 100; round++)
        {
            byte[] bytes = [.. log.Bytes];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                int block = places[random.Next(places.Length)] + random.Next(3);
                bytes[(block * LogBytes.BlockSize) + random.Next(random.Next(2) == 0 ? 48 : 330)] = (byte)random.Next(256);
            }

            if (!hasChecksums)
            {
                foreach (int place in places)
                {
                    bytes.AsSpan((place * LogBytes.BlockSize) + 32, 4).Clear();
                }
            }

            var clock = Stopwatch.StartNew();
            tally.Next();
            MutantWalk.Try(() =>
            {
                LogBytes.FindEnds(bytes, hasChecksums);
                tally.NoteOpened();
                LogBytes.Read(bytes, null, hasChecksums);
                tally.NoteRead();
            });
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)), $"round {round}");
        }

        tally.AssertShares(opened: 20, read: 5);
    }

    // 31 transactions count, in records of nine blocks; the log was gone through so often.
    private static LogBytes Filled(int cycles, out uint number, out Dictionary<uint, int> starts)
    {
        var log = new LogBytes(Blocks);
        starts = [];
        number = 0;
        while (log.Cycle < cycles || log.Next < 400)
        {
            number++;
            starts[number] = log.AddTransaction(OldestOf(starts, number), number, 4000);
        }

        return log;
    }

    // The tail of a record: the transaction 30 before its own.
    private static int OldestOf(Dictionary<uint, int> starts, uint number) => number > 30 ? starts.GetValueOrDefault(number - 30) : 0;
}
