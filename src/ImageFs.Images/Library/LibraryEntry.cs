using ImageFs.Linux;

namespace ImageFs.Images.Library;

/// <summary>A folder or an image of a library.</summary>
/// <param name="number">Its number: 1 is the library's own folder.</param>
/// <param name="parent">The folder that it is in; null for the library's own.</param>
/// <param name="path">Its path on this machine.</param>
/// <param name="status">What statx(2) said when it was found.</param>
internal sealed class LibraryEntry(int number, LibraryEntry? parent, string path, FileStatus status) : LateImage(number)
{
    /// <summary>The folder that it is in; the library's own folder is in itself, as the root of any file system.</summary>
    internal LibraryEntry Parent => parent ?? this;

    /// <summary>Its path on this machine.</summary>
    internal string Path => path;

    /// <summary>Whether it is a folder, not an image.</summary>
    internal bool IsFolder { get; } = status.IsDirectory;

    /// <summary>What statx(2) said when it was last found, or opened.</summary>
    internal FileStatus Status { get; private set; } = status;

    /// <summary>Whether a file found later at its path is the same folder or image, or may stand for it.</summary>
    internal bool Is(FileStatus found) => found.IsDirectory == IsFolder && (IsFolder || !IsEntered || IsUnchanged(found));

    /// <summary>Whether it has neither been replaced nor written to since it was found.</summary>
    internal bool IsUnchanged(FileStatus found) =>
        (found.FileSystem, found.Inode, found.Size, found.ModifySeconds, found.ModifyNanoseconds)
        == (Status.FileSystem, Status.Inode, Status.Size, Status.ModifySeconds, Status.ModifyNanoseconds);

    /// <summary>Takes what is known of it now.</summary>
    internal void Update(FileStatus found) => Status = found;
}
