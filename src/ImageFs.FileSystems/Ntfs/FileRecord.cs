using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>A record of the master file table: a file, or a part of its attributes (linux-ntfs, FILE Record).</summary>
internal readonly ref struct FileRecord
{
    /// <summary>What specifies it.</summary>
    public const string Clause = "linux-ntfs, FILE Record";

    private const int HeadLength = 0x2A;

    /// <param name="bytes">All of it, with its update sequence applied.</param>
    /// <param name="number">Its number.</param>
    /// <param name="address">Where it is in the volume.</param>
    public FileRecord(ReadOnlySpan<byte> bytes, long number, long address)
    {
        Bytes = bytes;
        Number = number;
        Address = address;
    }

    /// <summary>All of it.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Its number.</summary>
    public long Number { get; }

    /// <summary>Where it is in the volume.</summary>
    public long Address { get; }

    /// <summary>How often the record was used.</summary>
    public ushort Sequence => BinaryPrimitives.ReadUInt16LittleEndian(Bytes[16..]);

    /// <summary>Names that it says to have, those of DOS among them.</summary>
    public ushort NameCount => BinaryPrimitives.ReadUInt16LittleEndian(Bytes[18..]);

    /// <summary>Whether it is in use.</summary>
    public bool IsInUse => (Bytes[22] & 1) != 0;

    /// <summary>Whether it is a directory's.</summary>
    public bool IsDirectory => (Bytes[22] & 2) != 0;

    /// <summary>Of a record that only has more attributes of another: that one.</summary>
    public FileReference Base => new(Bytes[32..]);

    /// <summary>What refers to it.</summary>
    public FileReference Reference => new((ulong)Number | ((ulong)Sequence << 48));

    /// <summary>Goes through its attributes.</summary>
    public AttributeWalker Attributes => new(this);

    private int FirstAttribute => BinaryPrimitives.ReadUInt16LittleEndian(Bytes[20..]);

    private uint UsedLength => BinaryPrimitives.ReadUInt32LittleEndian(Bytes[24..]);

    /// <summary>The bytes that attributes are in.</summary>
    internal ReadOnlySpan<byte> Used => Bytes[..(int)UsedLength];

    /// <summary>Where the attributes begin.</summary>
    internal int Start => FirstAttribute;

    /// <summary>Puts a record as it is on disk right.</summary>
    /// <param name="record">The record.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static string? Prepare(Span<byte> record)
    {
        if (!record.StartsWith("FILE"u8))
        {
            return record.StartsWith("BAAD"u8) ? "it was marked as damaged by chkdsk" : "it has not the mark of a file record";
        }

        if (UpdateSequence.Apply(record) is { } problem)
        {
            return problem;
        }

        var prepared = new FileRecord(record, 0, 0);
        return prepared.UsedLength > record.Length || prepared.FirstAttribute < HeadLength || prepared.FirstAttribute % 8 != 0 || prepared.FirstAttribute >= prepared.UsedLength
            ? $"its attributes from byte {prepared.FirstAttribute} to {prepared.UsedLength} are not in its {record.Length} bytes"
            : null;
    }

    /// <summary>The first attribute of a type and a name in this record; the default when there is none.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public bool TryFind(AttributeType type, ReadOnlySpan<char> name, out AttributeRecord attribute)
    {
        AttributeWalker walker = Attributes;
        while (walker.MoveNext() && walker.Current.Type <= type)
        {
            if (walker.Current.Is(type, name))
            {
                attribute = walker.Current;
                return true;
            }
        }

        attribute = default;
        return false;
    }

    /// <summary>The error of something that is wrong with it.</summary>
    public InvalidImageException Damaged(string problem, string clause = Clause) => new($"file record {Number}", Address, problem, clause);
}

/// <summary>Goes through the attributes of a record, which are in the order of their types.</summary>
internal ref struct AttributeWalker
{
    private const int Alignment = 8;

    private readonly FileRecord _record;
    private int _next;
    private AttributeType _last;

    public AttributeWalker(FileRecord record)
    {
        _record = record;
        _next = record.Start;
    }

    /// <summary>The attribute that it is at.</summary>
    public AttributeRecord Current { get; private set; }

    /// <summary>Goes to the next attribute.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public bool MoveNext()
    {
        ReadOnlySpan<byte> rest = _record.Used[_next..];
        if (rest.Length < sizeof(uint))
        {
            throw Damaged("no end of the attributes");
        }

        var type = (AttributeType)BinaryPrimitives.ReadUInt32LittleEndian(rest);
        if (type == AttributeType.End)
        {
            return false;
        }

        uint length = rest.Length < AttributeRecord.MinLength ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        if (length < AttributeRecord.MinLength || length % Alignment != 0 || length > rest.Length)
        {
            throw Damaged($"an attribute of {length} bytes");
        }

        if (type < _last)
        {
            throw Damaged($"an attribute of type 0x{(uint)type:X} after one of 0x{(uint)_last:X}");
        }

        var attribute = new AttributeRecord(rest[..(int)length]);
        if (attribute.FindProblem() is { } problem)
        {
            throw Damaged($"an attribute of type 0x{(uint)type:X}, and {problem}");
        }

        _last = type;
        _next += (int)length;
        Current = attribute;
        return true;
    }

    private readonly InvalidImageException Damaged(string problem) => _record.Damaged($"at byte {_next} of it is {problem}", AttributeRecord.Clause);
}
