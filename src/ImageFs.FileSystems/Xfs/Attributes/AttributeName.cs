namespace ImageFs.FileSystems.Xfs.Attributes;

/// <summary>The names of attributes: on disk the prefix is a flag, and access control lists have names of their own.</summary>
internal static class AttributeName
{
    /// <summary>The flags that stand for a prefix: an attribute has one of them, or none.</summary>
    public const AttributeFlags Namespaces = AttributeFlags.Root | AttributeFlags.Secure;

    private static ReadOnlySpan<byte> AccessName => "system.posix_acl_access"u8;

    private static ReadOnlySpan<byte> DefaultName => "system.posix_acl_default"u8;

    private static ReadOnlySpan<byte> AccessNameOnDisk => "SGI_ACL_FILE"u8;

    private static ReadOnlySpan<byte> DefaultNameOnDisk => "SGI_ACL_DEFAULT"u8;

    /// <summary>Adds the names by which Linux shows an attribute.</summary>
    /// <param name="names">Gets them.</param>
    /// <param name="flags">The flags of the attribute.</param>
    /// <param name="name">Its name on disk.</param>
    public static void AddTo(List<byte[]> names, AttributeFlags flags, ReadOnlySpan<byte> name)
    {
        AttributeFlags kind = KindOf(flags);
        if (kind.HasFlag(AttributeFlags.Root) && name.SequenceEqual(AccessNameOnDisk))
        {
            names.Add(AccessName.ToArray());
        }
        else if (kind.HasFlag(AttributeFlags.Root) && name.SequenceEqual(DefaultNameOnDisk))
        {
            names.Add(DefaultName.ToArray());
        }

        names.Add([.. Prefix(kind), .. name]);
    }

    /// <summary>What a name is on disk.</summary>
    /// <param name="name">The whole name.</param>
    /// <param name="kind">The flag that stands for the prefix.</param>
    /// <param name="onDisk">The name there.</param>
    /// <param name="isAccessControlList">Whether the value has another form there.</param>
    /// <returns>False when no attribute can have the name.</returns>
    public static bool TryParse(ReadOnlySpan<byte> name, out AttributeFlags kind, out ReadOnlySpan<byte> onDisk, out bool isAccessControlList)
    {
        isAccessControlList = name.SequenceEqual(AccessName) || name.SequenceEqual(DefaultName);
        if (isAccessControlList)
        {
            kind = AttributeFlags.Root;
            onDisk = name.SequenceEqual(AccessName) ? AccessNameOnDisk : DefaultNameOnDisk;
            return true;
        }

        foreach (AttributeFlags candidate in (ReadOnlySpan<AttributeFlags>)[AttributeFlags.None, AttributeFlags.Root, AttributeFlags.Secure])
        {
            if (name.StartsWith(Prefix(candidate)))
            {
                kind = candidate;
                onDisk = name[Prefix(candidate).Length..];
                return onDisk.Length > 0;
            }
        }

        kind = default;
        onDisk = default;
        return false;
    }

    /// <summary>The flags that stand for the prefix.</summary>
    public static AttributeFlags KindOf(AttributeFlags flags) => flags & Namespaces;

    /// <summary>Whether an attribute is the one of a name on disk.</summary>
    public static bool IsOf(in AttributeEntry entry, AttributeFlags kind, ReadOnlySpan<byte> onDisk) =>
        entry.IsShown && KindOf(entry.Flags) == kind && entry.Name.SequenceEqual(onDisk);

    private static ReadOnlySpan<byte> Prefix(AttributeFlags kind) =>
        kind.HasFlag(AttributeFlags.Root) ? "trusted."u8 : kind.HasFlag(AttributeFlags.Secure) ? "security."u8 : "user."u8;
}
