using System.Buffers.Binary;
using ImageFs.FileSystems.Attributes;

namespace ImageFs.FileSystems.Ext.Attributes;

/// <summary>POSIX access control lists as they are on disk: an entry has an ID only where it needs one (ext4: POSIX ACLs).</summary>
internal static class AccessControlList
{
    private const uint DiskVersion = 1;
    private const int HeaderSize = 4;
    private const int ShortEntrySize = 4;
    private const int EntrySize = 8;

    /// <summary>From the form on disk to that of an extended attribute; null when it is not one.</summary>
    public static byte[]? FromDisk(ReadOnlySpan<byte> disk)
    {
        if (disk.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(disk) != DiskVersion)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = disk[HeaderSize..];
        var list = new PosixAcl(rest.Length / ShortEntrySize);
        while (rest.Length >= ShortEntrySize)
        {
            var tag = (PosixAclTag)BinaryPrimitives.ReadUInt16LittleEndian(rest);
            bool hasId = PosixAcl.HasId(tag);
            int size = hasId ? EntrySize : ShortEntrySize;
            if (size > rest.Length
                || !list.TryAdd(tag, BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]), hasId ? BinaryPrimitives.ReadUInt32LittleEndian(rest[ShortEntrySize..]) : 0))
            {
                return null;
            }

            rest = rest[size..];
        }

        return rest.IsEmpty ? list.ToAttribute() : null;
    }
}
