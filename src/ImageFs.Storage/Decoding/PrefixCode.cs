using System.Runtime.CompilerServices;

namespace ImageFs.Storage.Decoding;

/// <summary>
/// A canonical prefix code of up to 512 symbols and 16 bits: the codes of a length follow those that are shorter, in the order of their symbols.
/// Most are found by one look into a table of their first bits.
/// </summary>
/// <param name="room">Memory of at least <see cref="RoomFor"/> elements.</param>
/// <param name="symbols">Its symbols.</param>
/// <param name="tableBits">Bits that the table is looked into by.</param>
internal readonly ref struct PrefixCode(Span<ushort> room, int symbols, int tableBits)
{
    /// <summary>Bits of the longest code.</summary>
    public const int MaxLength = 16;

    /// <summary>The entry of bits that begin with no code: above all others.</summary>
    public const int None = int.MaxValue & ~LengthMask;

    /// <summary>An entry is a symbol, and the length of its code in so many low bits.</summary>
    public const int LengthBits = 5;

    private const int LengthMask = (1 << LengthBits) - 1;

    private readonly Span<ushort> _table = room[..(1 << tableBits)];

    // Of the codes of each length: the first, how many there are, and where their symbols begin.
    private readonly Span<ushort> _codes = room.Slice(1 << tableBits, MaxLength + 1);
    private readonly Span<ushort> _counts = room.Slice((1 << tableBits) + MaxLength + 1, MaxLength + 1);
    private readonly Span<ushort> _places = room.Slice((1 << tableBits) + (2 * (MaxLength + 1)), MaxLength + 1);
    private readonly Span<ushort> _symbols = room.Slice((1 << tableBits) + (3 * (MaxLength + 1)), symbols);
    private readonly int _tableShift = MaxLength - tableBits;

    /// <summary>Elements of memory that a code needs.</summary>
    public static int RoomFor(int symbols, int tableBits) => (1 << tableBits) + (3 * (MaxLength + 1)) + symbols;

    /// <summary>The symbol of an entry.</summary>
    public static int SymbolOf(int entry) => entry >> LengthBits;

    /// <summary>Makes the code.</summary>
    /// <param name="lengths">Bits of the code of each symbol, at most <see cref="MaxLength"/>; 0 for one that has none.</param>
    /// <returns>False when there are more codes than bits have room for.</returns>
    public bool TryMake(ReadOnlySpan<byte> lengths)
    {
        Span<int> counts = stackalloc int[MaxLength + 1];
        foreach (byte length in lengths)
        {
            counts[length]++;
        }

        Span<int> places = stackalloc int[MaxLength + 1];
        int code = 0;
        int place = 0;
        for (int length = 1; length <= MaxLength; length++)
        {
            code <<= 1;
            _codes[length] = (ushort)Math.Min(code, ushort.MaxValue);
            _places[length] = (ushort)place;
            _counts[length] = (ushort)counts[length];
            places[length] = place;
            code += counts[length];
            place += counts[length];
            if (code > 1 << length)
            {
                return false;
            }
        }

        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            int length = lengths[symbol];
            if (length > 0)
            {
                _symbols[places[length]++] = unchecked((ushort)symbol);
            }
        }

        FillTable();
        return true;
    }

    /// <summary>Takes the code that bits begin with.</summary>
    /// <param name="bits">The bits: at least 16.</param>
    /// <returns>Its entry, or <see cref="None"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Take(ref WordBits bits)
    {
        int next16 = bits.Next16;
        int entry = _table[next16 >> _tableShift];
        if (entry == 0)
        {
            entry = FindLong(next16);
        }

        bits.Skip(entry & LengthMask);
        return entry;
    }

    private void FillTable()
    {
        int at = 0;
        for (int length = 1; length <= MaxLength - _tableShift; length++)
        {
            int repeats = _table.Length >> length;
            foreach (ushort symbol in _symbols.Slice(_places[length], _counts[length]))
            {
                ushort entry = unchecked((ushort)((symbol << LengthBits) | length));
                Span<ushort> entries = _table.Slice(at, repeats);
                switch (entries)
                {
                    case [_]:
                        entries[0] = entry;
                        break;
                    case [_, _]:
                        entries[0] = entries[1] = entry;
                        break;
                    default:
                        entries.Fill(entry);
                        break;
                }

                at += repeats;
            }
        }

        _table[at..].Clear();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int FindLong(int next16)
    {
        for (int length = MaxLength - _tableShift + 1; length <= MaxLength; length++)
        {
            int index = (next16 >> (MaxLength - length)) - _codes[length];
            if (index < _counts[length])
            {
                return (_symbols[_places[length] + index] << LengthBits) | length;
            }
        }

        return None;
    }
}
