using System.Buffers.Binary;
using System.IO.Hashing;
using ImageFs.Storage.Containers.Packed;

namespace ImageFs.Storage.Containers.Xz;

/// <summary>A stream of an .xz file, as the index at its end tells it (The .xz File Format 4).</summary>
internal sealed class XzStreamIndex
{
    private const string Clause = "The .xz File Format 4";

    // As many parts as there may be, of records that are as long as they can be.
    private const long MaxIndexLength = 80 << 20;
    private const int MaxStreams = 1 << 16;
    private const int PieceLength = 4096;

    private readonly byte[] _index;

    private XzStreamIndex(byte[] index, long start, long blocksEnd, byte check)
    {
        _index = index;
        Start = start;
        BlocksEnd = blocksEnd;
        Check = check;
    }

    /// <summary>Where it begins in the file.</summary>
    public long Start { get; }

    /// <summary>What checks its blocks (2.1.1.2).</summary>
    public byte Check { get; }

    private long BlocksEnd { get; }

    /// <summary>Reads the indexes of all streams, the last first, and gives them in their order.</summary>
    /// <exception cref="ImageException">One is damaged, or the file has no end.</exception>
    public static List<XzStreamIndex> ReadAll(BlockSource source)
    {
        var streams = new List<XzStreamIndex>();
        for (long end = SkipPadding(source, source.Length); end > 0; end = SkipPadding(source, end))
        {
            if (streams.Count == MaxStreams)
            {
                throw new UnsupportedFeatureException($"an xz file of more than {MaxStreams} streams");
            }

            XzStreamIndex stream = Read(source, end);
            streams.Add(stream);
            end = stream.Start;
        }

        streams.Reverse();
        return streams;
    }

    /// <summary>Adds the blocks.</summary>
    /// <exception cref="ImageException">There are too many.</exception>
    public void AddBlocks(PackedParts parts)
    {
        long address = Start + XzFraming.HeaderLength;
        ReadOnlySpan<byte> records = _index.AsSpan(1);
        _ = XzFraming.TryReadNumber(ref records, out long count);
        for (long i = 0; i < count; i++)
        {
            ReadRecord(ref records, BlocksEnd, out long unpadded, out long length);
            parts.Add(length, address, unpadded);
            address += Pad(unpadded);
        }
    }

    /// <summary>What a block takes in the file.</summary>
    public static long Pad(long unpadded) => (unpadded + XzFraming.Alignment - 1) / XzFraming.Alignment * XzFraming.Alignment;

    private static XzStreamIndex Read(BlockSource source, long end)
    {
        long footerAt = end - XzFraming.HeaderLength;
        Span<byte> footer = stackalloc byte[XzFraming.HeaderLength];
        byte check = 0;
        long? indexLength = null;
        if (footerAt >= 0)
        {
            source.ReadAt(footerAt, footer);
            indexLength = XzFraming.ReadFooter(footer, out check);
        }

        if (indexLength is not { } length)
        {
            throw new InvalidImageException("xz footer", Math.Max(footerAt, 0), "there is none: the file is cut short, or something follows it", "The .xz File Format 2.1.2");
        }

        long indexAt = footerAt - length;
        if (length > MaxIndexLength)
        {
            throw new UnsupportedFeatureException($"an xz stream with an index of {length} bytes");
        }

        if (indexAt < XzFraming.HeaderLength)
        {
            throw Damaged(footerAt, $"its {length} bytes would begin before the stream");
        }

        byte[] index = new byte[length];
        source.ReadAt(indexAt, index);
        long start = indexAt - LengthOfBlocks(index, indexAt) - XzFraming.HeaderLength;
        Span<byte> header = stackalloc byte[XzFraming.HeaderLength];
        if (start >= 0)
        {
            source.ReadAt(start, header);
        }

        return start >= 0 && XzFraming.ReadHeader(header) == check
            ? new XzStreamIndex(index, start, indexAt, check)
            : throw new InvalidImageException("xz header", Math.Max(start, 0), "there is no stream where its index says, or one of another check", "The .xz File Format 2.1.1");
    }

    private static long LengthOfBlocks(ReadOnlySpan<byte> index, long address)
    {
        ReadOnlySpan<byte> records = index[1..^sizeof(uint)];
        if (index[0] != 0 || Crc32.HashToUInt32(index[..^sizeof(uint)]) != BinaryPrimitives.ReadUInt32LittleEndian(index[^sizeof(uint)..]))
        {
            throw Damaged(address, "its checksum is wrong");
        }

        if (!XzFraming.TryReadNumber(ref records, out long count) || count > records.Length / 2)
        {
            throw Damaged(address, "it is too short for its records");
        }

        long total = 0;
        for (long i = 0; i < count; i++)
        {
            ReadRecord(ref records, address, out long unpadded, out _);
            total += Pad(unpadded);
            if (total > address)
            {
                throw Damaged(address, $"its blocks, {total} bytes up to number {i}, do not fit before it");
            }
        }

        return records.Length < XzFraming.Alignment && !records.ContainsAnyExcept((byte)0)
            ? total
            : throw Damaged(address, "something follows its records");
    }

    private static void ReadRecord(ref ReadOnlySpan<byte> records, long address, out long unpadded, out long length)
    {
        length = 0;
        if (!XzFraming.TryReadNumber(ref records, out unpadded) || unpadded is < 5 or > long.MaxValue - XzFraming.Alignment
            || !XzFraming.TryReadNumber(ref records, out length))
        {
            throw Damaged(address, "a record is none");
        }
    }

    // Zeros between streams, and after the last (2.2).
    private static long SkipPadding(BlockSource source, long end)
    {
        Span<byte> piece = stackalloc byte[PieceLength];
        while (end > 0)
        {
            int length = (int)Math.Min(PieceLength, end);
            source.ReadAt(end - length, piece[..length]);
            int last = piece[..length].LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
            {
                // In fours: what a footer ends with is no zero.
                return end - ((length - 1 - last) / XzFraming.Alignment * XzFraming.Alignment);
            }

            end -= length;
        }

        return 0;
    }

    private static InvalidImageException Damaged(long address, string problem) => new("xz index", address, problem, Clause);
}
