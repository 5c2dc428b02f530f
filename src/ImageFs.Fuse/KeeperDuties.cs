namespace ImageFs.Fuse;

/// <summary>What a <see cref="MountKeeper"/> may be asked for besides a mount and its end, or without one.</summary>
public sealed class KeeperDuties
{
    /// <summary>Whether the mount is taken away when the server ends and leaves it behind dead.</summary>
    public bool IsWatched { get; init; }

    /// <summary>The file for the server's process id, absolute; null for none.</summary>
    public string? PidFile { get; init; }

    /// <summary>A directory that was made, absolute, and is removed when the server ends, if nothing is in it; null for none.</summary>
    public string? MadeDirectory { get; init; }

    /// <summary>
    /// A file that may be written, absolute: one that is there is replaced when the new one is whole. With <see cref="UnfinishedFile"/> null it is a
    /// device or a pipe, and written to as it is. Null for none.
    /// </summary>
    public string? NewFile { get; init; }

    /// <summary>What <see cref="NewFile"/> is called until it is whole, absolute.</summary>
    public string? UnfinishedFile { get; init; }

    /// <summary>Folders in which files without a name may be made, absolute; a folder that is not there is made then.</summary>
    public IReadOnlyCollection<string> Folders { get; init; } = [];

    /// <summary>
    /// A program and its first words; given a mount point as the last word, it writes who uses the mount to standard error, a line each. None where
    /// that is not to be asked.
    /// </summary>
    public IReadOnlyList<string> UsersCommand { get; init; } = [];

    /// <summary>A folder, and a program and its words, which is started there each time it is asked for, with a socket to this process for its standard input. None for none.</summary>
    public IReadOnlyList<string> ReaderCommand { get; init; } = [];
}
