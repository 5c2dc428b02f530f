using System.Buffers.Binary;
using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.Storage;

namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>The extended attributes: lists that inodes may share, with values that may lie in another list (xattr_id_table).</summary>
internal sealed class AttributeTable
{
    private const string Clause = "squashfs_xattr_entry";

    private const int HeaderSize = 16;
    private const int EntrySize = 16;
    private const int KeySize = 4;
    private const int OffsetBits = 16;
    private const int KindMask = 0xFF;

    // The value is elsewhere: what is here is its place.
    private const int IsElsewhere = 0x100;

    // XATTR_SIZE_MAX and XATTR_LIST_MAX: more no system call hands out.
    private const uint MaxValueLength = 64 << 10;
    private const long MaxListLength = 64 << 10;

    private static readonly byte[][] s_prefixes = ["user."u8.ToArray(), "trusted."u8.ToArray(), "security."u8.ToArray()];

    private readonly MetadataReader _metadata;
    private readonly IndexedTable _lists;
    private readonly ulong _start;
    private readonly ulong _end;

    /// <exception cref="ImageException">The table is not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public AttributeTable(BlockSource volume, MetadataReader metadata, SuperBlock super)
    {
        if (super.FindProblemOf("table of extended attributes", super.AttributeTable) is { } problem)
        {
            throw SuperBlock.Damaged(problem);
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        volume.ReadAt((long)super.AttributeTable, header);
        var fields = new Fields(header, false);
        _metadata = metadata;
        _start = fields[new Field(0, 64)];
        _end = super.AttributeTable;
        if (_start > _end)
        {
            throw new InvalidImageException("table of extended attributes", (long)super.AttributeTable, $"its lists begin at 0x{_start:X}, behind it", "squashfs_xattr_id_table");
        }

        _lists = new IndexedTable("lists of extended attributes", volume, metadata, super.AttributeTable + HeaderSize, fields.Word(new Field(64, 32)), EntrySize, super);
    }

    /// <summary>Lists that there are.</summary>
    public long Count => _lists.Count;

    /// <summary>Bytes that a list takes: names with prefixes, and values.</summary>
    /// <param name="number">The list.</param>
    /// <exception cref="ImageException">There is none.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public uint SizeOf(uint number)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        ReadEntry(number, entry);
        return new Fields(entry, false).Word(new Field(96, 32));
    }

    /// <summary>The names of a list, each with its prefix.</summary>
    /// <param name="number">The list.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public List<byte[]> List(uint number)
    {
        var names = new List<byte[]>();
        long length = 0;
        MetadataCursor cursor = Open(number, out uint count);
        for (uint i = 0; i < count; i++)
        {
            int kind = ReadName(ref cursor, out byte[] name);
            SkipValue(ref cursor);
            length += name.Length + 1;
            if (length > MaxListLength)
            {
                throw Damaged(cursor, $"the names of list {number} take more than {MaxListLength} bytes");
            }

            // Linux passes over a kind that it does not know.
            if ((kind & KindMask) < s_prefixes.Length)
            {
                names.Add(name);
            }
        }

        return names;
    }

    /// <summary>The value of an attribute of a list; null when it has none of the name.</summary>
    /// <param name="number">The list.</param>
    /// <param name="name">The name, with its prefix.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public byte[]? Get(uint number, ReadOnlySpan<byte> name)
    {
        MetadataCursor cursor = Open(number, out uint count);
        for (uint i = 0; i < count; i++)
        {
            int kind = ReadName(ref cursor, out byte[] found);
            if ((kind & KindMask) < s_prefixes.Length && name.SequenceEqual(found))
            {
                return ReadValue(ref cursor, (kind & IsElsewhere) != 0);
            }

            SkipValue(ref cursor);
        }

        return null;
    }

    /// <summary>Reads all of a list, every value.</summary>
    /// <param name="number">The list.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Check(uint number)
    {
        MetadataCursor cursor = Open(number, out uint count);
        for (uint i = 0; i < count; i++)
        {
            int kind = ReadName(ref cursor, out _);
            ReadValue(ref cursor, (kind & IsElsewhere) != 0);
        }
    }

    private static InvalidImageException Damaged(MetadataCursor cursor, string problem) =>
        new("extended attribute", cursor.Position.Block, $"at byte {cursor.Position.Offset} of the metadata block there: {problem}", Clause);

    private MetadataCursor Open(uint number, out uint count)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        ReadEntry(number, entry);
        var fields = new Fields(entry, false);
        count = fields.Word(new Field(64, 32));
        return _metadata.Open(PositionOf(fields[new Field(0, 64)]));
    }

    private void ReadEntry(uint number, Span<byte> entry)
    {
        if (number >= Count)
        {
            throw new InvalidImageException("table of extended attributes", (long)_end, $"list {number} is asked for, and there are {Count}", "squashfs_xattr_id");
        }

        _lists.Read(number, entry);
    }

    private MetadataPosition PositionOf(ulong place)
    {
        ulong block = place >> OffsetBits;
        int offset = (int)(place & ((1 << OffsetBits) - 1));
        return block < _end - _start && offset < MetadataBlock.MaxLength
            ? new MetadataPosition((long)(_start + block), offset)
            : throw new InvalidImageException("extended attribute", (long)_start, $"attributes at 0x{place:X} lie outside of their table", Clause);
    }

    private static int ReadName(ref MetadataCursor cursor, out byte[] name)
    {
        Span<byte> key = stackalloc byte[KeySize];
        cursor.Read(key);
        int kind = BinaryPrimitives.ReadUInt16LittleEndian(key);
        int length = BinaryPrimitives.ReadUInt16LittleEndian(key[2..]);
        if (length > byte.MaxValue)
        {
            throw Damaged(cursor, $"a name has {length} bytes");
        }

        ReadOnlySpan<byte> prefix = (kind & KindMask) < s_prefixes.Length ? s_prefixes[kind & KindMask] : [];
        name = new byte[prefix.Length + length];
        prefix.CopyTo(name);
        cursor.Read(name.AsSpan(prefix.Length));
        return kind;
    }

    private static uint ReadLength(ref MetadataCursor cursor)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        cursor.Read(bytes);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return length <= MaxValueLength ? length : throw Damaged(cursor, $"a value has {length} bytes");
    }

    private static void SkipValue(ref MetadataCursor cursor) => cursor.Skip(ReadLength(ref cursor));

    private byte[] ReadValue(ref MetadataCursor cursor, bool isElsewhere)
    {
        uint length = ReadLength(ref cursor);
        if (!isElsewhere)
        {
            byte[] value = new byte[length];
            cursor.Read(value);
            return value;
        }

        if (length != sizeof(ulong))
        {
            throw Damaged(cursor, $"the place of a value has {length} bytes");
        }

        Span<byte> place = stackalloc byte[sizeof(ulong)];
        cursor.Read(place);
        MetadataCursor there = _metadata.Open(PositionOf(BinaryPrimitives.ReadUInt64LittleEndian(place)));
        return ReadValue(ref there, isElsewhere: false);
    }
}
