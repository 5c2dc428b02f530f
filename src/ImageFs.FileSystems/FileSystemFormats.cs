using ImageFs.FileSystems.ExFat;
using ImageFs.FileSystems.Fat;

namespace ImageFs.FileSystems;

/// <summary>The formats that the program reads, in the order in which they are tried.</summary>
public static class FileSystemFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<FileSystemFormat> All { get; } = [new ExFatFormat(), new FatFormat()];
}
