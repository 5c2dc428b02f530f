using System.Buffers.Binary;

namespace ImageFs.FileSystems.Attributes;

/// <summary>Whom an entry of an access control list is for (linux/posix_acl.h).</summary>
internal enum PosixAclTag : ushort
{
    UserObject = 0x01,
    User = 0x02,
    GroupObject = 0x04,
    Group = 0x08,
    Mask = 0x10,
    Other = 0x20,
}

/// <summary>
/// A POSIX access control list in the form of the extended attributes <c>system.posix_acl_access</c> and <c>system.posix_acl_default</c>
/// (linux/posix_acl_xattr.h): formats have forms of their own on disk.
/// </summary>
/// <param name="maxEntries">Entries that there may be.</param>
internal struct PosixAcl(int maxEntries)
{
    private const uint Version = 2;
    private const uint NoId = uint.MaxValue;
    private const int HeaderSize = 4;
    private const int EntrySize = 8;

    private readonly byte[] _bytes = new byte[HeaderSize + (maxEntries * EntrySize)];
    private int _length = HeaderSize;

    /// <summary>Whether an entry of this kind names a user or a group.</summary>
    public static bool HasId(PosixAclTag tag) => tag is PosixAclTag.User or PosixAclTag.Group;

    /// <summary>Adds an entry.</summary>
    /// <param name="tag">Whom it is for.</param>
    /// <param name="permissions">What they may do.</param>
    /// <param name="id">The user or group; nothing where the kind of entry has none.</param>
    /// <returns>False when there is no such kind.</returns>
    public bool TryAdd(PosixAclTag tag, ushort permissions, uint id)
    {
        if (!Enum.IsDefined(tag))
        {
            return false;
        }

        Span<byte> entry = _bytes.AsSpan(_length, EntrySize);
        BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)tag);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], permissions);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], HasId(tag) ? id : NoId);
        _length += EntrySize;
        return true;
    }

    /// <summary>The value of the attribute.</summary>
    public readonly byte[] ToAttribute()
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes, Version);
        return _bytes[.._length];
    }
}
