using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Bzip2;

/// <summary>The bits of a bzip2 file: its blocks begin at any of them, and are found by the 48 that they begin with.</summary>
/// <param name="source">The file.</param>
/// <param name="bufferLength">Bytes that are read at once.</param>
internal sealed class BlockBits(BlockSource source, int bufferLength = 2 * BlockBits.MaxBlock)
{
    /// <summary>What a block begins with.</summary>
    public const ulong BlockMark = 0x314159265359;

    /// <summary>What the end of a stream begins with.</summary>
    public const ulong EndMark = 0x177245385090;

    /// <summary>Bits of a mark.</summary>
    public const int MarkBits = 48;

    /// <summary>Bits of a mark, and the checksum that follows it.</summary>
    public const int MarkAndChecksumBits = 80;

    /// <summary>Bits of a byte.</summary>
    public const int ByteBits = 8;

    /// <summary>The most bytes that a block is encoded in: 900,000 symbols of 20 bits, and its tables.</summary>
    public const int MaxBlock = 3 << 20;

    private byte[] _buffer = [];
    private long _start;

    /// <summary>Up to 64 bits from a bit on, in the lower ones of a number.</summary>
    /// <exception cref="TruncatedImageException">They lie beyond the end of the file.</exception>
    public ulong Read(long bit, int count)
    {
        long address = bit / ByteBits;
        long end = (bit + count + ByteBits - 1) / ByteBits;
        Load(address, end);
        ulong value = 0;
        for (long at = address; at < end; at++)
        {
            long from = Math.Max(at * ByteBits, bit);
            long to = Math.Min((at + 1) * ByteBits, bit + count);
            int used = (int)(to - from);
            int behind = (int)(((at + 1) * ByteBits) - to);
            value = (value << used) | ((uint)(_buffer[at - _start] >> behind) & ((1U << used) - 1));
        }

        return value;
    }

    /// <summary>Where the next mark is, of a block or of the end.</summary>
    /// <param name="bit">It begins there or later, but not much later than a block is long.</param>
    /// <returns>-1 when there is none.</returns>
    public long FindMark(long bit)
    {
        long address = bit / ByteBits;
        long end = Math.Min(address + MaxBlock, source.Length);
        Load(address, end);
        ReadOnlySpan<byte> bytes = _buffer.AsSpan((int)(address - _start), (int)(end - address));
        for (int at = 0; at + sizeof(ulong) <= bytes.Length + 1; at++)
        {
            ulong value = at + sizeof(ulong) <= bytes.Length
                ? BinaryPrimitives.ReadUInt64BigEndian(bytes[at..])
                : ReadLast(bytes[at..]);
            for (int shift = 0; shift < ByteBits; shift++)
            {
                ulong mark = (value >> (64 - MarkBits - shift)) & ((1UL << MarkBits) - 1);
                if ((mark == BlockMark || mark == EndMark) && ((address + at) * ByteBits) + shift >= bit)
                {
                    return ((address + at) * ByteBits) + shift;
                }
            }
        }

        return -1;
    }

    /// <summary>A stream of one block.</summary>
    /// <param name="start">The bit that the block begins at.</param>
    /// <param name="count">Its bits.</param>
    public byte[] MakeStream(long start, long count)
    {
        const int HeaderLength = 4;
        Load(start / ByteBits, (start + count + ByteBits - 1) / ByteBits);
        byte[] stream = new byte[HeaderLength + ((count + MarkAndChecksumBits + ByteBits - 1) / ByteBits)];
        "BZh9"u8.CopyTo(stream);
        int whole = (int)(count / ByteBits);
        int at = (int)((start / ByteBits) - _start);
        int shift = (int)(start % ByteBits);
        for (int i = 0; i < whole; i++, at++)
        {
            stream[HeaderLength + i] = shift == 0 ? _buffer[at] : unchecked((byte)((_buffer[at] << shift) | (_buffer[at + 1] >> (ByteBits - shift))));
        }

        long to = (HeaderLength * ByteBits) + (whole * (long)ByteBits);
        int rest = (int)(count % ByteBits);
        Write(stream, ref to, rest == 0 ? 0 : Read(start + count - rest, rest), rest);
        Write(stream, ref to, EndMark, MarkBits);
        Write(stream, ref to, Read(start + MarkBits, MarkAndChecksumBits - MarkBits), MarkAndChecksumBits - MarkBits);
        return stream;
    }

    private static ulong ReadLast(ReadOnlySpan<byte> bytes)
    {
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        bytes[..Math.Min(bytes.Length, padded.Length)].CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    private static void Write(byte[] stream, ref long bit, ulong value, int count)
    {
        for (int i = count - 1; i >= 0; i--, bit++)
        {
            stream[bit / ByteBits] |= (byte)(((value >> i) & 1) << (int)(ByteBits - 1 - (bit % ByteBits)));
        }
    }

    private void Load(long address, long end)
    {
        if (end > source.Length)
        {
            throw new TruncatedImageException(source.Length, source.Length);
        }

        if (address >= _start && end <= _start + _buffer.Length)
        {
            return;
        }

        int length = (int)Math.Min(Math.Max(bufferLength, end - address), source.Length - address);
        if (_buffer.Length != length)
        {
            _buffer = new byte[length];
        }

        _start = address;
        source.ReadAt(address, _buffer);
    }
}
