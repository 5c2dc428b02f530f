using ImageFs.FileSystems.Times;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>File Flags of a directory record (ECMA-119 9.1.6).</summary>
[Flags]
internal enum FileFlags : byte
{
    None = 0,

    /// <summary>Existence: its existence need not be made known to the user.</summary>
    Hidden = 0x01,

    /// <summary>It is a directory.</summary>
    Directory = 0x02,

    /// <summary>It is an associated file of the one with the same identifier.</summary>
    Associated = 0x04,

    /// <summary>Its extended attribute record gives its record format.</summary>
    Record = 0x08,

    /// <summary>Its extended attribute record gives owner and permissions.</summary>
    Protection = 0x10,

    /// <summary>It is not the last directory record of its file.</summary>
    MultiExtent = 0x80,
}

/// <summary>A directory record (ECMA-119 9.1).</summary>
internal readonly ref struct DirectoryRecord
{
    /// <summary>Bytes before the file identifier.</summary>
    public const int FixedLength = 33;

    /// <summary>The longest that a record can be: its length is one byte.</summary>
    public const int MaxLength = 255;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The whole record and nothing after it.</param>
    public DirectoryRecord(ReadOnlySpan<byte> bytes)
    {
        if (FindProblem(bytes) is string problem)
        {
            throw new ArgumentException(problem, nameof(bytes));
        }

        _bytes = bytes;
    }

    /// <summary>The record as it is.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Length of Directory Record in bytes (9.1.1).</summary>
    public byte Length => _bytes[0];

    /// <summary>Extended Attribute Record Length in logical blocks (9.1.2).</summary>
    public byte ExtendedAttributeRecordLength => _bytes[1];

    /// <summary>Location of Extent: its first logical block (9.1.3).</summary>
    public uint LocationOfExtent => BothEndian.UInt32(_bytes[2..]);

    /// <summary>Data Length of the file section in bytes (9.1.4).</summary>
    public uint DataLength => BothEndian.UInt32(_bytes[10..]);

    /// <summary>Recording Date and Time (9.1.5).</summary>
    public ReadOnlySpan<byte> RecordingTime => _bytes.Slice(18, Iso9660.RecordingTime.Length);

    /// <summary>File Flags (9.1.6).</summary>
    public FileFlags Flags => (FileFlags)_bytes[25];

    /// <summary>File Unit Size in logical blocks (9.1.7); 0 when the file section is not interleaved.</summary>
    public byte FileUnitSize => _bytes[26];

    /// <summary>Interleave Gap Size in logical blocks (9.1.8); 0 when the file section is not interleaved.</summary>
    public byte InterleaveGapSize => _bytes[27];

    /// <summary>Volume Sequence Number of the volume that holds the extent (9.1.9).</summary>
    public ushort VolumeSequenceNumber => BothEndian.UInt16(_bytes[28..]);

    /// <summary>File Identifier (9.1.11).</summary>
    public ReadOnlySpan<byte> FileIdentifier => _bytes.Slice(FixedLength, _bytes[32]);

    /// <summary>Where the System Use area begins in the record (9.1.13): on an even byte.</summary>
    public int SystemUseOffset => Math.Min(_bytes.Length, (FixedLength + _bytes[32] + 1) & ~1);

    /// <summary>System Use (9.1.13).</summary>
    public ReadOnlySpan<byte> SystemUse => _bytes[SystemUseOffset..];

    /// <summary>Whether this is the directory's record of itself (6.8.2.2).</summary>
    public bool IsSelf => FileIdentifier is [0];

    /// <summary>Whether this is the directory's record of its parent (6.8.2.2).</summary>
    public bool IsParent => FileIdentifier is [1];

    /// <summary>First logical block after the extended attribute record: of a directory, where its records begin.</summary>
    public long LocationOfData => (long)LocationOfExtent + ExtendedAttributeRecordLength;

    /// <summary>Whether the fields that are recorded in both byte orders say the same in each.</summary>
    public bool FieldsAgree =>
        BothEndian.Agree32(_bytes[2..]) && BothEndian.Agree32(_bytes[10..]) && BothEndian.Agree16(_bytes[28..]);

    /// <summary>What is wrong with the lengths of a record; null when it can be read.</summary>
    public static string? FindProblem(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedLength || bytes[0] < FixedLength)
        {
            return $"its length of {(bytes.IsEmpty ? 0 : bytes[0])} bytes is less than {FixedLength}";
        }

        if (bytes.Length != bytes[0])
        {
            return $"its length is {bytes[0]} bytes, of which {bytes.Length} are there";
        }

        return FixedLength + bytes[32] > bytes.Length
            ? $"its file identifier of {bytes[32]} bytes runs past its length of {bytes.Length}"
            : null;
    }
}

/// <summary>The date and time of a directory record, in seven bytes (ECMA-119 9.1.5).</summary>
internal static class RecordingTime
{
    /// <summary>Bytes that it takes.</summary>
    public const int Length = 7;

    /// <summary>As a point in time. Fields out of their range carry over, as in Linux.</summary>
    public static Timestamp Read(ReadOnlySpan<byte> bytes)
    {
        long seconds = CivilTime.ToSeconds(1900 + bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
        return new Timestamp(seconds - CivilTime.ZoneToSeconds(bytes[6]));
    }
}
