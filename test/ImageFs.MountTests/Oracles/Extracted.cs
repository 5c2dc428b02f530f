namespace ImageFs.MountTests.Oracles;

/// <summary>A tree that an archiver brought onto a disk, as far as it says something of the image.</summary>
internal static class Extracted
{
    private static readonly string[] s_facts = ["mode", "uid", "gid", "rdev", "target"];

    /// <summary>Archivers leave out the times of some that are no files; sizes of directories, blocks and the rest are the disk's own.</summary>
    public static TreeListing List(string tree) => TreeWalker.List(tree).Select(entry => entry.Path == "/"
        ? entry.Only([])
        : entry.Only(entry.IsFile ? [.. s_facts, "size", "mtime", "sha256"] : s_facts));
}
