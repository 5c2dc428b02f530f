namespace ImageFs.Storage.Decoding;

/// <summary>
/// Plain LZ77 with Huffman codes, of one table: blocks of at most 64 KiB ([MS-XCA] 2.2). Its streams have neither a length nor a checksum: they end
/// where the block is whole.
/// </summary>
internal sealed class XpressHuffmanCodec : Codec
{
    private const int MaxBlockLength = 64 << 10;
    private const int LiteralCount = 256;
    private const int SymbolCount = 512;
    private const int TableBits = 11;
    private const int MinMatch = 3;

    /// <inheritdoc/>
    public override string Name => "xpress";

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        ReadOnlySpan<byte> source = encoded.Span;
        if (source.Length < SymbolCount / 2 || destination.Length > MaxBlockLength)
        {
            return Damaged;
        }

        Span<byte> lengths = stackalloc byte[SymbolCount];
        for (int i = 0; i < SymbolCount / 2; i++)
        {
            lengths[2 * i] = unchecked((byte)(source[i] & 0xF));
            lengths[(2 * i) + 1] = unchecked((byte)(source[i] >> 4));
        }

        var code = new PrefixCode(stackalloc ushort[PrefixCode.RoomFor(SymbolCount, TableBits)], SymbolCount, TableBits);
        return code.TryMake(lengths) ? Decode(source, code, destination) : Damaged;
    }

    private static int Decode(ReadOnlySpan<byte> source, PrefixCode code, Span<byte> destination)
    {
        var bits = new WordBits(source, SymbolCount / 2);
        int written = 0;
        while (written < destination.Length)
        {
            // Three symbols are in the bits that are there; after those of a match they may not suffice for its distance.
            bits.Refill();
            int entry = code.Take(ref bits);
            if (IsLiteral(entry))
            {
                destination[written++] = LiteralOf(entry);
                if (written == destination.Length)
                {
                    break;
                }

                entry = code.Take(ref bits);
                if (IsLiteral(entry))
                {
                    destination[written++] = LiteralOf(entry);
                    if (written == destination.Length)
                    {
                        break;
                    }

                    entry = code.Take(ref bits);
                    if (IsLiteral(entry))
                    {
                        destination[written++] = LiteralOf(entry);
                        continue;
                    }
                }

                bits.Refill();
            }

            if (entry == PrefixCode.None)
            {
                return Damaged;
            }

            int symbol = PrefixCode.SymbolOf(entry);
            int length = symbol & 0xF;
            int distanceBits = (symbol - LiteralCount) >> 4;
            if (length == 0xF)
            {
                int next = bits.Leave(kept: 16);
                if (!TryReadLength(source, ref next, out length))
                {
                    return Damaged;
                }

                bits.Resume(next);
            }

            int distance = (1 << distanceBits) + bits.Take(distanceBits);
            length += MinMatch;
            if (!MatchCopy.TryCopy(destination, written, distance, length))
            {
                return Damaged;
            }

            written += length;
        }

        return bits.IsOverrun ? Damaged : written;
    }

    private static bool IsLiteral(int entry) => entry < LiteralCount << PrefixCode.LengthBits;

    private static byte LiteralOf(int entry) => unchecked((byte)PrefixCode.SymbolOf(entry));

    // A length of 15 and more goes on in a byte, and one of 270 and more is in two behind that.
    private static bool TryReadLength(ReadOnlySpan<byte> source, ref int next, out int length)
    {
        length = 0;
        if (next >= source.Length)
        {
            return false;
        }

        length = source[next++] + 0xF;
        if (length == 0xF + byte.MaxValue)
        {
            if (next > source.Length - 2)
            {
                return false;
            }

            length = source[next] | (source[next + 1] << 8);
            next += 2;
        }

        return length >= 0xF;
    }
}
