using System.Buffers.Binary;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>Times and attributes of a file (linux-ntfs, $STANDARD_INFORMATION).</summary>
internal readonly ref struct StandardInformation
{
    /// <summary>The shortest one, of NTFS 1.2.</summary>
    public const int MinLength = 0x30;

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

    public FileAttributes Attributes => (FileAttributes)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[32..]);

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
