namespace ImageFs.FileSystems.SquashFs.Layout;

/// <summary>A header in a directory, the entries behind it, and an entry of its index, as a version has them on disk.</summary>
internal sealed record DirectoryLayout
{
    /// <summary>Bytes of a header (squashfs_dir_header).</summary>
    public required int HeaderSize { get; init; }

    /// <summary>The entries behind the header, less one.</summary>
    public required Field Count { get; init; }

    /// <summary>The metadata block that their inodes are in.</summary>
    public required Field Start { get; init; }

    /// <summary>What their inode numbers are counted from.</summary>
    public Field InodeNumber { get; init; }

    /// <summary>Bytes of an entry before its name (squashfs_dir_entry).</summary>
    public required int EntrySize { get; init; }

    /// <summary>Where its inode is in the metadata block.</summary>
    public required Field Offset { get; init; }

    /// <summary>What to add to the header's inode number, with a sign.</summary>
    public Field InodeDelta { get; init; }

    /// <summary>Its type.</summary>
    public required Field Type { get; init; }

    /// <summary>Bytes of its name, less one.</summary>
    public required Field NameLength { get; init; }

    /// <summary>Bytes of an entry of the index before its name (squashfs_dir_index); 0 where there are none.</summary>
    public int IndexSize { get; init; }

    /// <summary>Where a header is, in bytes from the start of the directory.</summary>
    public Field Index { get; init; }

    /// <summary>The metadata block that it is in.</summary>
    public Field IndexStart { get; init; }

    /// <summary>Bytes of the name of the first entry behind it, less one.</summary>
    public Field IndexNameLength { get; init; }
}
