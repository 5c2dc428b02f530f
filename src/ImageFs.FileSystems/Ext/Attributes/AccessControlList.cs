using System.Buffers.Binary;

namespace ImageFs.FileSystems.Ext.Attributes;

/// <summary>
/// POSIX access control lists: on disk an entry has an ID only where it needs one (ext4: POSIX ACLs), in an extended attribute
/// every entry has one (linux/posix_acl_xattr.h).
/// </summary>
internal static class AccessControlList
{
    private const uint DiskVersion = 1;
    private const uint AttributeVersion = 2;
    private const uint NoId = uint.MaxValue;
    private const int HeaderSize = 4;
    private const int ShortEntrySize = 4;
    private const int EntrySize = 8;

    private enum Tag : ushort
    {
        UserObject = 0x01,
        User = 0x02,
        GroupObject = 0x04,
        Group = 0x08,
        Mask = 0x10,
        Other = 0x20,
    }

    /// <summary>From the form on disk to that of an extended attribute; null when it is not one.</summary>
    public static byte[]? FromDisk(ReadOnlySpan<byte> disk)
    {
        if (disk.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(disk) != DiskVersion)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = disk[HeaderSize..];
        byte[] attribute = new byte[HeaderSize + (rest.Length / ShortEntrySize * EntrySize)];
        BinaryPrimitives.WriteUInt32LittleEndian(attribute, AttributeVersion);
        int length = HeaderSize;
        while (rest.Length >= ShortEntrySize)
        {
            var tag = (Tag)BinaryPrimitives.ReadUInt16LittleEndian(rest);
            bool hasId = tag is Tag.User or Tag.Group;
            int size = hasId ? EntrySize : ShortEntrySize;
            if (size > rest.Length || !Enum.IsDefined(tag))
            {
                return null;
            }

            Span<byte> entry = attribute.AsSpan(length, EntrySize);
            rest[..size].CopyTo(entry);
            if (!hasId)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(entry[ShortEntrySize..], NoId);
            }

            length += EntrySize;
            rest = rest[size..];
        }

        return rest.IsEmpty ? attribute[..length] : null;
    }
}
