using ImageFs.FileSystems.ExFat;
using ImageFs.FileSystems.Ext;
using ImageFs.FileSystems.Fat;
using ImageFs.FileSystems.Iso9660;

namespace ImageFs.FileSystems;

/// <summary>The formats that the program reads, in the order in which they are tried: those of the surest marks first.</summary>
public static class FileSystemFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<FileSystemFormat> All { get; } = [new Iso9660Format(), new ExtFormat(), new ExFatFormat(), new FatFormat()];
}
