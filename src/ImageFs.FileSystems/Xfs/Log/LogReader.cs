using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>Reads the records of a log, one after the other, and hands out the operations in them.</summary>
/// <param name="ring">The log.</param>
/// <param name="tail">The first block that counts.</param>
/// <param name="head">The block after the last one.</param>
/// <param name="hasChecksums">Whether every record has a checksum: of version 5.</param>
/// <param name="uuid">The UUID of the file system.</param>
internal sealed class LogReader(LogRing ring, long tail, long head, bool hasChecksums, byte[] uuid)
{
    /// <summary>Where operations are specified.</summary>
    public const string Clause = "xlog_op_header";

    private const int HeaderSize = 12;
    private const byte TransactionClient = 0x69;
    private const byte LogClient = 0xAA;

    private readonly byte[] _record = new byte[RecordHeader.MaxLength + (16 * RecordHeader.BlockSize)];

    /// <summary>Reads all records.</summary>
    /// <param name="take">Takes each operation of a transaction.</param>
    /// <exception cref="ImageException">The log is damaged, or cannot be read.</exception>
    public void Read(OperationTaker take)
    {
        for (long block = tail; block != head;)
        {
            block = ring.After(block, ReadRecord(block, take));
        }
    }

    /// <summary>Where a block of the log is on its device, in bytes.</summary>
    public long AddressOf(long block) => ring.AddressOf(block);

    /// <summary>The error of what is in the log.</summary>
    public InvalidImageException Damaged(long block, string problem) =>
        new("log", ring.AddressOf(block), $"{problem}; -o norecovery leaves the log alone", Clause);

    private long ReadRecord(long block, OperationTaker take)
    {
        ring.Read(block, _record.AsSpan(0, RecordHeader.BlockSize));
        var header = new RecordHeader(_record);
        string? problem = header.FindProblem() ?? header.FindStranger(uuid);
        if (problem is not null || header.Blocks > ring.From(block, head))
        {
            throw Damaged(block, problem ?? "a record goes beyond the end of what was written");
        }

        long blocks = header.Blocks;
        ring.Read(block, _record.AsSpan(0, (int)blocks * RecordHeader.BlockSize));
        if ((hasChecksums || header.Checksum != 0) && !header.IsIntact(_record))
        {
            throw Damaged(block, "the checksum of a record is wrong");
        }

        int headers = header.HeaderBlocks;
        Span<byte> data = _record.AsSpan(headers * RecordHeader.BlockSize, (int)header.Length);
        PutWordsBack(headers, data);
        ReadOperations(block, header, data, take);
        return blocks;
    }

    // The first word of each block was the cycle's, and its own is in the headers.
    private void PutWordsBack(int headers, Span<byte> data)
    {
        for (int i = 0; i * RecordHeader.BlockSize < data.Length; i++)
        {
            int header = i / RecordHeader.WordsInHeader;
            if (header >= headers)
            {
                return;
            }

            int start = (header * RecordHeader.BlockSize) + (header == 0 ? RecordHeader.WordsOffset : RecordHeader.MoreWordsOffset);
            Span<byte> block = data[(i * RecordHeader.BlockSize)..];
            _record.AsSpan(start + (i % RecordHeader.WordsInHeader * sizeof(uint)), Math.Min(sizeof(uint), block.Length)).CopyTo(block);
        }
    }

    private void ReadOperations(long block, RecordHeader header, ReadOnlySpan<byte> data, OperationTaker take)
    {
        for (uint i = 0; i < header.Operations; i++)
        {
            if (data.Length < HeaderSize)
            {
                throw Damaged(block, $"a record has {i} of its {header.Operations} operations");
            }

            uint transaction = BinaryPrimitives.ReadUInt32BigEndian(data);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
            byte client = data[8];
            var flags = (OperationFlags)data[9];
            data = data[HeaderSize..];
            if (length > data.Length || client is not (TransactionClient or LogClient))
            {
                throw Damaged(block, $"operation {i} of a record has {length} bytes of {data.Length}, and is of client 0x{client:X2}");
            }

            take(new Operation(block, header.Place, transaction, flags, data[..(int)length]));
            data = data[(int)length..];
        }
    }
}

/// <summary>Takes an operation.</summary>
internal delegate void OperationTaker(in Operation operation);

/// <summary>oh_flags: what an operation is of its transaction.</summary>
[Flags]
internal enum OperationFlags : byte
{
    None = 0,
    Start = 1,
    Commit = 2,

    /// <summary>The region goes on in the next record.</summary>
    Continues = 4,

    /// <summary>The region began in the last record.</summary>
    Continued = 8,
    End = 0x10,
    Unmount = 0x20,
}

/// <summary>An operation: a region that a transaction logged, or part of one (xlog_op_header).</summary>
/// <param name="block">The block of its record.</param>
/// <param name="place">The log sequence number of its record.</param>
/// <param name="transaction">oh_tid: which transaction it is of.</param>
/// <param name="flags">oh_flags.</param>
/// <param name="region">The bytes of the region.</param>
internal readonly ref struct Operation(long block, LogPlace place, uint transaction, OperationFlags flags, ReadOnlySpan<byte> region)
{
    /// <summary>The block of its record in the log.</summary>
    public long Block { get; } = block;

    /// <summary>The log sequence number of its record.</summary>
    public LogPlace Place { get; } = place;

    /// <summary>oh_tid: which transaction it is of.</summary>
    public uint Transaction { get; } = transaction;

    /// <summary>oh_flags.</summary>
    public OperationFlags Flags { get; } = flags;

    /// <summary>The bytes of the region.</summary>
    public ReadOnlySpan<byte> Region { get; } = region;
}
