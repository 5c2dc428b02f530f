using System.Buffers.Binary;
using ImageFs.FileSystems.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Attributes;

/// <summary>e_name_index: the prefixes that names have, and which of them a process gets to see (ext4: Extended Attributes).</summary>
internal static class ExtendedAttributeName
{
    public const byte User = 1;
    public const byte PosixAclAccess = 2;
    public const byte PosixAclDefault = 3;
    public const byte Trusted = 4;
    public const byte Security = 6;

    /// <summary>Among these is <c>data</c>, the rest of inline data. Linux shows none of them.</summary>
    public const byte System = 7;

    private const byte Hurd = 10;

    private static readonly byte[] s_indexes = [User, PosixAclAccess, PosixAclDefault, Trusted, Security, Hurd];

    /// <summary>The prefix of an index; empty when names with it are not shown.</summary>
    public static ReadOnlySpan<byte> Prefix(byte index) => index switch
    {
        User => "user."u8,
        PosixAclAccess => "system.posix_acl_access"u8,
        PosixAclDefault => "system.posix_acl_default"u8,
        Trusted => "trusted."u8,
        Security => "security."u8,
        Hurd => "gnu."u8,
        _ => [],
    };

    /// <summary>Whether an index is for an access control list: of another form on disk, and without a name after the prefix.</summary>
    public static bool IsAccessControlList(byte index) => index is PosixAclAccess or PosixAclDefault;

    /// <summary>Splits a whole name.</summary>
    /// <param name="name">The name with its prefix.</param>
    /// <param name="index">The index of the prefix.</param>
    /// <param name="rest">What follows the prefix.</param>
    /// <returns>False when it has none of the prefixes.</returns>
    public static bool TrySplit(ReadOnlySpan<byte> name, out byte index, out ReadOnlySpan<byte> rest)
    {
        foreach (byte candidate in s_indexes)
        {
            ReadOnlySpan<byte> prefix = Prefix(candidate);
            if (name.StartsWith(prefix) && (name.Length == prefix.Length) == IsAccessControlList(candidate))
            {
                index = candidate;
                rest = name[prefix.Length..];
                return true;
            }
        }

        index = 0;
        rest = [];
        return false;
    }
}

/// <summary>An entry of an extended attribute (ext4: Extended Attributes).</summary>
internal readonly ref struct ExtendedAttributeEntry
{
    /// <summary>Bytes before the name.</summary>
    public const int HeaderSize = 16;

    /// <summary>Bytes that entries and values are aligned to.</summary>
    public const int Alignment = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The entry; what follows it does no harm.</param>
    public ExtendedAttributeEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, HeaderSize, nameof(bytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, HeaderSize + bytes[0], nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>e_name_index: which prefix the name has.</summary>
    public byte NameIndex => _bytes[1];

    /// <summary>e_name: the name after its prefix.</summary>
    public ReadOnlySpan<byte> Name => _bytes.Slice(HeaderSize, _bytes[0]);

    /// <summary>e_value_offs: where the value is, from the start of the area's values.</summary>
    public int ValueOffset => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[2..]);

    /// <summary>e_value_inum: the inode that holds the value; 0 when it is in the area.</summary>
    public uint ValueInode => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]);

    /// <summary>e_value_size.</summary>
    public uint ValueSize => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]);

    /// <summary>Bytes of the entry with the padding after its name.</summary>
    public int Length => (HeaderSize + _bytes[0] + Alignment - 1) & ~(Alignment - 1);
}

