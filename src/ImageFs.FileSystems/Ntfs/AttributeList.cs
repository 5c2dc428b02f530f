using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>An entry of $ATTRIBUTE_LIST: where an attribute is, or a piece of one (linux-ntfs, $ATTRIBUTE_LIST).</summary>
/// <param name="bytes">All of it.</param>
internal readonly ref struct AttributeListEntry(ReadOnlySpan<byte> bytes)
{
    /// <summary>The shortest one.</summary>
    public const int MinLength = 0x1A;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public AttributeType Type => (AttributeType)BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>The attribute's name in UTF-16; empty when it has none.</summary>
    public ReadOnlySpan<char> Name => MemoryMarshal.Cast<byte, char>(_bytes.Slice(_bytes[6] == 0 ? 0 : _bytes[7], _bytes[6] * sizeof(char)));

    /// <summary>The first cluster of the attribute that the piece tells of.</summary>
    public long LowestVcn => BinaryPrimitives.ReadInt64LittleEndian(_bytes[8..]);

    /// <summary>The record that it is in.</summary>
    public FileReference Record => new(_bytes[16..]);

    /// <summary>Its number there.</summary>
    public ushort Id => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[24..]);
}

/// <summary>The list of all attributes of a file, of one whose attributes are in several records.</summary>
internal sealed class AttributeList
{
    /// <summary>What specifies it.</summary>
    public const string Clause = "linux-ntfs, $ATTRIBUTE_LIST";

    // $AttrDef has this for its longest.
    private const int MaxLength = 256 * 1024;

    private readonly byte[] _bytes;
    private readonly long _record;
    private readonly long _address;

    private AttributeList(FileRecord record, byte[] bytes)
    {
        _bytes = bytes;
        _record = record.Number;
        _address = record.Address;
    }

    /// <summary>The list of a record; null when all attributes of the file are in that.</summary>
    /// <param name="record">The file's first record.</param>
    /// <param name="volume">The clusters of the volume.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static AttributeList? Read(FileRecord record, ClusterReader volume)
    {
        if (!record.TryFind(AttributeType.AttributeList, default, out AttributeRecord attribute))
        {
            return null;
        }

        if (attribute.DataSize is <= 0 or > MaxLength)
        {
            throw record.Damaged($"its list of attributes has {attribute.DataSize} bytes", Clause);
        }

        if (!attribute.IsNonResident)
        {
            return new AttributeList(record, attribute.Value.ToArray());
        }

        var runs = new RunMapBuilder(volume.Geometry);
        runs.Add(record, attribute);
        ExtentMap map = runs.Build();
        if (map.Length < attribute.DataSize)
        {
            throw record.Damaged($"its list of attributes has {attribute.DataSize} bytes in clusters of {map.Length}", Clause);
        }

        byte[] bytes = new byte[attribute.DataSize];
        volume.Read(map, 0, bytes);
        return new AttributeList(record, bytes);
    }

    /// <summary>The entry at a place of the list, and the place of the next one.</summary>
    /// <param name="place">From 0; that of the next entry afterwards.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public bool TryRead(ref int place, out AttributeListEntry entry)
    {
        ReadOnlySpan<byte> rest = _bytes.AsSpan(place);
        entry = default;
        if (rest.IsEmpty)
        {
            return false;
        }

        int length = rest.Length < AttributeListEntry.MinLength ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]);
        if (length < AttributeListEntry.MinLength || length % 8 != 0 || length > rest.Length || (rest[6] > 0 && rest[7] + (rest[6] * sizeof(char)) > length))
        {
            throw Damaged($"at byte {place} of it is an entry of {length} bytes");
        }

        entry = new AttributeListEntry(rest[..length]);
        place += length;
        return true;
    }

    /// <summary>The error of something that is wrong with it.</summary>
    public InvalidImageException Damaged(string problem) => new($"attribute list of file record {_record}", _address, problem, Clause);
}
