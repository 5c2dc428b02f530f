using ImageFs.FileSystems.Foreign;
using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems;

/// <summary>What there is of a file system besides its mark.</summary>
public enum Evidence
{
    /// <summary>The mark alone: what it leads to cannot be looked at, or nobody knows how.</summary>
    Mark,

    /// <summary>The mark, and in the place of what it leads to is something else, which was written later.</summary>
    Overwritten,

    /// <summary>The structures that it leads to: they agree, as far as its root directory, and have the checksums that they should.</summary>
    Structures,
}

/// <summary>The evidence for a file system that is one of several in the same place.</summary>
/// <param name="Evidence">What there is of it.</param>
/// <param name="Length">How long it says that it is, in bytes; 0 when it does not.</param>
/// <param name="Problem">What shows that it was written over; empty when nothing does.</param>
public sealed record Weight(Evidence Evidence, long Length, string Problem = "");

/// <summary>
/// What decides between several things that a volume may be, the first of these that one has. Who writes an ISO 9660 or UDF file system to
/// a disk writes its first 32 KiB too, the system area (ECMA-119 6.2.1): what is whole there is newer.
/// </summary>
internal enum Standing
{
    /// <summary>FAT, exFAT, ext: a boot sector or super block in the system area, with the structures that it leads to.</summary>
    InSystemArea,

    /// <summary>A mark in the system area of something that is not read.</summary>
    MarkInSystemArea,

    /// <summary>ISO 9660, UDF: descriptors after the system area, with the structures that they lead to.</summary>
    BehindSystemArea,

    /// <summary>A mark of a file system that is not read, elsewhere.</summary>
    Mark,

    /// <summary>A mark whose structures were written over.</summary>
    Overwritten,

    /// <summary>What files have and not volumes, or what a few bytes may say by chance.</summary>
    Weak,
}

/// <summary>One thing that a volume may be. What was there before may remain in part, so there may be several.</summary>
public sealed class Recognition
{
    private static readonly Weight s_ofMark = new(Evidence.Mark, 0);

    private readonly Lazy<Weight> _weight;
    private readonly Lazy<VolumeIdentity> _identity;

    internal Recognition(FileSystemFormat format, BlockSource source)
    {
        Format = format;
        _weight = new Lazy<Weight>(() => format.Weigh(source));
        _identity = new Lazy<VolumeIdentity>(() => format.Identify(source));
    }

    internal Recognition(ForeignFormat foreign, BlockSource source)
    {
        Foreign = foreign;
        _identity = new Lazy<VolumeIdentity>(() => foreign.Identify(source));
        _weight = new Lazy<Weight>(s_ofMark);
    }

    /// <summary>The format that reads it; null when none does.</summary>
    public FileSystemFormat? Format { get; }

    /// <summary>What it is when no format reads it; null otherwise.</summary>
    public ForeignFormat? Foreign { get; }

    /// <summary>Its type, as Linux or blkid has it.</summary>
    public string Type => Format?.Name ?? Foreign!.Name;

    /// <summary>Its exact type, label and UUID, read without opening it.</summary>
    /// <exception cref="ImageException">The structures that say so are damaged, or not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public VolumeIdentity Identity => _identity.Value;

    /// <summary>The evidence for it. A file system is opened to find it, so it is asked for only where there is a choice.</summary>
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
