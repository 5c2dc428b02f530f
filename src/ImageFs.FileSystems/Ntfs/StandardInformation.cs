using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>Times and attributes of a file (linux-ntfs, $STANDARD_INFORMATION).</summary>
internal readonly ref struct StandardInformation
{
    /// <summary>The shortest one, of NTFS 1.2.</summary>
    public const int MinLength = 0x30;

    // From NTFS 3.0 on.
    private const int SecurityIdEnd = 0x38;

    private const long UnitsPerSecond = 10_000_000;
    private const int NanosecondsPerUnit = 100;

    // From 1601 to 1970.
    private const long SecondsBefore1970 = 11_644_473_600;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The attribute's contents.</param>
    public StandardInformation(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, MinLength, nameof(bytes));
        _bytes = bytes;
    }

    public Timestamp BirthTime => ReadTime(0);

    public Timestamp ModifyTime => ReadTime(8);

    public Timestamp ChangeTime => ReadTime(16);

    public Timestamp AccessTime => ReadTime(24);

    /// <summary>Which security descriptor of $Secure is its own; 0 when none is.</summary>
    public uint SecurityId => _bytes.Length >= SecurityIdEnd ? BinaryPrimitives.ReadUInt32LittleEndian(_bytes[52..]) : 0;

    /// <summary>The four times as they are recorded: birth, change of contents, change of attributes, access.</summary>
    public ReadOnlySpan<byte> Times => _bytes[..32];

    public FileAttributes Attributes => (FileAttributes)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[32..]);

    /// <summary>Of a directory: whether the case of letters counts in its names whoever looks for them, as WSL makes them.</summary>
    public bool IsCaseSensitive => (_bytes[40] & 1) != 0;

    /// <summary>The attributes of a file by its first record, where this is always; none where it is missing.</summary>
    /// <exception cref="ImageException">The record is damaged.</exception>
    public static FileAttributes AttributesOf(FileRecord record) => TryFind(record, out StandardInformation information) ? information.Attributes : FileAttributes.None;

    /// <summary>Finds it in the first record of a file.</summary>
    /// <exception cref="ImageException">The record is damaged.</exception>
    public static bool TryFind(FileRecord record, out StandardInformation information)
    {
        bool isThere = record.TryFind(AttributeType.StandardInformation, default, out AttributeRecord attribute) && !attribute.IsNonResident && attribute.Value.Length >= MinLength;
        information = isThere ? new StandardInformation(attribute.Value) : default;
        return isThere;
    }

    /// <summary>A count of 100 ns since 1601 as a point in time ([MS-DTYP] 2.3.3).</summary>
    public static Timestamp ToTime(long units)
    {
        (long seconds, long rest) = Math.DivRem(units, UnitsPerSecond);
        if (rest < 0)
        {
            seconds--;
            rest += UnitsPerSecond;
        }

        return new Timestamp(seconds - SecondsBefore1970, (uint)rest * NanosecondsPerUnit);
    }

    private Timestamp ReadTime(int place) => ToTime(BinaryPrimitives.ReadInt64LittleEndian(_bytes[place..]));
}
