namespace ImageFs.MountTests.Oracles;

/// <summary>Which facts of an entry to compare.</summary>
internal static class Facts
{
    /// <summary>All that stat(2), lookups, readlink(2) and the contents tell, but for the inode number, which is each driver's own.</summary>
    public static readonly string[] All =
        ["mode", "uid", "gid", "size", "nlink", "blocks", "atime", "mtime", "ctime", "rdev", "target", "sha256", "spellings", "list", "error"];

    /// <summary>And what a driver records in the image: inode numbers, holes, extended attributes.</summary>
    public static readonly string[] Recorded = [.. All, "ino", "btime", "data", "xattr"];
}
