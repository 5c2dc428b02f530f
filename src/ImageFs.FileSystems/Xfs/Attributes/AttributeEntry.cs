using System.Buffers.Binary;

namespace ImageFs.FileSystems.Xfs.Attributes;

/// <summary>The flags of an attribute (XFS_ATTR_*).</summary>
[Flags]
internal enum AttributeFlags : byte
{
    None = 0,

    /// <summary>The value is beside the name.</summary>
    Local = 1,

    /// <summary>The name is one of the system: "trusted.", and access control lists.</summary>
    Root = 2,

    /// <summary>The name is one of "security.".</summary>
    Secure = 4,

    /// <summary>It is a pointer to a parent, and no attribute for anybody.</summary>
    Parent = 8,

    /// <summary>It was not written to its end.</summary>
    Incomplete = 0x80,
}

/// <summary>An attribute as it is on disk, in the inode or in a leaf (xfs_attr_sf_entry, xfs_attr_leaf_name_local, xfs_attr_leaf_name_remote).</summary>
internal readonly ref struct AttributeEntry
{
    private const int ShortHeaderSize = 3;
    private const int LocalHeaderSize = 3;
    private const int RemoteHeaderSize = 9;

    public AttributeFlags Flags { get; private init; }

    public ReadOnlySpan<byte> Name { get; private init; }

    /// <summary>The value, when it is beside the name.</summary>
    public ReadOnlySpan<byte> Value { get; private init; }

    /// <summary>Where the value is in the fork, in blocks, when it is not; 0 when it is.</summary>
    public uint ValueBlock { get; private init; }

    /// <summary>Bytes of the value.</summary>
    public long ValueLength { get; private init; }

    /// <summary>Whether Linux shows it.</summary>
    public bool IsShown => (Flags & (AttributeFlags.Parent | AttributeFlags.Incomplete)) == 0;

    /// <summary>What is wrong with one that Linux shows (xfs_attr_namecheck, xfs_attr_check_namespace); null when nothing is.</summary>
    public string? Problem =>
        !IsShown ? null
        : Name.Contains((byte)0) ? "its name has a zero in it"
        : (Flags & AttributeName.Namespaces) == AttributeName.Namespaces ? $"its flags are 0x{(byte)Flags:X2}"
        : null;

    /// <summary>Reads one that is in the inode.</summary>
    /// <param name="bytes">The fork from there on.</param>
    /// <param name="entry">The attribute.</param>
    /// <returns>Bytes that it takes; 0 when it does not fit.</returns>
    public static int ReadShort(ReadOnlySpan<byte> bytes, out AttributeEntry entry)
    {
        entry = default;
        int length = bytes.Length < ShortHeaderSize ? 0 : ShortHeaderSize + bytes[0] + bytes[1];
        if (length == 0 || length > bytes.Length || bytes[0] == 0)
        {
            return 0;
        }

        entry = new AttributeEntry
        {
            Flags = (AttributeFlags)bytes[2],
            Name = bytes.Slice(ShortHeaderSize, bytes[0]),
            Value = bytes.Slice(ShortHeaderSize + bytes[0], bytes[1]),
            ValueLength = bytes[1],
        };
        return length;
    }

    /// <summary>Reads one that is in a leaf.</summary>
    /// <param name="leaf">The leaf.</param>
    /// <param name="index">Its place among the entries.</param>
    /// <param name="entry">The attribute.</param>
    /// <returns>False when it does not fit.</returns>
    public static bool TryRead(HashBlock leaf, int index, out AttributeEntry entry)
    {
        entry = default;
        ReadOnlySpan<byte> header = leaf.Bytes.Slice(leaf.EntriesOffset + (index * HashBlock.EntrySize), HashBlock.EntrySize);
        int place = BinaryPrimitives.ReadUInt16BigEndian(header[4..]);
        var flags = (AttributeFlags)header[6];
        int headerSize = flags.HasFlag(AttributeFlags.Local) ? LocalHeaderSize : RemoteHeaderSize;
        if (place + headerSize > leaf.Bytes.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = leaf.Bytes[place..];
        int nameLength = rest[headerSize - 1];
        if (headerSize + nameLength > rest.Length || nameLength == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> name = rest.Slice(headerSize, nameLength);
        if (!flags.HasFlag(AttributeFlags.Local))
        {
            entry = new AttributeEntry
            {
                Flags = flags,
                Name = name,
                ValueBlock = BinaryPrimitives.ReadUInt32BigEndian(rest),
                ValueLength = BinaryPrimitives.ReadUInt32BigEndian(rest[4..]),
            };
            return true;
        }

        int valueLength = BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (headerSize + nameLength + valueLength > rest.Length)
        {
            return false;
        }

        entry = new AttributeEntry { Flags = flags, Name = name, Value = rest.Slice(headerSize + nameLength, valueLength), ValueLength = valueLength };
        return true;
    }
}
