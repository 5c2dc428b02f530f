using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems.Foreign;

/// <summary>What something is that is recognised but not read.</summary>
public enum ForeignKind
{
    /// <summary>A file system, or an encrypted one: it takes the volume that it is on.</summary>
    FileSystem,

    /// <summary>Takes its volume, but has no files: swap space.</summary>
    Empty,

    /// <summary>A part of something larger: of a volume group, a RAID, a pool.</summary>
    Member,

    /// <summary>A division into further volumes.</summary>
    Table,

    /// <summary>A file that is no image as it is: compressed, an archive, another program's container.</summary>
    File,

    /// <summary>Not even that: what was left in the place of an image, or nothing.</summary>
    NoImage,
}

/// <summary>Something that the program knows by sight, but cannot read: a line of <see cref="ForeignFormats"/>.</summary>
public sealed class ForeignFormat : Format
{
    // More than a chance match in the system area of a disc would have.
    private const int SureLength = 4;

    // ECMA-119 6.2.1: what an ISO 9660 or UDF file system leaves to others, and its image has zeros or a boot loader in.
    private const long SystemArea = 32 * 1024;

    internal ForeignFormat(ForeignKind kind, string type, string title, string hint, params Mark[] marks)
    {
        Kind = kind;
        Name = type;
        Title = title;
        Hint = hint;
        Marks = marks;
    }

    /// <summary>What sort of thing it is.</summary>
    public ForeignKind Kind { get; }

    /// <summary>Its type as blkid has it: "hfsplus"; of a file a word of its own: "gzip".</summary>
    public override string Name { get; }

    /// <summary>What it is, for a sentence: "an XFS file system".</summary>
    public override string Title { get; }

    /// <summary>What reads it, or what to do about it; empty when there is nothing to say.</summary>
    public string Hint { get; }

    /// <inheritdoc/>
    /// <remarks>All of them.</remarks>
    public override IReadOnlyList<Mark> Marks { get; }

    /// <inheritdoc/>
    public override bool IsRead => false;

    /// <summary>Whether discs have it beside ISO 9660, with the same files or others.</summary>
    public bool SharesDiscs { get; internal init; }

    /// <summary>Whether it is a RAID that a disk's firmware makes of whole disks: a partition table on one of them is the array's.</summary>
    public bool IsRaidOfDisks { get; internal init; }

    /// <summary>
    /// Whether it has the first 32 KiB for its own: whoever writes an ISO 9660 or UDF file system to a disk overwrites these, so what still
    /// has its mark there was written later.
    /// </summary>
    public bool IsInSystemArea => IsVolume
        && !SharesDiscs
        && Marks.Sum(mark => mark.Bytes.Length) >= SureLength
        && Marks.All(mark => mark.Address is >= 0 and < SystemArea);

    /// <summary>Whether it has a volume for its own, rather than being a file of another sort, or a table of volumes.</summary>
    public bool IsVolume => Kind is ForeignKind.FileSystem or ForeignKind.Empty or ForeignKind.Member;

    /// <summary>Whether there may be files in it.</summary>
    public bool MayHaveFiles => Kind is not (ForeignKind.Empty or ForeignKind.NoImage);

    /// <summary>What it is and what to do about it, for a sentence.</summary>
    public string Text => Hint.Length == 0 ? Title : Title.EndsWith(')') ? $"{Title[..^1]}; {Hint})" : $"{Title} ({Hint})";

    /// <summary>A sentence that says that it is not read.</summary>
    public string Problem => $"{Text} is not supported";

    // What no fixed bytes say; null when the marks do.
    internal Func<ProbeWindow, bool>? Test { get; init; }

    // Reads the label; null when it has none, or nobody here knows where.
    internal Func<BlockSource, string>? ReadLabel { get; init; }

    /// <summary>Whether a source has its marks.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    internal bool IsIn(ProbeWindow window) => HasMarks(window) && (Test?.Invoke(window) ?? true);

    /// <summary>The same, when a test says so too.</summary>
    internal ForeignFormat When(Func<ProbeWindow, bool> test) => new(Kind, Name, Title, Hint, [.. Marks]) { Test = test };

    /// <summary>What is told of it without a look inside.</summary>
    internal VolumeIdentity Identify(BlockSource source) => new(Name, ReadLabel?.Invoke(source) ?? string.Empty);

    /// <inheritdoc/>
    protected override bool HasMarks(ProbeWindow window)
    {
        foreach (Mark mark in Marks)
        {
            if (!mark.IsIn(window))
            {
                return false;
            }
        }

        return true;
    }
}
