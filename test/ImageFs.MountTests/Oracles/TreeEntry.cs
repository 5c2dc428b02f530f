namespace ImageFs.MountTests.Oracles;

/// <summary>
/// One name of a tree and what a reader says about it. A reader tells what it knows: mode, uid, gid, size, nlink, blocks, ino, atime,
/// mtime, ctime, btime, rdev, target, sha256, data (where SEEK_DATA finds some), xattr, order (its place in the listing), dev (its device where that
/// is not the root's), and statfs of the root. A value "!5" is an error number.
/// </summary>
/// <param name="Path">From the root, bytes that are no printable ASCII as \xNN.</param>
/// <param name="Facts">What is known, by name.</param>
internal sealed record TreeEntry(string Path, IReadOnlyDictionary<string, string> Facts)
{
    /// <summary>A fact, or null.</summary>
    public string? this[string name] => Facts.GetValueOrDefault(name);

    /// <summary>The type and the permission bits, as in st_mode.</summary>
    public int Mode => Convert.ToInt32(this["mode"] ?? "0", 8);

    public bool IsDirectory => (Mode & 0xF000) == 0x4000;

    public bool IsFile => (Mode & 0xF000) == 0x8000;

    public bool IsSymbolicLink => (Mode & 0xF000) == 0xA000;

    /// <summary>The same entry with some of its facts.</summary>
    public TreeEntry Only(params IReadOnlyCollection<string> facts) =>
        this with { Facts = Facts.Where(fact => facts.Contains(fact.Key)).ToDictionary() };

    /// <summary>Reads a line "PATH key=value key=value".</summary>
    public static TreeEntry Parse(string line)
    {
        string[] words = line.Split(' ');
        return new TreeEntry(words[0], words[1..].Select(word => word.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]));
    }
}
