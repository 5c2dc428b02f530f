using System.Buffers.Binary;

namespace ImageFs.FileSystems.Ext.Attributes;

/// <summary>An entry of an extended attribute (ext4: Extended Attributes).</summary>
internal readonly ref struct ExtendedAttributeEntry
{
    /// <summary>Bytes before the name.</summary>
    public const int HeaderSize = 16;

    /// <summary>Bytes that entries and values are aligned to.</summary>
    public const int Alignment = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The entry; what is behind it does no harm.</param>
    public ExtendedAttributeEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, HeaderSize, nameof(bytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, HeaderSize + bytes[0], nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>e_name_index: which prefix the name has.</summary>
    public byte NameIndex => _bytes[1];

    /// <summary>e_name: the name behind its prefix.</summary>
    public ReadOnlySpan<byte> Name => _bytes.Slice(HeaderSize, _bytes[0]);

    /// <summary>e_value_offs: where the value is, from the start of the area's values.</summary>
    public int ValueOffset => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[2..]);

    /// <summary>e_value_inum: the inode that holds the value; 0 when it is in the area.</summary>
    public uint ValueInode => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]);

    /// <summary>e_value_size.</summary>
    public uint ValueSize => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]);

    /// <summary>Bytes of the entry with the padding behind its name.</summary>
    public int Length => (HeaderSize + _bytes[0] + Alignment - 1) & ~(Alignment - 1);
}
