using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>Finds names in a directory: by their hash where there is an index, by going through all entries otherwise.</summary>
/// <param name="volume">The file system.</param>
/// <param name="directory">The directory.</param>
internal readonly struct DirectoryLookup(ExtVolume volume, Directory directory)
{
    /// <summary>Finds a name; "." is not looked for.</summary>
    /// <param name="name">The name.</param>
    /// <param name="inode">The inode that it names.</param>
    /// <returns>False when the directory has no such name.</returns>
    /// <exception cref="ImageException">The directory is damaged, and what could be read has no such name.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool TryFind(ReadOnlySpan<byte> name, out uint inode)
    {
        bool isParent = name.SequenceEqual(".."u8);
        if (isParent && directory.IsInline)
        {
            inode = directory.InlineParent;
            return true;
        }

        var match = new NameMatch(name, directory.Flags);
        return directory.IsIndexed && !isParent && match.HasHash && TryFindByHash(match, out bool isFound, out inode)
            ? isFound
            : TryFindByScan(match, out inode);
    }

    /// <returns>False when the index is damaged: then it says nothing.</returns>
    private bool TryFindByHash(NameMatch match, out bool isFound, out uint inode)
    {
        using var buffer = new PooledBuffer(volume.Geometry.BlockSize);
        try
        {
            isFound = new HashTree(volume, directory, buffer.Span).TryFind(match, out inode);
            return true;
        }
        catch (InvalidImageException)
        {
            isFound = false;
            inode = 0;
            return false;
        }
    }

    private bool TryFindByScan(NameMatch match, out uint inode)
    {
        using var buffer = new PooledBuffer(volume.Geometry.BlockSize);
        var cursor = new DirectoryCursor(directory, volume.Geometry, 0, buffer.Span);
        while (cursor.MoveNext())
        {
            if (match.Matches(cursor.Name))
            {
                inode = cursor.Current.Inode;
                return true;
            }
        }

        // The name may be what cannot be read: that it does not exist would be a guess.
        inode = 0;
        return cursor.Damage is null ? false : throw cursor.Damage;
    }
}
