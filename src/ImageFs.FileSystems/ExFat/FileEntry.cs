using System.Buffers.Binary;
using ImageFs.FileSystems.Fat;

namespace ImageFs.FileSystems.ExFat;

/// <summary>A file directory entry: the first of a file's set (exFAT 7.4).</summary>
internal readonly ref struct FileEntry
{
    // OffsetValid of the fields with the offset from UTC, and the unit of these (7.4.10.1).
    private const byte OffsetValid = 0x80;
    private const int OffsetUnit = 15 * 60;

    private readonly ReadOnlySpan<byte> _bytes;

    public FileEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, EntryCursor.EntrySize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>SecondaryCount: entries of the set that follow (7.4.2).</summary>
    public byte SecondaryCount => _bytes[1];

    /// <summary>SetChecksum (7.4.3).</summary>
    public ushort SetChecksum => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[2..]);

    /// <summary>FileAttributes (7.4.4).</summary>
    public EntryAttributes Attributes => (EntryAttributes)_bytes[4];

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => Attributes.HasFlag(EntryAttributes.Directory);

    /// <summary>Time of creation (7.4.5).</summary>
    /// <param name="aheadOfUtc">Seconds by which the clock was ahead of UTC, if the entry does not say.</param>
    public Timestamp CreateTime(long aheadOfUtc) => ReadTime(8, _bytes[20], _bytes[22], aheadOfUtc);

    /// <summary>Time of the last change of the contents (7.4.6).</summary>
    /// <param name="aheadOfUtc">Seconds by which the clock was ahead of UTC, if the entry does not say.</param>
    public Timestamp LastModifiedTime(long aheadOfUtc) => ReadTime(12, _bytes[21], _bytes[23], aheadOfUtc);

    /// <summary>Time of the last access (7.4.7).</summary>
    /// <param name="aheadOfUtc">Seconds by which the clock was ahead of UTC, if the entry does not say.</param>
    public Timestamp LastAccessedTime(long aheadOfUtc) => ReadTime(16, 0, _bytes[24], aheadOfUtc);

    private Timestamp ReadTime(int place, byte hundredths, byte utcOffset, long aheadOfUtc)
    {
        ushort time = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[place..]);
        ushort date = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(place + 2)..]);

        // A signed number of seven bits.
        int quarters = unchecked((sbyte)(utcOffset << 1)) >> 1;
        return DosTime.Read(date, time, hundredths, (utcOffset & OffsetValid) != 0 ? quarters * OffsetUnit : aheadOfUtc);
    }
}
