using ImageFs.FileSystems.Fat;

namespace ImageFs.FileSystems.ExFat;

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
            ? $"{names} entries for a name of {Stream.NameLength} units"
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
