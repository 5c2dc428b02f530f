using System.Buffers.Binary;
using ImageFs.FileSystems.Xfs.Log;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems.Xfs.Log;

/// <summary>A log of version 2 that is written record by record, as a driver does it (xlog_sync).</summary>
/// <param name="blocks">Its blocks of 512 bytes.</param>
/// <param name="uuid">The UUID of the file system; null for one of no image.</param>
internal sealed class LogBytes(int blocks, byte[]? uuid = null)
{
    public const int BlockSize = 512;

    public static readonly byte[] Uuid = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    private const int OperationHeader = 12;
    private const int WordsAt = 44;
    private const int ChecksumAt = 32;
    private const int HeaderSize = 328;

    /// <summary>What is on the device.</summary>
    public byte[] Bytes { get; } = new byte[blocks * BlockSize];

    /// <summary>The block that the next record begins in.</summary>
    public int Next { get; private set; }

    /// <summary>How often the log was begun.</summary>
    public uint Cycle { get; private set; } = 1;

    /// <summary>Writes a record.</summary>
    /// <param name="tail">The block that is the oldest that counts.</param>
    /// <param name="operations">What is in it.</param>
    /// <returns>The block that it begins in.</returns>
    public int Add(int tail, params (uint Transaction, OperationFlags Flags, byte[] Region)[] operations)
    {
        int length = operations.Sum(operation => OperationHeader + operation.Region.Length);
        int data = (length + BlockSize - 1) / BlockSize * BlockSize;
        byte[] record = new byte[BlockSize + data];
        int at = BlockSize;
        foreach ((uint transaction, OperationFlags flags, byte[] region) in operations)
        {
            BinaryPrimitives.WriteUInt32BigEndian(record.AsSpan(at), transaction);
            BinaryPrimitives.WriteInt32BigEndian(record.AsSpan(at + 4), region.Length);
            record[at + 8] = 0x69;
            record[at + 9] = (byte)flags;
            region.CopyTo(record, at + OperationHeader);
            at += OperationHeader + region.Length;
        }

        Put(record, 0, 0xFEEDBABE);
        Put(record, 4, Cycle);
        Put(record, 8, 2);
        Put(record, 12, (uint)data);
        Put(record, 16, Cycle);
        Put(record, 20, (uint)Next);
        Put(record, 24, tail > Next ? Cycle - 1 : Cycle);
        Put(record, 28, (uint)tail);
        Put(record, 40, (uint)operations.Length);
        Put(record, 300, 1);
        (uuid ?? Uuid).CopyTo(record, 304);
        Put(record, 320, 32 * 1024);
        for (int i = 1; i < record.Length / BlockSize; i++)
        {
            record.AsSpan(i * BlockSize, 4).CopyTo(record.AsSpan(WordsAt + ((i - 1) * 4)));

            // What goes on at the start of the log is of the next cycle.
            Put(record, i * BlockSize, Next + i < blocks ? Cycle : Cycle + 1);
        }

        uint crc = Crc32C.AppendWithout(Crc32C.Initial, record.AsSpan(0, HeaderSize), ChecksumAt, sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(ChecksumAt), ~Crc32C.Append(crc, record.AsSpan(BlockSize)));
        int start = Next;
        for (int i = 0; i < record.Length; i += BlockSize)
        {
            record.AsSpan(i, BlockSize).CopyTo(Bytes.AsSpan(Next * BlockSize));
            Next = (Next + 1) % blocks;
            Cycle += Next == 0 ? 1u : 0;
        }

        return start;
    }

    /// <summary>Writes a record with a transaction of its own, which logs one item in one region.</summary>
    public int AddTransaction(int tail, uint number, int length = 100) => Add(
        tail,
        (number, OperationFlags.Start, []),
        (number, OperationFlags.None, Header()),
        (number, OperationFlags.None, Item(number, length)),
        (number, OperationFlags.Commit, []));

    /// <summary>Writes a record with a transaction of its own of items, each of them its regions.</summary>
    public int AddItems(int tail, uint number, params byte[][][] items) => Add(
        tail,
        [
            (number, OperationFlags.Start, []),
            (number, OperationFlags.None, Header()),
            .. items.SelectMany(item => item).Select(region => (number, OperationFlags.None, region)),
            (number, OperationFlags.Commit, Array.Empty<byte>()),
        ]);

    /// <summary>The header of a transaction (xfs_trans_header).</summary>
    public static byte[] Header()
    {
        byte[] header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x5452414E);
        return header;
    }

    /// <summary>The format of an item of one region, which tells a number.</summary>
    public static byte[] Item(uint number, int length)
    {
        byte[] item = [.. Enumerable.Range(0, length).Select(i => (byte)((i + number) % 251))];
        BinaryPrimitives.WriteUInt16LittleEndian(item, (ushort)LogItemType.QuotaOff);
        BinaryPrimitives.WriteUInt16LittleEndian(item.AsSpan(2), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(item.AsSpan(4), number);
        return item;
    }

    /// <summary>Where a log begins and ends that these bytes are.</summary>
    public static (long Tail, long Head) FindEnds(byte[] bytes, bool hasChecksums = true)
    {
        var ends = new LogEnds(RingOf(bytes), hasChecksums, Uuid);
        ends.Find();
        return (ends.Tail, ends.Head);
    }

    /// <summary>The numbers of the items that are recovered, in their order; none of a clean log.</summary>
    public static List<uint> Read(byte[] bytes, Action<LogItem>? check = null, bool hasChecksums = true)
    {
        var numbers = new List<uint>();
        (long tail, long head) = FindEnds(bytes, hasChecksums);
        if (tail != head)
        {
            new LogTransactions(new LogReader(RingOf(bytes), tail, head, hasChecksums, Uuid)).Read((items, _) =>
            {
                foreach (LogItem item in items)
                {
                    check?.Invoke(item);
                    numbers.Add(item.Format.Length < 8 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(item.Format[4..]));
                }
            });
        }

        return numbers;
    }

    private static LogRing RingOf(byte[] bytes) => new(new MemorySource(bytes), 0, bytes.Length / BlockSize);

    private static void Put(byte[] record, int at, uint value) => BinaryPrimitives.WriteUInt32BigEndian(record.AsSpan(at), value);
}
