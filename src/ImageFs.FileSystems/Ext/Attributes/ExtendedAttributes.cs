using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Attributes;

/// <summary>The extended attributes of inodes: those after the inode's fields, and those in a block of their own.</summary>
internal sealed class ExtendedAttributes
{
    /// <summary>Where they are specified.</summary>
    public const string Clause = "ext4: Extended Attributes";

    // EXT4_XATTR_SIZE_MAX.
    private const uint MaxValueSize = 1 << 24;

    private readonly ExtVolume _volume;
    private readonly ExtendedAttributeCheck _check;

    /// <param name="volume">The file system.</param>
    public ExtendedAttributes(ExtVolume volume)
    {
        _volume = volume;
        _check = new ExtendedAttributeCheck(volume.Geometry);
    }

    /// <summary>The whole names that Linux shows, of the prefixes that are wanted.</summary>
    /// <exception cref="ImageException">They are damaged.</exception>
    public List<byte[]> List(Inode inode, Func<byte, bool> isShown)
    {
        var names = new List<byte[]>();
        AddNames(InInode(inode), isShown, names);
        AddNames(InBlock(inode), isShown, names);
        return names;
    }

    /// <summary>The value of an attribute; null when there is none of the name.</summary>
    /// <param name="inode">The inode.</param>
    /// <param name="index">The prefix.</param>
    /// <param name="name">The name after it.</param>
    /// <exception cref="ImageException">They are damaged.</exception>
    public byte[]? Get(Inode inode, byte index, ReadOnlySpan<byte> name)
    {
        ExtendedAttributeArea area = InInode(inode);
        if (!TryFind(ref area, index, name))
        {
            area = InBlock(inode);
            if (!TryFind(ref area, index, name))
            {
                return null;
            }
        }

        byte[] value = area.Current.ValueInode == 0 ? area.Value.ToArray() : ReadValueInode(inode, area.Current);
        return ExtendedAttributeName.IsAccessControlList(index)
            ? AccessControlList.FromDisk(value) ?? throw Damaged(inode, "its access control list is not valid")
            : value;
    }

    /// <summary>The contents of an inode with inline data: i_block, and what follows in the attribute <c>system.data</c>.</summary>
    /// <exception cref="ImageException">It has no such attribute.</exception>
    public static byte[] ReadInlineData(Inode inode)
    {
        ExtendedAttributeArea area = InInode(inode);
        return TryFind(ref area, ExtendedAttributeName.System, "data"u8) && area.Current.ValueInode == 0
            ? [.. inode.Block, .. area.Value]
            : throw new InvalidImageException(
                $"inode {inode.Number}", inode.Address, "it has inline data but no attribute for them", "ext4: Inline Data");
    }

    private static ExtendedAttributeArea InInode(Inode inode)
    {
        ReadOnlySpan<byte> bytes = inode.Attributes;
        bool isUsed = bytes.Length >= sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == ExtendedAttributeBlock.MagicNumber;
        return isUsed
            ? new ExtendedAttributeArea(bytes[sizeof(uint)..], inode.Address + inode.AttributesOffset + sizeof(uint), 0)
            : default;
    }

    private static bool TryFind(ref ExtendedAttributeArea area, byte index, ReadOnlySpan<byte> name)
    {
        while (area.MoveNext())
        {
            if (area.Current.NameIndex == index && area.Current.Name.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    private static void AddNames(ExtendedAttributeArea area, Func<byte, bool> isShown, List<byte[]> names)
    {
        while (area.MoveNext())
        {
            ReadOnlySpan<byte> prefix = ExtendedAttributeName.Prefix(area.Current.NameIndex);
            if (!prefix.IsEmpty && isShown(area.Current.NameIndex))
            {
                names.Add([.. prefix, .. area.Current.Name]);
            }
        }
    }

    private static InvalidImageException Damaged(Inode inode, string problem) =>
        new($"extended attributes of inode {inode.Number}", inode.Address, problem, Clause);

    private ExtendedAttributeArea InBlock(Inode inode)
    {
        ulong block = _volume.AttributeBlockOf(inode);
        if (block == 0)
        {
            return default;
        }

        if (!_volume.Geometry.IsValid(block, 1))
        {
            throw Damaged(inode, $"block {block} is out of range");
        }

        byte[] bytes = new byte[_volume.Geometry.BlockSize];
        _volume.Blocks.Read((long)block, _check, _volume.Geometry.ChecksumSeed, bytes);
        return new ExtendedAttributeArea(bytes, _volume.Geometry.AddressOf((long)block), ExtendedAttributeBlock.Size);
    }

    private byte[] ReadValueInode(Inode owner, ExtendedAttributeEntry entry)
    {
        Inode inode = _volume.Inodes.Read(entry.ValueInode);
        if (!inode.Flags.HasFlag(InodeFlags.EaInode) || _volume.SizeOf(inode) != entry.ValueSize || entry.ValueSize > MaxValueSize)
        {
            throw Damaged(owner, $"inode {entry.ValueInode} does not hold a value of {entry.ValueSize} bytes");
        }

        BlockSource contents = _volume.OpenContents(inode);
        byte[] value = new byte[Math.Min(entry.ValueSize, _volume.Source.Length)];
        contents.ReadAt(0, value);

        // An inode of Lustre's older form names its owner instead of having the value's checksum.
        bool isLustre = inode.RawModifyTime == owner.Number && inode.Generation == owner.Generation;
        return isLustre || inode.RawAccessTime == Crc32C.Append(_volume.Geometry.ChecksumSeed, value)
            ? value
            : throw Damaged(owner, $"the checksum of the value in inode {entry.ValueInode} is wrong");
    }
}
