using System.Buffers.Binary;
using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.Times;
using ImageFs.Tree;

namespace ImageFs.FileSystems.ExFat;

/// <summary>EntryType of a directory entry (exFAT 6.2.1).</summary>
internal static class EntryType
{
    /// <summary>Nothing comes from here on.</summary>
    public const byte EndOfDirectory = 0x00;

    /// <summary>Allocation bitmap (7.1).</summary>
    public const byte AllocationBitmap = 0x81;

    /// <summary>Up-case table (7.2).</summary>
    public const byte UpcaseTable = 0x82;

    /// <summary>Volume label (7.3).</summary>
    public const byte VolumeLabel = 0x83;

    /// <summary>File: a file or a directory (7.4).</summary>
    public const byte File = 0x85;

    /// <summary>Volume GUID (7.5).</summary>
    public const byte VolumeGuid = 0xA0;

    /// <summary>Stream extension (7.6).</summary>
    public const byte StreamExtension = 0xC0;

    /// <summary>File name (7.7).</summary>
    public const byte FileName = 0xC1;

    /// <summary>From here on: secondary entries that a reader need not know.</summary>
    public const byte FirstBenignSecondary = 0xE0;

    // InUse and TypeCategory.
    private const byte SecondaryMask = 0xC0;

    /// <summary>Whether an entry is in use and belongs to the primary one before it (6.2.1.3).</summary>
    public static bool IsSecondary(byte type) => (type & SecondaryMask) == SecondaryMask;
}

/// <summary>
/// A primary entry of the root directory that is about the volume (exFAT 7.1 to 7.3 and 7.5): the type says which fields it has.
/// </summary>
internal readonly ref struct VolumeEntry
{
    private const int MaxLabelUnits = 11;

    private readonly ReadOnlySpan<byte> _bytes;

    public VolumeEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, EntryCursor.EntrySize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>EntryType.</summary>
    public byte Type => _bytes[0];

    /// <summary>BitmapFlags, BitmapIdentifier: whether an allocation bitmap is the second (7.1.2.1).</summary>
    public bool IsSecondBitmap => (_bytes[1] & 1) != 0;

    /// <summary>TableChecksum of an up-case table (7.2.2).</summary>
    public uint TableChecksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]);

    /// <summary>FirstCluster of an allocation bitmap or up-case table (7.1.3, 7.2.3).</summary>
    public uint FirstCluster => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[20..]);

    /// <summary>DataLength of an allocation bitmap or up-case table, in bytes (7.1.4, 7.2.4).</summary>
    public ulong DataLength => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[24..]);

    /// <summary>VolumeLabel (7.3.3).</summary>
    public string Label
    {
        get
        {
            Span<char> units = stackalloc char[Math.Min((int)_bytes[1], MaxLabelUnits)];
            for (int i = 0; i < units.Length; i++)
            {
                units[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(2 + (2 * i))..]);
            }

            return new string(units);
        }
    }

    /// <summary>VolumeGuid (7.5.5).</summary>
    public Guid Guid => new(_bytes.Slice(6, 16));
}

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

/// <summary>A stream extension directory entry: the second of a file's set (exFAT 7.6).</summary>
internal readonly ref struct StreamExtensionEntry
{
    private const byte NoFatChain = 0x02;

    private readonly ReadOnlySpan<byte> _bytes;

    public StreamExtensionEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, EntryCursor.EntrySize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>NoFatChain: the clusters follow one another, and the table says nothing of them (6.4.2.2).</summary>
    public bool IsContiguous => (_bytes[1] & NoFatChain) != 0;

    /// <summary>NameLength in UTF-16 units (7.6.3).</summary>
    public byte NameLength => _bytes[3];

    /// <summary>NameHash of the up-cased name (7.6.4).</summary>
    public ushort NameHash => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[4..]);

    /// <summary>ValidDataLength: bytes that were written (7.6.5).</summary>
    public ulong ValidDataLength => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[8..]);

    /// <summary>FirstCluster (7.6.6).</summary>
    public uint FirstCluster => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[20..]);

    /// <summary>DataLength in bytes (7.6.7).</summary>
    public ulong DataLength => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[24..]);
}

/// <summary>A file name directory entry: a part of the name (exFAT 7.7).</summary>
internal readonly ref struct FileNameEntry
{
    /// <summary>UTF-16 units in it.</summary>
    public const int Units = 15;

    private readonly ReadOnlySpan<byte> _bytes;

    public FileNameEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, EntryCursor.EntrySize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>FileName (7.7.3).</summary>
    /// <param name="units">Takes as many units as it has room for.</param>
    public void CopyUnits(Span<char> units)
    {
        for (int i = 0; i < Math.Min(units.Length, Units); i++)
        {
            units[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(2 + (2 * i))..]);
        }
    }
}

/// <summary>The directory entries of one file: a file entry, a stream extension, and its name (exFAT 6.3 and 7.4).</summary>
internal readonly ref struct EntrySet
{
    /// <summary>The most units of a name (7.6.3).</summary>
    public const int MaxNameLength = 255;

    /// <summary>The most entries: SecondaryCount is one byte.</summary>
    public const int MaxEntries = 256;

    /// <summary>Bytes of the most entries.</summary>
    public const int MaxLength = MaxEntries * EntryCursor.EntrySize;

    private const int FirstName = 2;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The entries, the first of them a file entry.</param>
    public EntrySet(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, EntryCursor.EntrySize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>The first entry.</summary>
    public FileEntry File => new(Entry(0));

    /// <summary>The second entry.</summary>
    public StreamExtensionEntry Stream => new(Entry(1));

    /// <summary>The sum over all entries, without SetChecksum itself (6.3.3).</summary>
    public ushort Checksum
    {
        get
        {
            ushort sum = 0;
            for (int i = 0; i < _bytes.Length; i++)
            {
                if (i is not (2 or 3))
                {
                    sum = unchecked((ushort)(((sum & 1) << 15) + (sum >> 1) + _bytes[i]));
                }
            }

            return sum;
        }
    }

    private int Count => _bytes.Length / EntryCursor.EntrySize;

    /// <summary>What is wrong with the order of the entries, by Linux's rules; null when nothing is.</summary>
    public string? FindProblem()
    {
        if (Count <= FirstName || Entry(1)[0] != EntryType.StreamExtension)
        {
            return "it has no stream extension, or no name";
        }

        int names = 0;
        while (FirstName + names < Count && Entry(FirstName + names)[0] == EntryType.FileName)
        {
            names++;
        }

        for (int i = FirstName + names; i < Count; i++)
        {
            if (Entry(i)[0] < EntryType.FirstBenignSecondary)
            {
                return $"entry {i} is of type 0x{Entry(i)[0]:X2}";
            }
        }

        return Stream.NameLength == 0 || names * FileNameEntry.Units < Stream.NameLength
            ? $"it has {names} entries for a name of {Stream.NameLength} units"
            : null;
    }

    /// <summary>The name.</summary>
    /// <param name="units">Takes it; <see cref="MaxNameLength"/> units.</param>
    /// <returns>Its length.</returns>
    public int CopyName(Span<char> units)
    {
        units = units[..Stream.NameLength];
        for (int i = 0; i * FileNameEntry.Units < units.Length; i++)
        {
            new FileNameEntry(Entry(FirstName + i)).CopyUnits(units[(i * FileNameEntry.Units)..]);
        }

        return units.Length;
    }

    private ReadOnlySpan<byte> Entry(int index) => _bytes.Slice(index * EntryCursor.EntrySize, EntryCursor.EntrySize);
}
