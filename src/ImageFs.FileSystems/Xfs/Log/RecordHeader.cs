using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>The header of a log record (xlog_rec_header): one block, and of a large record one more for each further 32 KiB of it.</summary>
internal readonly ref struct RecordHeader
{
    /// <summary>Where it is specified.</summary>
    public const string Clause = "xlog_rec_header";

    /// <summary>h_magicno.</summary>
    public const uint MagicNumber = 0xFEEDBABE;

    /// <summary>The block that everything in a log is counted in, in bytes.</summary>
    public const int BlockSize = 512;

    /// <summary>Blocks of which one block of headers keeps the first words.</summary>
    public const int WordsInHeader = 64;

    /// <summary>The most bytes of a record.</summary>
    public const int MaxLength = 256 * 1024;

    /// <summary>The smallest buffer that records are written from, and that of version 1, in bytes.</summary>
    public const int MinBufferSize = 32 * 1024;

    /// <summary>The first words of blocks, in the first header.</summary>
    public const int WordsOffset = 44;

    /// <summary>The same in the headers that follow it.</summary>
    public const int MoreWordsOffset = 4;

    private const int BytesInHeader = WordsInHeader * BlockSize;
    private const int ChecksumOffset = 32;

    // The structure with the padding at its end; that of 32-bit processors has none.
    private const int PaddedSize = 328;
    private const int UnpaddedSize = 324;
    private const int MoreSize = 260;
    private const int Version2 = 2;
    private const uint LittleEndian = 1;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The first block.</param>
    public RecordHeader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Whether a header is there.</summary>
    public bool IsThere => UInt32(0) == MagicNumber;

    /// <summary>h_cycle: how often the log was gone through.</summary>
    public uint Cycle => UInt32(4);

    /// <summary>h_version: 1 or 2.</summary>
    public uint Version => UInt32(8);

    /// <summary>h_len: bytes of the record after its headers.</summary>
    public uint Length => UInt32(12);

    /// <summary>h_lsn: its own place.</summary>
    public LogPlace Place => new(BinaryPrimitives.ReadUInt64BigEndian(_bytes[16..]));

    /// <summary>h_tail_lsn: where the log begins that is not yet written elsewhere.</summary>
    public LogPlace Tail => new(BinaryPrimitives.ReadUInt64BigEndian(_bytes[24..]));

    /// <summary>h_crc; 0 when none was computed.</summary>
    public uint Checksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[ChecksumOffset..]);

    /// <summary>h_num_logops: operations in it.</summary>
    public uint Operations => UInt32(40);

    /// <summary>h_fmt: the byte order of what is in it.</summary>
    public uint ByteOrder => UInt32(300);

    /// <summary>h_fs_uuid.</summary>
    public ReadOnlySpan<byte> Uuid => _bytes.Slice(304, 16);

    /// <summary>h_size: bytes of the buffer that it was written from, of version 2.</summary>
    public uint BufferSize => UInt32(320);

    /// <summary>Blocks of headers: mkfs.xfs writes a wrong h_size, into a record of one operation.</summary>
    public int HeaderBlocks => (Version & Version2) == 0 || BufferSize <= BytesInHeader || (Operations == 1 && Length > BufferSize)
        ? 1
        : (int)((BufferSize + BytesInHeader - 1) / BytesInHeader);

    /// <summary>Blocks of it, with its headers.</summary>
    public long Blocks => HeaderBlocks + (((long)Length + BlockSize - 1) / BlockSize);

    /// <summary>Why it is no header that can be used; null when it can.</summary>
    public string? FindProblem() =>
        !IsThere ? $"its magic number is 0x{UInt32(0):X8}"
        : (Version & ~3u) != 0 || Version == 0 ? $"its version is 0x{Version:X}"
        : Length is 0 or > MaxLength || BufferSize > MaxLength ? $"it is of {Length} bytes, from a buffer of {BufferSize}"
        : null;

    /// <summary>Why what is in it cannot be read; null when it can.</summary>
    /// <param name="uuid">The UUID of the file system.</param>
    /// <exception cref="UnsupportedFeatureException">It is of a machine of another byte order.</exception>
    public string? FindStranger(ReadOnlySpan<byte> uuid)
    {
        if (ByteOrder is not (0 or LittleEndian))
        {
            throw new UnsupportedFeatureException("a log that is not empty, of a machine of another byte order (-o norecovery leaves the log alone)", Clause);
        }

        return Uuid.ContainsAnyExcept((byte)0) && !Uuid.SequenceEqual(uuid) ? "it is of a file system with another UUID" : null;
    }

    /// <summary>Whether the checksum is right.</summary>
    /// <param name="record">The whole record as it lies there, from this header on.</param>
    public bool IsIntact(ReadOnlySpan<byte> record) => IsIntact(record, PaddedSize) || IsIntact(record, UnpaddedSize);

    private bool IsIntact(ReadOnlySpan<byte> record, int headerSize)
    {
        uint crc = Crc32C.AppendWithout(Crc32C.Initial, record[..headerSize], ChecksumOffset, sizeof(uint));
        int withWords = (int)((Length + BytesInHeader - 1) / BytesInHeader);
        for (int i = 1; i < Math.Min(withWords, HeaderBlocks); i++)
        {
            crc = Crc32C.Append(crc, record.Slice(i * BlockSize, MoreSize));
        }

        return Checksum == ~Crc32C.Append(crc, record.Slice(HeaderBlocks * BlockSize, (int)Length));
    }

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_bytes[offset..]);
}

/// <summary>A log sequence number (xfs_lsn_t): a place in the log, and how often it was gone through before.</summary>
/// <param name="Value">The cycle in the upper half, the block in the lower.</param>
internal readonly record struct LogPlace(ulong Value) : IComparable<LogPlace>
{
    /// <summary>How often the log was gone through.</summary>
    public uint Cycle => (uint)(Value >> 32);

    /// <summary>The block, of 512 bytes, from the start of the log.</summary>
    public uint Block => (uint)(Value & uint.MaxValue);

    /// <summary>Whether it says something: neither 0 nor all ones.</summary>
    public bool IsKnown => Value is not (0 or ulong.MaxValue);

    /// <inheritdoc/>
    public int CompareTo(LogPlace other) => Value.CompareTo(other.Value);
}
