using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Zstandard;

/// <summary>A frame as its headers tell it, without decoding it (RFC 8878 3.1).</summary>
/// <param name="Length">Bytes that it takes in the file.</param>
/// <param name="ContentLength">Its bytes, decoded; null when it does not say.</param>
/// <param name="IsSkippable">Whether it holds nothing of the file (3.1.2).</param>
internal readonly record struct FrameWalk(long Length, long? ContentLength, bool IsSkippable)
{
    /// <summary>What a frame begins with.</summary>
    public const uint Magic = 0xFD2FB528;

    /// <summary>Where it is specified.</summary>
    public const string Clause = "RFC 8878 3.1";

    private const uint SkippableMagic = 0x184D2A50;
    private const int MaxHeader = 18;
    private const int BlockHeader = 3;
    private const int RepeatedByte = 1;
    private const int Reserved = 3;
    private const int PieceLength = 64 << 10;

    /// <summary>Whether a frame that begins so is skippable.</summary>
    public static bool IsSkippableMagic(uint magic) => (magic & 0xFFFFFFF0) == SkippableMagic;

    /// <summary>Walks over a frame.</summary>
    /// <param name="source">The file.</param>
    /// <param name="address">Where it begins there.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="TruncatedImageException">The file ends before the frame does.</exception>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="UnsupportedFeatureException">It needs a dictionary.</exception>
    public static FrameWalk? At(BlockSource source, long address)
    {
        Span<byte> header = stackalloc byte[MaxHeader];
        header.Clear();
        int there = (int)Math.Min(MaxHeader, source.Length - address);
        source.ReadAt(address, header[..there]);
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (there < 8)
        {
            return magic == Magic || IsSkippableMagic(magic) ? throw new TruncatedImageException(source.Length, source.Length) : null;
        }

        if (IsSkippableMagic(magic))
        {
            long length = 8L + BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            return length <= source.Length - address ? new FrameWalk(length, 0, true) : throw new TruncatedImageException(address + length, source.Length);
        }

        if (magic != Magic)
        {
            return null;
        }

        byte descriptor = header[4];
        bool isOneSegment = (descriptor & 0x20) != 0;
        if ((descriptor & 0x08) != 0)
        {
            throw new UnsupportedFeatureException($"a zstd frame at 0x{address:X} with the reserved bit", Clause);
        }

        int at = isOneSegment ? 5 : 6;
        int dictionaryLength = (descriptor & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
        if (header.Slice(at, dictionaryLength).ContainsAnyExcept((byte)0))
        {
            throw new UnsupportedFeatureException($"a zstd frame at 0x{address:X} that needs a dictionary (zstd -d -D DICTIONARY decodes it)");
        }

        at += dictionaryLength;
        ReadOnlySpan<byte> size = header[at..];
        (int sizeLength, ulong content) = (descriptor >> 6) switch
        {
            0 when isOneSegment => (1, size[0]),
            0 => (0, 0UL),
            1 => (2, BinaryPrimitives.ReadUInt16LittleEndian(size) + 256UL),
            2 => (4, BinaryPrimitives.ReadUInt32LittleEndian(size)),
            _ => (8, BinaryPrimitives.ReadUInt64LittleEndian(size)),
        };
        if (content > long.MaxValue)
        {
            throw new InvalidImageException("zstd frame", address, $"it would hold {content} bytes", Clause);
        }

        long end = EndOfBlocks(source, address, address + at + sizeLength) + ((descriptor & 4) != 0 ? 4 : 0);
        return end <= source.Length ? new FrameWalk(end - address, sizeLength > 0 ? (long)content : null, false) : throw new TruncatedImageException(end, source.Length);
    }

    private static long EndOfBlocks(BlockSource source, long frame, long address)
    {
        byte[] piece = [];
        long start = 0;
        while (true)
        {
            if (address > source.Length - BlockHeader)
            {
                throw new TruncatedImageException(Math.Max(address, source.Length), source.Length);
            }

            // Small blocks come together, and of large ones little more than their headers is read.
            if (address < start || address + BlockHeader > start + piece.Length)
            {
                int length = address - start - piece.Length > PieceLength ? 64 : PieceLength;
                piece = new byte[Math.Min(length, source.Length - address)];
                start = address;
                source.ReadAt(start, piece);
            }

            int at = (int)(address - start);
            int header = piece[at] | (piece[at + 1] << 8) | (piece[at + 2] << 16);
            int type = (header >> 1) & 3;
            if (type == Reserved)
            {
                throw new InvalidImageException("zstd block", address, $"it is of the reserved type (in the frame at 0x{frame:X})", "RFC 8878 3.1.1.2");
            }

            address += BlockHeader + (type == RepeatedByte ? 1 : header >> 3);
            if ((header & 1) != 0)
            {
                return address;
            }
        }
    }
}
