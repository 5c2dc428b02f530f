using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Directories;

/// <summary>Whether a name in a directory is the one that is looked for.</summary>
internal enum NameMatch
{
    /// <summary>It is another.</summary>
    None,

    /// <summary>It is the one unless there is one that is the same, which may come after it.</summary>
    Similar,

    /// <summary>It is the one.</summary>
    Same,
}

/// <summary>
/// Goes through the entries of a directory, one by one in the order on disk: all that a format says of its directories. Entries that are not
/// shown are passed over. So is what is damaged, where the entry after it can be found, and that is remembered.
/// </summary>
internal interface IDirectoryCursor : IDisposable
{
    /// <summary>The entry's name as it is shown; good until the next one.</summary>
    ReadOnlySpan<byte> Name { get; }

    /// <summary>The hash of the name, by <see cref="DirectoryListing{TDirectory, TCursor}.Hash"/>.</summary>
    uint Hash { get; }

    /// <summary>The hash of a second name that the entry can be looked up by; null when it has none.</summary>
    uint? AliasHash { get; }

    /// <summary>What the entry names.</summary>
    NodeId Node { get; }

    /// <summary>Its type; <see cref="NodeType.Unknown"/> where the directory does not say.</summary>
    NodeType Type { get; }

    /// <summary>Its inode number.</summary>
    ulong Inode { get; }

    /// <summary>
    /// What the entry says of the node, as it is on disk: for <see cref="FileSystem.GetAttributes(in DirectoryEntry)"/> of the format. Empty
    /// where that has to be read elsewhere.
    /// </summary>
    ReadOnlySpan<byte> Record { get; }

    /// <summary>Where the entry is, in the format's own count from 0: reading from there on gives it again.</summary>
    long Position { get; }

    /// <summary>Where the next entry is looked for.</summary>
    long NextPosition { get; }

    /// <summary>The first thing that was damaged and passed over: a name that is not found may be there. Null when nothing was.</summary>
    Exception? Damage { get; }

    /// <summary>What was passed over because no path can lead to it, see <see cref="UnreachableEntries"/>; null when nothing was.</summary>
    Exception? Unreachable { get; }

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="ImageException">What follows cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    bool MoveNext();

    /// <summary>Whether the entry can be looked up by a name.</summary>
    /// <param name="name">The name.</param>
    NameMatch Match(ReadOnlySpan<byte> name);
}
