using ImageFs.FileSystems.Foreign;
using ImageFs.Storage;

namespace ImageFs.FileSystems;

/// <summary>One thing that a volume may be. What was there before stays behind in part, so there may be several.</summary>
public sealed class Recognition
{
    private static readonly Weight s_ofMark = new(Evidence.Mark, 0);

    private readonly Lazy<Weight> _weight;

    internal Recognition(FileSystemFormat format, BlockSource source)
    {
        Format = format;
        _weight = new Lazy<Weight>(() => format.Weigh(source));
    }

    internal Recognition(ForeignFileSystem foreign)
    {
        Foreign = foreign;
        _weight = new Lazy<Weight>(s_ofMark);
    }

    /// <summary>The format that reads it; null when none does.</summary>
    public FileSystemFormat? Format { get; }

    /// <summary>What it is when no format reads it; null otherwise.</summary>
    public ForeignFileSystem? Foreign { get; }

    /// <summary>Its type, as Linux or blkid has it.</summary>
    public string Type => Format?.Name ?? Foreign!.Type;

    /// <summary>What speaks for it. A file system is opened for that, so it is asked only where there is a choice.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Weight Weight => _weight.Value;

    /// <summary>Whether it can be shown, and is not known to be written over.</summary>
    public bool IsReadable => Format is not null && Weight.Evidence != Evidence.Overwritten;

    /// <summary>Its place among several, by <see cref="Recogniser"/>'s rules: the lowest is shown.</summary>
    internal Standing Standing => (Format, Foreign) switch
    {
        ({ } format, _) => Weight.Evidence switch
        {
            Evidence.Overwritten => Standing.Overwritten,
            _ when format.IsOfDiscs => Standing.BehindSystemArea,
            _ => Standing.InSystemArea,
        },
        (_, { IsInSystemArea: true }) => Standing.MarkInSystemArea,
        (_, { Kind: ForeignKind.FileSystem or ForeignKind.Member }) => Standing.Mark,
        _ => Standing.Weak,
    };
}
