using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>
/// Finds where a log ends and where what is in it begins, as Linux does (xlog_find_head, xlog_find_tail). The head is found by the cycles of the
/// blocks, by halving; what was being written when the machine stopped lies right before it, and is left out.
/// </summary>
/// <param name="ring">The log.</param>
/// <param name="hasChecksums">Whether every record has a checksum: of version 5.</param>
/// <param name="uuid">The UUID of the file system.</param>
internal sealed class LogEnds(LogRing ring, bool hasChecksums, byte[] uuid)
{
    // XLOG_MAX_ICLOGS, XLOG_MAX_RECORD_BSHIFT: so many records may be on their way at once.
    private const int MaxInFlight = 8;
    private const int MaxRecordBlocks = RecordHeader.MaxLength / RecordHeader.BlockSize;

    private const byte UnmountFlag = 0x20;
    private const int FlagsOffset = 9;
    private const int ChunkBlocks = 256;

    /// <summary>The block after the last one that counts.</summary>
    public long Head { get; private set; }

    /// <summary>The first block that counts; the <see cref="Head"/> when nothing does.</summary>
    public long Tail { get; private set; }

    /// <summary>Whether there is nothing to recover.</summary>
    public bool IsClean => Head == Tail;

    /// <summary>Looks for both.</summary>
    /// <exception cref="ImageException">The log is damaged, or cannot be read.</exception>
    public void Find()
    {
        uint first = ring.CycleOf(0);
        if (first == 0)
        {
            // Nothing was ever written.
            return;
        }

        uint last = ring.CycleOf(ring.Blocks - 1);
        Head = last == 0 ? FindZeros() : FindHead(first, last);
        Head %= ring.Blocks;
        long? record = FindRecordBefore(Head, ring.Blocks);
        if (record is null)
        {
            throw Damaged(Head, "no record is before its end");
        }

        if (!TryFindTail(record.Value))
        {
            if (CheckNewest(record.Value) is { } newest && !IsClean)
            {
                PassOverwritten(newest);
            }
        }
    }

    // The cycle of the head is that of the first block, and what follows it has the one before.
    private long FindHead(uint first, uint last)
    {
        long head = first == last ? ring.Blocks : FindFirst(0, ring.Blocks - 1, last);
        uint stop = first == last ? last - 1 : last;
        long scanned = Math.Min(ring.Blocks, (long)MaxInFlight * MaxRecordBlocks);
        if (head >= scanned)
        {
            return LeaveOutPart(FindCycle(head - scanned, scanned, stop) ?? head);
        }

        long wrapped = scanned - head;
        return LeaveOutPart(
            FindCycle(ring.Blocks - wrapped, wrapped, stop - 1)
            ?? FindCycle(0, head, stop)
            ?? head);
    }

    // The log was never full: behind its end are zeros.
    private long FindZeros()
    {
        long head = FindFirst(0, ring.Blocks - 1, 0);
        long scanned = Math.Min(head, (long)MaxInFlight * MaxRecordBlocks);
        return LeaveOutPart(FindCycle(head - scanned, scanned, 0) ?? head);
    }

    // The first block of a cycle, where the last one has it and the first has not.
    private long FindFirst(long low, long high, uint cycle)
    {
        while (high - low > 1)
        {
            long middle = (low + high) / 2;
            if (ring.CycleOf(middle) == cycle)
            {
                high = middle;
            }
            else
            {
                low = middle;
            }
        }

        return high;
    }

    // Writes that were on their way may have come in any order: the first of a cycle that should not be there.
    private long? FindCycle(long start, long count, uint cycle)
    {
        byte[] buffer = new byte[ChunkBlocks * RecordHeader.BlockSize];
        for (long done = 0; done < count; done += ChunkBlocks)
        {
            int blocks = (int)Math.Min(ChunkBlocks, count - done);
            Span<byte> part = buffer.AsSpan(0, blocks * RecordHeader.BlockSize);
            ring.Read(start + done, part);
            for (int i = 0; i < blocks; i++)
            {
                ReadOnlySpan<byte> block = part[(i * RecordHeader.BlockSize)..];
                uint word = BinaryPrimitives.ReadUInt32BigEndian(block);
                if ((word == RecordHeader.MagicNumber ? BinaryPrimitives.ReadUInt32BigEndian(block[sizeof(uint)..]) : word) == cycle)
                {
                    return start + done + i;
                }
            }
        }

        return null;
    }

    // The last record may be there in part.
    private long LeaveOutPart(long head)
    {
        long limit = Math.Min(ring.Blocks, MaxRecordBlocks + MaxInFlight);
        if (FindRecordBefore(head % ring.Blocks, limit) is not { } record)
        {
            throw Damaged(head % ring.Blocks, "no record is before its end");
        }

        RecordHeader header = ReadHeader(record, new byte[RecordHeader.BlockSize]);
        return ring.From(record, head % ring.Blocks) == header.Blocks ? head : record;
    }

    private RecordHeader ReadHeader(long block, Span<byte> buffer)
    {
        ring.Read(block, buffer);
        var header = new RecordHeader(buffer);
        return header.FindProblem() is { } problem ? throw Damaged(block, $"a record's header is damaged: {problem}") : header;
    }

