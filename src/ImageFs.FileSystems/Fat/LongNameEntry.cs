using System.Buffers.Binary;

namespace ImageFs.FileSystems.Fat;

/// <summary>A directory entry with a part of a long name; the last part comes first (fatgen103 7).</summary>
internal readonly ref struct LongNameEntry
{
    /// <summary>UTF-16 units in one part.</summary>
    public const int Units = 13;

    /// <summary>The most parts of a name.</summary>
    public const int MaxParts = 20;

    private const byte LastMark = 0x40;

    private readonly ReadOnlySpan<byte> _bytes;

    public LongNameEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, EntryCursor.EntrySize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Whether it is the last part of the name (LDIR_Ord).</summary>
    public bool IsLast => (_bytes[0] & LastMark) != 0;

    /// <summary>Which part it is, from 1 (LDIR_Ord).</summary>
    public int Ordinal => _bytes[0] & ~LastMark;

    /// <summary>LDIR_Chksum: <see cref="ShortNameEntry.Checksum"/> of the short name that it belongs to.</summary>
    public byte Checksum => _bytes[13];

    /// <summary>LDIR_Name1, LDIR_Name2 and LDIR_Name3.</summary>
    public void CopyUnits(Span<char> units)
    {
        for (int i = 0; i < Units; i++)
        {
            int place = i < 5 ? 1 + (2 * i) : i < 11 ? 4 + (2 * i) : 6 + (2 * i);
            units[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[place..]);
        }
    }
}
