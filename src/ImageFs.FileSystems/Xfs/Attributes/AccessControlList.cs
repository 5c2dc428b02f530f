using System.Buffers.Binary;
using ImageFs.FileSystems.Attributes;

namespace ImageFs.FileSystems.Xfs.Attributes;

/// <summary>POSIX access control lists as they are on disk (xfs_acl).</summary>
internal static class AccessControlList
{
    private const int HeaderSize = 4;
    private const int EntrySize = 12;

    /// <summary>From the form on disk to that of an extended attribute; null when it is not one.</summary>
    public static byte[]? FromDisk(ReadOnlySpan<byte> disk)
    {
        uint count = disk.Length < HeaderSize ? uint.MaxValue : BinaryPrimitives.ReadUInt32BigEndian(disk);
        if (count > (uint)(disk.Length / EntrySize) || disk.Length < HeaderSize + (count * EntrySize))
        {
            return null;
        }

        var list = new PosixAcl((int)count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = disk.Slice(HeaderSize + (i * EntrySize), EntrySize);
            uint tag = BinaryPrimitives.ReadUInt32BigEndian(entry);
            uint id = BinaryPrimitives.ReadUInt32BigEndian(entry[4..]);
            if (tag > ushort.MaxValue || !list.TryAdd((PosixAclTag)tag, BinaryPrimitives.ReadUInt16BigEndian(entry[8..]), id))
            {
                return null;
            }
        }

        return list.ToAttribute();
    }
}
