using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Attributes;

/// <summary>The extended attributes of inodes, as Linux shows them. The filter of names that an inode may have only saves looking.</summary>
/// <param name="volume">The file system.</param>
/// <param name="options">Which of them are shown.</param>
internal sealed class ExtendedAttributes(ErofsVolume volume, ErofsOptions options)
{
    private const int MaxName = 255;

    /// <summary>The names of an inode's attributes, with their prefixes.</summary>
    /// <exception cref="ImageException">They are damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public IReadOnlyList<byte[]> List(in Inode inode)
    {
        var names = new List<byte[]>();
        var cursor = new AttributeCursor(volume, in inode);
        while (cursor.MoveNext())
        {
            if (TryFindPrefix(cursor.NameIndex, out ReadOnlySpan<byte> prefix, out ReadOnlySpan<byte> infix))
            {
                byte[] name = new byte[prefix.Length + infix.Length + cursor.NameLength];
                prefix.CopyTo(name);
                infix.CopyTo(name.AsSpan(prefix.Length));
                cursor.ReadName(name.AsSpan(prefix.Length + infix.Length));
                names.Add(name.AsSpan().Contains((byte)0) ? throw inode.Damaged("the name of an extended attribute has a zero in it") : name);
            }
        }

        return names;
    }

    /// <summary>The value of an attribute; null when the inode has none of that name.</summary>
    /// <param name="inode">The inode.</param>
    /// <param name="name">The name, with its prefix.</param>
    /// <exception cref="ImageException">They are damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public byte[]? Get(in Inode inode, ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[MaxName];
        var cursor = new AttributeCursor(volume, in inode);
        while (cursor.MoveNext())
        {
            if (!TryFindPrefix(cursor.NameIndex, out ReadOnlySpan<byte> prefix, out ReadOnlySpan<byte> infix)
                || name.Length != prefix.Length + infix.Length + cursor.NameLength
                || !name.StartsWith(prefix) || !name[prefix.Length..].StartsWith(infix))
            {
                continue;
            }

            Span<byte> rest = buffer[..cursor.NameLength];
            cursor.ReadName(rest);
            if (name[(prefix.Length + infix.Length)..].SequenceEqual(rest))
            {
                byte[] value = new byte[cursor.ValueLength];
                cursor.ReadValue(value);
                return value;
            }
        }

        return null;
    }

    private bool TryFindPrefix(byte index, out ReadOnlySpan<byte> prefix, out ReadOnlySpan<byte> infix)
    {
        infix = [];
        prefix = [];
        if ((index & AttributeIndex.LongPrefix) != 0)
        {
            IReadOnlyList<AttributePrefix> prefixes = volume.AttributePrefixes.Value;
            int number = index & ~AttributeIndex.LongPrefix;
            if (number >= prefixes.Count)
            {
                return false;
            }

            infix = prefixes[number].Infix;
            index = prefixes[number].Index;
        }

        bool isShown = index switch
        {
            AttributeIndex.User => options.UserAttributes,
            AttributeIndex.AccessList or AttributeIndex.DefaultAccessList => options.AccessControlLists,
            _ => true,
        };
        prefix = isShown ? AttributeIndex.Prefix(index) : [];
        return !prefix.IsEmpty;
    }
}
