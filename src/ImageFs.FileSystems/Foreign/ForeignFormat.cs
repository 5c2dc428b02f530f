using ImageFs.Storage;

namespace ImageFs.FileSystems.Foreign;

/// <summary>Something that is recognised but not read: a line of <see cref="ForeignFormats"/>.</summary>
/// <param name="Kind">What sort of thing it is.</param>
/// <param name="Type">Its type as blkid has it; of a file a word of its own.</param>
/// <param name="Name">What it is, for a sentence.</param>
/// <param name="Hint">What reads it, or what to do about it; empty when there is nothing to say.</param>
/// <param name="Marks">What has to be there, all of it.</param>
internal sealed record ForeignFormat(ForeignKind Kind, string Type, string Name, string Hint, params Mark[] Marks)
{
    // More than a chance match in the system area of a disc would have.
    private const int SureLength = 4;

    // ECMA-119 6.2.1: what an ISO 9660 or UDF file system leaves to others, and its image has zeros or a boot loader in.
    private const long SystemArea = 32 * 1024;

    /// <summary>What no fixed bytes say; null when the marks do.</summary>
    public Func<MarkReader, bool>? Test { get; init; }

    /// <summary>Reads the label; null when it has none, or nobody here knows where.</summary>
    public Func<BlockSource, string>? ReadLabel { get; init; }

    /// <summary>Whether discs have it beside ISO 9660, with the same files or others.</summary>
    public bool SharesDiscs { get; init; }

    /// <summary>What is there; null when it is not this.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public ForeignFileSystem? Recognise(MarkReader source) =>
        Array.TrueForAll(Marks, mark => mark.IsIn(source)) && (Test?.Invoke(source) ?? true)
            ? new ForeignFileSystem(Kind, Type, Name)
            {
                Hint = Hint,
                Label = ReadLabel?.Invoke(source.Source) ?? string.Empty,
                IsInSystemArea = IsInSystemArea,
            }
            : null;

    private bool IsInSystemArea => Kind is ForeignKind.FileSystem or ForeignKind.Empty or ForeignKind.Member
        && !SharesDiscs
        && Marks.Sum(mark => mark.Bytes.Length) >= SureLength
        && Array.TrueForAll(Marks, mark => mark.Address is >= 0 and < SystemArea);
}
