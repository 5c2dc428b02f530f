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

    /// <summary>Whether an index is for an access control list: of another form on disk, and without a name behind the prefix.</summary>
    public static bool IsAccessControlList(byte index) => index is PosixAclAccess or PosixAclDefault;

    /// <summary>Splits a whole name.</summary>
    /// <param name="name">The name with its prefix.</param>
    /// <param name="index">The index of the prefix.</param>
    /// <param name="rest">What is behind the prefix.</param>
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
