using System.Buffers.Binary;
using System.Numerics;

namespace ImageFs.Storage.Decoding;

/// <summary>
/// LZNT1 ([MS-XCA] 2.5): chunks of 4 KiB, each with a header. A stream may end early, by a header of zeros or with its bytes; so may each chunk.
/// What is not there is zeros, as in the compression units of NTFS.
/// </summary>
internal sealed class Lznt1Codec : Codec
{
    private const int ChunkLength = 4096;
    private const int HeaderLength = 2;
    private const int StoredLengthMask = 0xFFF;
    private const int CompressedFlag = 0x8000;
    private const int SignatureMask = 0x7000;
    private const int Signature = 0x3000;
    private const int MinMatch = 3;
    private const int MaxLiterals = 8;
    private const int EndOfFlags = 1 << MaxLiterals;

    // Bits of a distance: as many as tell the bytes written so far of the chunk, but at least these.
    private const int MinDistanceBits = 4;

    /// <inheritdoc/>
    public override string Name => "lznt1";

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        ReadOnlySpan<byte> source = encoded.Span;
        Span<byte> rest = destination;
        while (source.Length >= HeaderLength && rest.Length > 0)
        {
            int header = BinaryPrimitives.ReadUInt16LittleEndian(source);
            if (header == 0)
            {
                break;
            }

            int stored = (header & StoredLengthMask) + 1;
            if (stored > source.Length - HeaderLength)
            {
                return Damaged;
            }

            ReadOnlySpan<byte> chunk = source.Slice(HeaderLength, stored);
            Span<byte> to = rest[..Math.Min(rest.Length, ChunkLength)];
            bool isSound = (header & CompressedFlag) == 0 ? TryCopy(chunk, to) : (header & SignatureMask) == Signature && TryDecode(chunk, to);
            if (!isSound)
            {
                return Damaged;
            }

            source = source[(HeaderLength + stored)..];
            rest = rest[to.Length..];
        }

        rest.Clear();
        return destination.Length;
    }

    private static bool TryCopy(ReadOnlySpan<byte> chunk, Span<byte> destination)
    {
        if (!chunk.TryCopyTo(destination))
        {
            return false;
        }

        destination[chunk.Length..].Clear();
        return true;
    }

    // Eight items follow a byte of flags, of which a bit that is set is a match; the chunk may end before.
    private static bool TryDecode(ReadOnlySpan<byte> chunk, Span<byte> destination)
    {
        int read = 0;
        int written = 0;
        while (read < chunk.Length)
        {
            int flags = chunk[read++] | EndOfFlags;
            while (true)
            {
                int literals = Math.Min(BitOperations.TrailingZeroCount(flags), chunk.Length - read);
                if (read <= chunk.Length - MaxLiterals && written <= destination.Length - MaxLiterals)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(destination[written..], BinaryPrimitives.ReadUInt64LittleEndian(chunk[read..]));
                }
                else if (!chunk.Slice(read, literals).TryCopyTo(destination[written..]))
                {
                    return false;
                }

                read += literals;
                written += literals;
                flags >>= literals;
                if (flags == 1 || read == chunk.Length)
                {
                    break;
                }

                if (written == 0 || read > chunk.Length - 2)
                {
                    return false;
                }

                int match = BinaryPrimitives.ReadUInt16LittleEndian(chunk[read..]);
                read += 2;
                int lengthBits = 16 - Math.Max(MinDistanceBits, BitOperations.Log2((uint)(written - 1)) + 1);
                int length = (match & ((1 << lengthBits) - 1)) + MinMatch;
                if (!MatchCopy.TryCopy(destination, written, (match >> lengthBits) + 1, length))
                {
                    return false;
                }

                written += length;
                flags >>= 1;
            }
        }

        destination[written..].Clear();
        return true;
    }
}
