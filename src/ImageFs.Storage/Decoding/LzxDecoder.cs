using System.Buffers.Binary;

namespace ImageFs.Storage.Decoding;

/// <summary>Decodes one block of LZX: verbatim, aligned and uncompressed pieces ("blocks" in [MS-PATCH] and wimlib).</summary>
internal ref struct LzxDecoder
{
    /// <summary>Literals, and matches by slot of their distance and length.</summary>
    public const int MainSymbols = LiteralCount + (SlotCount * LengthHeaders);

    /// <summary>Lengths that the main symbol does not tell.</summary>
    public const int LengthSymbols = 249;

    private const int LiteralCount = 256;
    private const int SlotCount = 30;
    private const int LengthHeaders = 8;
    private const int MinMatch = 2;
    private const int AlignedSymbols = 8;
    private const int AlignedBits = 3;
    private const int PreSymbols = 20;
    private const int MainTableBits = 11;
    private const int LengthTableBits = 10;
    private const int AlignedTableBits = 7;
    private const int PreTableBits = 6;

    // Distances are stored with this added, so that three numbers are left for those used last.
    private const int DistanceBias = 2;
    private const int RecentCount = 3;

    private const int Verbatim = 1;
    private const int Aligned = 2;
    private const int Uncompressed = 3;
    private const int DefaultLength = 32 << 10;

    // Lengths are stored as differences to those of the piece before, modulo this.
    private const int LengthModulus = 17;
    private const int FewZeros = 17;
    private const int ManyZeros = 18;
    private const int Repeated = 19;

    private readonly ReadOnlySpan<byte> _source;
    private readonly Span<byte> _destination;
    private readonly Span<byte> _lengths;
    private readonly PrefixCode _main;
    private readonly PrefixCode _length;
    private readonly PrefixCode _aligned;
    private readonly PrefixCode _pre;
    private WordBits _bits;
    private int _written;
    private int _recent0;
    private int _recent1;
    private int _recent2;

    /// <param name="source">The stream.</param>
    /// <param name="destination">Takes the block; its length is the block's.</param>
    /// <param name="lengths">Memory for the lengths of main and length symbols: zeros.</param>
    /// <param name="room">Memory of <see cref="Room"/> elements for the codes.</param>
    public LzxDecoder(ReadOnlySpan<byte> source, Span<byte> destination, Span<byte> lengths, Span<ushort> room)
    {
        _source = source;
        _destination = destination;
        _lengths = lengths;
        _bits = new WordBits(source);
        _recent0 = _recent1 = _recent2 = 1;
        _main = new PrefixCode(room, MainSymbols, MainTableBits);
        room = room[PrefixCode.RoomFor(MainSymbols, MainTableBits)..];
        _length = new PrefixCode(room, LengthSymbols, LengthTableBits);
        room = room[PrefixCode.RoomFor(LengthSymbols, LengthTableBits)..];
        _aligned = new PrefixCode(room, AlignedSymbols, AlignedTableBits);
        room = room[PrefixCode.RoomFor(AlignedSymbols, AlignedTableBits)..];
        _pre = new PrefixCode(room, PreSymbols, PreTableBits);
    }

    /// <summary>Elements of memory for the codes.</summary>
    public static int Room =>
        PrefixCode.RoomFor(MainSymbols, MainTableBits) + PrefixCode.RoomFor(LengthSymbols, LengthTableBits)
        + PrefixCode.RoomFor(AlignedSymbols, AlignedTableBits) + PrefixCode.RoomFor(PreSymbols, PreTableBits);

    // What the distances of a slot begin with, and the bits that follow.
    private static ReadOnlySpan<ushort> Bases =>
    [
        0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768,
        1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576,
    ];

    private static ReadOnlySpan<byte> ExtraBits =>
        [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

    /// <summary>Decodes the block.</summary>
    /// <returns>False when the stream is damaged, or ends before the block does.</returns>
    public bool TryRun()
    {
        while (_written < _destination.Length)
        {
            int kind = _bits.Read(3);
            int length = _bits.Read(1) == 1 ? DefaultLength : _bits.Read(16);
            if (length == 0 || length > _destination.Length - _written)
            {
                return false;
            }

            int end = _written + length;
            bool isSound = kind switch
            {
                Verbatim => TryReadCodes() && TryDecode(end, aligned: false),
                Aligned => TryReadAlignedCode() && TryReadCodes() && TryDecode(end, aligned: true),
                Uncompressed => TryCopy(length),
                _ => false,
            };
            if (!isSound || _bits.IsOverrun)
            {
                return false;
            }
        }

        return true;
    }

    private bool TryReadAlignedCode()
    {
        Span<byte> lengths = stackalloc byte[AlignedSymbols];
        foreach (ref byte length in lengths)
        {
            length = (byte)_bits.Read(3);
        }

        return _aligned.TryMake(lengths);
    }

    private bool TryReadCodes() =>
        TryReadLengths(_lengths[..LiteralCount])
        && TryReadLengths(_lengths[LiteralCount..MainSymbols])
        && TryReadLengths(_lengths[MainSymbols..])
        && _main.TryMake(_lengths[..MainSymbols])
        && _length.TryMake(_lengths[MainSymbols..]);

    private bool TryReadLengths(Span<byte> lengths)
    {
        Span<byte> preLengths = stackalloc byte[PreSymbols];
        foreach (ref byte length in preLengths)
        {
            length = (byte)_bits.Read(4);
        }

        if (!_pre.TryMake(preLengths))
        {
            return false;
        }

        for (int at = 0; at < lengths.Length;)
        {
            int symbol = ReadPreSymbol();
            if (symbol < 0)
            {
                return false;
            }

            int count = symbol switch
            {
                FewZeros => 4 + _bits.Read(4),
                ManyZeros => 20 + _bits.Read(5),
                Repeated => 4 + _bits.Read(1),
                _ => 1,
            };
            int value = 0;
            if (symbol is not (FewZeros or ManyZeros))
            {
                int difference = symbol == Repeated ? ReadPreSymbol() : symbol;
                if (difference is < 0 or >= LengthModulus)
                {
                    return false;
                }

                value = (lengths[at] - difference + LengthModulus) % LengthModulus;
            }

            // A run may be said to be longer than what is left.
            count = Math.Min(count, lengths.Length - at);
            lengths.Slice(at, count).Fill((byte)value);
            at += count;
        }

        return true;
    }

    private int ReadPreSymbol()
    {
        _bits.Refill();
        int entry = _pre.Take(ref _bits);
        return entry == PrefixCode.None ? -1 : PrefixCode.SymbolOf(entry);
    }

    // A piece begins at a word of its own: after bits of the last one, or after a whole word where there are none.
    private bool TryCopy(int length)
    {
        const int HeaderLength = RecentCount * sizeof(int);
        _bits.Read(1);
        int next = _bits.Leave(kept: 0);
        if (HeaderLength > _source.Length - next || length > _source.Length - next - HeaderLength)
        {
            return false;
        }

        ReadOnlySpan<byte> header = _source[next..];
        _recent0 = BinaryPrimitives.ReadInt32LittleEndian(header);
        _recent1 = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        _recent2 = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        if (_recent0 <= 0 || _recent1 <= 0 || _recent2 <= 0)
        {
            return false;
        }

        _source.Slice(next + HeaderLength, length).CopyTo(_destination[_written..]);
        _written += length;

        // One of an odd number of bytes has another behind them, which may be missing at the end.
        _bits = new WordBits(_source, Math.Min(next + HeaderLength + length + (length & 1), _source.Length));
        return true;
    }

    private bool TryDecode(int end, bool aligned)
    {
        WordBits bits = _bits;
        PrefixCode main = _main;
        Span<byte> destination = _destination[..end];
        int written = _written;
        int recent0 = _recent0;
        while (written < destination.Length)
        {
            // Three symbols are in the bits that are there, and so is the rest of a match.
            bits.Refill();
            int entry = main.Take(ref bits);
            if (IsLiteral(entry))
            {
                destination[written++] = LiteralOf(entry);
                if (written == destination.Length)
                {
                    break;
                }

                entry = main.Take(ref bits);
                if (IsLiteral(entry))
                {
                    destination[written++] = LiteralOf(entry);
                    if (written == destination.Length)
                    {
                        break;
                    }

                    entry = main.Take(ref bits);
                    if (IsLiteral(entry))
                    {
                        destination[written++] = LiteralOf(entry);
                        continue;
                    }
                }
            }

            if (entry == PrefixCode.None)
            {
                return false;
            }

            bits.Refill();

            int symbol = PrefixCode.SymbolOf(entry);
            int length = (symbol & (LengthHeaders - 1)) + MinMatch;
            int slot = (symbol - LiteralCount) / LengthHeaders;
            if (length == LengthHeaders - 1 + MinMatch)
            {
                entry = _length.Take(ref bits);
                if (entry == PrefixCode.None)
                {
                    return false;
                }

                length += PrefixCode.SymbolOf(entry);
            }

            if (slot >= RecentCount)
            {
                int extra = ExtraBits[slot];
                int distance = Bases[slot] - DistanceBias;
                if (aligned && extra >= AlignedBits)
                {
                    distance += bits.Take(extra - AlignedBits) << AlignedBits;
                    entry = _aligned.Take(ref bits);
                    if (entry == PrefixCode.None)
                    {
                        return false;
                    }

                    distance += PrefixCode.SymbolOf(entry);
                }
                else
                {
                    distance += bits.Take(extra);
                }

                _recent2 = _recent1;
                _recent1 = recent0;
                recent0 = distance;
            }
            else if (slot == 1)
            {
                (recent0, _recent1) = (_recent1, recent0);
            }
            else if (slot == 2)
            {
                (recent0, _recent2) = (_recent2, recent0);
            }

            if (!MatchCopy.TryCopy(destination, written, recent0, length))
            {
                return false;
            }

            written += length;
        }

        _bits = bits;
        _written = written;
        _recent0 = recent0;
        return true;
    }

    private static bool IsLiteral(int entry) => entry < LiteralCount << PrefixCode.LengthBits;

    private static byte LiteralOf(int entry) => unchecked((byte)PrefixCode.SymbolOf(entry));
}
