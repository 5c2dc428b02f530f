using ImageFs.FileSystems.Ext;
using ImageFs.FileSystems.Iso9660;

namespace ImageFs.FileSystems;

/// <summary>The formats that the program reads, in the order in which they are tried.</summary>
public static class FileSystemFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<FileSystemFormat> All { get; } = [new Iso9660Format(), new ExtFormat()];
}