    // The last block before another that begins a record.
    private long? FindRecordBefore(long end, long limit)
    {
        byte[] buffer = new byte[ChunkBlocks * RecordHeader.BlockSize];
        for (long done = 0; done < limit; done += ChunkBlocks)
        {
            int blocks = (int)Math.Min(ChunkBlocks, limit - done);
            long start = ring.After(end, ring.Blocks - done - blocks);
            Span<byte> part = buffer.AsSpan(0, blocks * RecordHeader.BlockSize);
            ring.Read(start, part);
            for (int i = blocks - 1; i >= 0; i--)
            {
                if (new RecordHeader(part[(i * RecordHeader.BlockSize)..]).IsThere)
                {
                    return ring.After(start, i);
                }
            }
        }

        return null;
    }

    // Where what counts begins, as the last record says; a record that says that the file system was unmounted leaves nothing.
    private bool TryFindTail(long record)
    {
        byte[] bytes = new byte[RecordHeader.BlockSize];
        RecordHeader header = ReadHeader(record, bytes);
        if (header.FindStranger(uuid) is { } stranger)
        {
            throw Damaged(record, stranger);
        }

        if (header.Operations == 1 && ring.After(record, header.Blocks) == Head)
        {
            byte[] first = new byte[RecordHeader.BlockSize];
            ring.Read(ring.After(record, header.HeaderBlocks), first);
            if ((first[FlagsOffset] & UnmountFlag) != 0)
            {
                Tail = Head;
                return true;
            }
        }

        Tail = header.Tail.Block < ring.Blocks
            ? header.Tail.Block
            : throw Damaged(record, $"its last record says that the log begins at block {header.Tail.Block} of {ring.Blocks}");
        return false;
    }

    // Of the records that may have been on their way the first that is not whole ends the log (xlog_verify_head). The last record that counts; null
    // when that leaves nothing to recover.
    private long? CheckNewest(long record)
    {
        long first = Head;
        for (int i = 0; i < MaxInFlight && first != Tail; i++)
        {
            if (FindRecordBefore(first, Math.Min(ring.From(Tail, first), ring.Blocks)) is not { } earlier)
            {
                break;
            }

            first = earlier;
        }

        long? before = null;
        byte[] buffer = new byte[(MaxRecordBlocks + MaxInFlight) * RecordHeader.BlockSize];
        for (long block = first; block != Head;)
        {
            long blocks = CheckRecord(block, buffer);
            if (blocks == 0)
            {
                long last = before ?? FindRecordBefore(block, ring.Blocks) ?? throw Damaged(block, "its only record is damaged");
                Head = block;
                return TryFindTail(last) ? null : last;
            }

            before = block;
            block = ring.After(block, blocks);
        }

        return before ?? record;
    }

    // Blocks of the record that begins there; 0 when it is not whole.
    private long CheckRecord(long block, byte[] buffer)
    {
        ring.Read(block, buffer.AsSpan(0, RecordHeader.BlockSize));
        var header = new RecordHeader(buffer);
        if (header.FindProblem() is not null || header.Blocks > ring.From(block, Head))
        {
            return 0;
        }

        long blocks = header.Blocks;
        Span<byte> whole = buffer.AsSpan(0, (int)blocks * RecordHeader.BlockSize);
        ring.Read(block, whole);
        return (header.Checksum != 0 || hasChecksums) && !header.IsIntact(whole) ? 0 : blocks;
    }

    // A write that did not come to its end may have gone over the oldest records, which were written elsewhere by then: those that are damaged and
    // so near to the end are passed over (xlog_verify_tail).
    private void PassOverwritten(long newest)
    {
        byte[] buffer = new byte[(MaxRecordBlocks + MaxInFlight) * RecordHeader.BlockSize];
        RecordHeader header = ReadHeader(newest, buffer.AsSpan(0, RecordHeader.BlockSize));
        long near = MaxInFlight * (Math.Max(header.BufferSize, RecordHeader.MinBufferSize) / RecordHeader.BlockSize);
        Tail = FindRecordFrom(Tail);
        for (long block = Tail; block != Head && ring.From(Head, block) <= near;)
        {
            long blocks = CheckRecord(block, buffer);
            block = blocks == 0 ? FindRecordFrom(ring.After(block, 1)) : ring.After(block, blocks);
            Tail = blocks == 0 ? block : Tail;
        }
    }

    // The first block from one on that begins a record.
    private long FindRecordFrom(long block)
    {
        Span<byte> bytes = stackalloc byte[RecordHeader.BlockSize];
        for (long next = block; next != Head; next = ring.After(next, 1))
        {
            ring.Read(next, bytes);
            if (new RecordHeader(bytes).IsThere)
            {
                return next;
            }
        }

        throw Damaged(block, "no record is between its beginning and its end");
    }

    private InvalidImageException Damaged(long block, string problem) =>
        new("log", ring.AddressOf(block), $"{problem}; -o norecovery leaves the log alone", RecordHeader.Clause);
}
