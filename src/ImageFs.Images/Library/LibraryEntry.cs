using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images.Library;

/// <summary>A folder or an image of a library.</summary>
/// <param name="number">Its number: 1 is the library's own folder.</param>
/// <param name="parent">The folder that it is in; null for the library's own.</param>
/// <param name="path">Its path on this machine.</param>
/// <param name="status">What statx(2) said when it was found.</param>
internal sealed class LibraryEntry(int number, LibraryEntry? parent, string path, FileStatus status)
{
    private volatile FileSystem? _fileSystem;
    private MemoryBudget? _memory;
    private long _lastUse;

    /// <summary>Its number.</summary>
    internal int Number => number;

    /// <summary>The folder that it is in; the library's own folder is in itself, as the root of any file system.</summary>
    internal LibraryEntry Parent => parent ?? this;

    /// <summary>Its path on this machine.</summary>
    internal string Path => path;

    /// <summary>Whether it is a folder, not an image.</summary>
    internal bool IsFolder { get; } = status.IsDirectory;

    /// <summary>What statx(2) said when it was last found, or opened.</summary>
    internal FileStatus Status { get; private set; } = status;

    /// <summary>Whether somebody has looked into it: the kernel may know nodes of it.</summary>
    internal bool IsEntered { get; private set; }

    /// <summary>Volumes that it had when it was first opened.</summary>
    internal int Volumes { get; private set; }

    /// <summary>Whether the log says already that it cannot be opened.</summary>
    internal bool IsReported { get; set; }

    /// <summary>Held while it is being opened.</summary>
    internal Lock Opening { get; } = new();

    /// <summary>When it was last used, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    internal long LastUse => Volatile.Read(ref _lastUse);

    /// <summary>Its file system while it is open.</summary>
    internal FileSystem? FileSystem
    {
        get
        {
            Volatile.Write(ref _lastUse, Environment.TickCount64);
            return _fileSystem;
        }
    }

    /// <summary>Whether a file found later at its path is the same folder or image, or may stand for it.</summary>
    internal bool Is(FileStatus found) => found.IsDirectory == IsFolder && (IsFolder || !IsEntered || IsUnchanged(found));

    /// <summary>Whether it has neither been replaced nor written to since it was found.</summary>
    internal bool IsUnchanged(FileStatus found) =>
        (found.FileSystem, found.Inode, found.Size, found.ModifySeconds, found.ModifyNanoseconds)
        == (Status.FileSystem, Status.Inode, Status.Size, Status.ModifySeconds, Status.ModifyNanoseconds);

    /// <summary>Takes what is known of it now.</summary>
    internal void Update(FileStatus found) => Status = found;

    /// <summary>It is open from now on.</summary>
    /// <param name="fileSystem">Its file system.</param>
    /// <param name="memory">What that keeps, which goes when it is closed.</param>
    internal void Open(FileSystem fileSystem, MemoryBudget memory)
    {
        _memory = memory;
        _fileSystem = fileSystem;
    }

    /// <summary>It is opened for the first time.</summary>
    /// <param name="volumes">Its volumes; 0 when it is one file system.</param>
    internal void Enter(int volumes)
    {
        IsEntered = true;
        Volumes = volumes;
    }

    /// <summary>
    /// It is closed from now on: nothing leads from here to its descriptors any more, and they go when nobody else has them, a reply on
    /// its way for example.
    /// </summary>
    internal void Close()
    {
        _fileSystem = null;
        _memory?.Close();
        _memory = null;
    }
}
