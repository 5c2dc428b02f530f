using ImageFs.FileSystems.Btrfs;
using ImageFs.FileSystems.CramFs;
using ImageFs.FileSystems.Erofs;
using ImageFs.FileSystems.ExFat;
using ImageFs.FileSystems.Ext;
using ImageFs.FileSystems.Fat;
using ImageFs.FileSystems.Iso9660;
using ImageFs.FileSystems.Ntfs;
using ImageFs.FileSystems.RomFs;
using ImageFs.FileSystems.SquashFs;
using ImageFs.FileSystems.Tar;
using ImageFs.FileSystems.Udf;
using ImageFs.FileSystems.Xfs;
using ImageFs.Storage;

namespace ImageFs.FileSystems;

/// <summary>The formats that the program reads, in the order in which they are tried: those of the surest marks first.</summary>
public static class FileSystemFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<FileSystemFormat> All { get; } =
    [
        new UdfFormat(),
        new Iso9660Format(),
        new ExtFormat(),
        new XfsFormat(),
        new BtrfsFormat(),
        new NtfsFormat(),
        new SquashFsFormat(),
        new ErofsFormat(),
        new RomFsFormat(),
        new CramFsFormat(),
        new TarFormat(),
        new ExFatFormat(),
        new FatFormat(),
    ];

    /// <summary>Their names, for people.</summary>
    public static string Names => string.Join(", ", All.Select(format => format.Name));

    /// <summary>All formats, and those that the caller has beside them.</summary>
    public static IReadOnlyList<FileSystemFormat> Of(OpenContext context) =>
        context.AddedFormats.Count == 0 ? All : [.. All, .. context.AddedFormats.OfType<FileSystemFormat>()];

    /// <summary>The format of the volume that the options say the place of; null when they say none, or nothing is there.</summary>
    /// <param name="source">What the volume is on.</param>
    /// <param name="options">Mount options: none is taken.</param>
    /// <param name="formats">The formats that are asked; null for all.</param>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public static FileSystemFormat? RecogniseAt(BlockSource source, OptionList options, IReadOnlyList<FileSystemFormat>? formats = null)
    {
        foreach (FileSystemFormat format in formats ?? All)
        {
            try
            {
                if (format.ProbeAt(source, options))
                {
                    return format;
                }
            }
            catch (ImageException)
            {
                // Sound, or what is missing, is no file system.
            }
        }

        return null;
    }
}
