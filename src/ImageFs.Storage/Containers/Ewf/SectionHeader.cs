using System.Buffers.Binary;
using System.Text;

namespace ImageFs.Storage.Containers.Ewf;

/// <summary>The start of a segment file; all numbers of the format are little-endian (EWF: file header).</summary>
internal readonly ref struct SegmentHeader(ReadOnlySpan<byte> bytes)
{
    /// <summary>Bytes of it.</summary>
    public const int Length = 13;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>What it begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [(byte)'E', (byte)'V', (byte)'F', 0x09, 0x0D, 0x0A, 0xFF, 0x00];

    public bool HasMagic => _bytes.StartsWith(Magic);

    /// <summary>The number of the segment, from 1 on.</summary>
    public int Number => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[9..]);
}

/// <summary>The start of a section (EWF: section descriptor).</summary>
internal readonly ref struct SectionHeader(ReadOnlySpan<byte> bytes)
{
    /// <summary>Bytes of it.</summary>
    public const int Length = 76;

    private const int TypeLength = 16;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>What it is.</summary>
    public string Type
    {
        get
        {
            ReadOnlySpan<byte> type = _bytes[..TypeLength];
            int end = type.IndexOf((byte)0);
            return Encoding.ASCII.GetString(end < 0 ? type : type[..end]);
        }
    }

    /// <summary>Where the next one begins in the file; the last names itself.</summary>
    public ulong Next => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[16..]);

    /// <summary>Bytes of the section, with this header; 0 of some that have no more.</summary>
    public ulong Size => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[24..]);

    public bool HasChecksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[72..]) == Adler32.Of(_bytes[..72]);
}

/// <summary>A section of a segment.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Address">Where its header begins in the file.</param>
/// <param name="Length">Bytes of what follows the header.</param>
internal readonly record struct Section(string Type, long Address, long Length)
{
    /// <summary>Where what follows its header begins.</summary>
    public long Start => Address + SectionHeader.Length;

    /// <summary>The first byte after it.</summary>
    public long End => Start + Length;
}

/// <summary>The start of a table of chunks (EWF: table section).</summary>
internal readonly ref struct TableHeader(ReadOnlySpan<byte> bytes)
{
    /// <summary>Bytes of it.</summary>
    public const int Length = 24;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Entries that follow.</summary>
    public uint Count => BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>What is added to each entry.</summary>
    public ulong Base => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[8..]);

    public bool HasChecksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[20..]) == Adler32.Of(_bytes[..20]);
}
