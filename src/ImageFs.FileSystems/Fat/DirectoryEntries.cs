using System.Buffers.Binary;
using ImageFs.FileSystems.Clusters;

namespace ImageFs.FileSystems.Fat;

/// <summary>A directory entry with a short name: the one that describes the file (fatgen103 6).</summary>
internal readonly ref struct ShortNameEntry
{
    /// <summary>Bytes of the name: eight and an extension of three, both padded.</summary>
    public const int NameLength = 11;

    /// <summary>First byte of the name of an entry that is free.</summary>
    public const byte FreeMark = 0xE5;

    private readonly ReadOnlySpan<byte> _bytes;

    public ShortNameEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, EntryCursor.EntrySize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>DIR_Name.</summary>
    public ReadOnlySpan<byte> Name => _bytes[..NameLength];

    /// <summary>DIR_Attr.</summary>
    public EntryAttributes Attributes => (EntryAttributes)_bytes[11];

    /// <summary>DIR_NTRes bit 3: the name before the dot is in lower case.</summary>
    public bool IsBaseLowerCase => (_bytes[12] & 0x08) != 0;

    /// <summary>DIR_NTRes bit 4: the extension is in lower case.</summary>
    public bool IsExtensionLowerCase => (_bytes[12] & 0x10) != 0;

    /// <summary>DIR_CrtTimeTenth, which is in hundredths of a second.</summary>
    public byte CreationHundredths => _bytes[13];

    /// <summary>DIR_CrtTime.</summary>
    public ushort CreationTime => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[14..]);

    /// <summary>DIR_CrtDate.</summary>
    public ushort CreationDate => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[16..]);

    /// <summary>DIR_LstAccDate.</summary>
    public ushort AccessDate => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[18..]);

    /// <summary>DIR_FstClusHI: on FAT32 the upper half of the first cluster's number.</summary>
    public ushort FirstClusterHigh => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[20..]);

    /// <summary>DIR_WrtTime.</summary>
    public ushort WriteTime => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[22..]);

    /// <summary>DIR_WrtDate.</summary>
    public ushort WriteDate => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[24..]);

    /// <summary>DIR_FstClusLO.</summary>
    public ushort FirstClusterLow => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[26..]);

    /// <summary>DIR_FileSize in bytes; 0 for a directory.</summary>
    public uint FileSize => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[28..]);

    /// <summary>Whether nothing is there. A first byte of 0 should also end the directory, but Linux reads on.</summary>
    public bool IsFree => _bytes[0] is 0 or FreeMark;

    /// <summary>Whether it is a part of a long name.</summary>
    public bool IsLongName => Attributes == EntryAttributes.LongName;

    /// <summary>Whether it is the volume's label, or a part of a long name.</summary>
    public bool IsVolumeLabel => Attributes.HasFlag(EntryAttributes.VolumeLabel);

    /// <summary>Whether it is of a directory.</summary>
    public bool IsDirectory => Attributes.HasFlag(EntryAttributes.Directory);

    /// <summary>Whether it is the entry of a directory itself or of its parent (fatgen103 6.5).</summary>
    public bool IsDot => Name.SequenceEqual(".          "u8) || Name.SequenceEqual("..         "u8);

    /// <summary>The sum over the name that the parts of its long name repeat (fatgen103 7.2).</summary>
    public byte Checksum
    {
        get
        {
            byte sum = 0;
            foreach (byte b in Name)
            {
                sum = unchecked((byte)(((sum & 1) << 7) + (sum >> 1) + b));
            }

            return sum;
        }
    }
}

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