/// <summary>A place that holds extended attributes, entry by entry: the end of an inode, or a block.</summary>
internal ref struct ExtendedAttributeArea
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _address;
    private int _next;

    /// <param name="bytes">The area; offsets of values count from its start.</param>
    /// <param name="address">Where it is in the volume.</param>
    /// <param name="first">Where the first entry is in it.</param>
    public ExtendedAttributeArea(ReadOnlySpan<byte> bytes, long address, int first)
    {
        _bytes = bytes;
        _address = address;
        _next = first;
    }

    /// <summary>The entry that the area is on.</summary>
    public ExtendedAttributeEntry Current { get; private set; }

    /// <summary>The value of the current entry, when it is in the area. An empty one is nowhere, whatever its offset.</summary>
    public readonly ReadOnlySpan<byte> Value => Current.ValueSize == 0 ? [] : _bytes.Slice(Current.ValueOffset, (int)Current.ValueSize);

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end: four bytes of zeros, or no room for an entry.</returns>
    /// <exception cref="InvalidImageException">The entry, or its value, does not fit, or its name is none.</exception>
    public bool MoveNext()
    {
        ReadOnlySpan<byte> rest = _bytes[_next..];
        if (rest.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(rest) == 0)
        {
            return false;
        }

        if (rest.Length < ExtendedAttributeEntry.HeaderSize + rest[0])
        {
            throw Damaged("its name runs past the end");
        }

        Current = new ExtendedAttributeEntry(rest);
        if (Current.Length > rest.Length)
        {
            throw Damaged("its name runs past the end");
        }

        if (Current.Name.Contains((byte)0))
        {
            throw Damaged("its name has a zero in it");
        }

        if (Current.Name.IsEmpty && ExtendedAttributeName.Prefix(Current.NameIndex) is [.., (byte)'.'])
        {
            throw Damaged("its name has nothing after the prefix");
        }

        if (!Current.Name.IsEmpty && ExtendedAttributeName.IsAccessControlList(Current.NameIndex))
        {
            throw Damaged("its name goes on after that of an access control list");
        }

        if (Current.ValueInode == 0 && Current.ValueSize > 0
            && (Current.ValueOffset < _next + Current.Length || Current.ValueSize > _bytes.Length - Current.ValueOffset))
        {
            throw Damaged(
                $"its value of {Current.ValueSize} bytes at {Current.ValueOffset} does not lie after the names in {_bytes.Length} bytes");
        }

        _next += Current.Length;
        return true;
    }

    private readonly InvalidImageException Damaged(string problem) =>
        new("extended attribute", _address + _next, problem, ExtendedAttributes.Clause);
}

/// <summary>The header of a block of extended attributes (ext4: Extended Attributes).</summary>
internal readonly ref struct ExtendedAttributeBlock
{
    /// <summary>Bytes that it takes: the first entry is after it.</summary>
    public const int Size = 32;

    /// <summary>h_magic, which the attributes in an inode have too.</summary>
    public const uint MagicNumber = 0xEA020000;

    private const int ChecksumOffset = 0x10;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The whole block.</param>
    public ExtendedAttributeBlock(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>h_magic.</summary>
    public uint Magic => UInt32(0x0);

    /// <summary>h_blocks: 1.</summary>
    public uint Blocks => UInt32(0x8);

    /// <summary>h_checksum.</summary>
    public uint Checksum => UInt32(ChecksumOffset);

    /// <summary>What <see cref="Checksum"/> has to be.</summary>
    /// <param name="seed">The seed of the file system.</param>
    /// <param name="number">Number of the block.</param>
    public uint ActualChecksum(uint seed, long number) =>
        Crc32C.AppendWithout(Crc32C.Append(seed, (ulong)number), _bytes, ChecksumOffset, sizeof(uint));

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);
}

/// <summary>Checks blocks of extended attributes. Files share them, so that the checksum knows no inode.</summary>
internal sealed class ExtendedAttributeCheck(Geometry geometry) : MetadataCheck
{
    /// <inheritdoc/>
    public override void Verify(ReadOnlySpan<byte> block, long address, uint seed)
    {
        var header = new ExtendedAttributeBlock(block);
        if (header.Magic != ExtendedAttributeBlock.MagicNumber || header.Blocks != 1)
        {
            throw Damaged(address, $"its magic number is 0x{header.Magic:X}, its length {header.Blocks} blocks");
        }

        if (geometry.HasMetadataChecksums && header.Checksum != header.ActualChecksum(seed, address / geometry.BlockSize))
        {
            throw Damaged(address, "its checksum is wrong");
        }
    }

    private static InvalidImageException Damaged(long address, string problem) =>
        new("extended attribute block", address, problem, ExtendedAttributes.Clause);
}
