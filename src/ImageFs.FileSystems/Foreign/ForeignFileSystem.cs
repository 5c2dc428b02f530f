namespace ImageFs.FileSystems.Foreign;

/// <summary>Something on a volume, or in a file, that the program recognises but cannot read.</summary>
/// <param name="Kind">What sort of thing it is.</param>
/// <param name="Type">Its type as blkid has it: "hfsplus"; of a file a word of its own: "gzip".</param>
/// <param name="Name">What it is, for a sentence: "an XFS file system".</param>
public sealed record ForeignFileSystem(ForeignKind Kind, string Type, string Name)
{
    /// <summary>What reads it, or what to do about it; empty when there is nothing to say.</summary>
    public string Hint { get; init; } = string.Empty;

    /// <summary>Its label; empty when it has none, or it is damaged.</summary>
    public string Label { get; init; } = string.Empty;

    /// <summary>
    /// Whether it has the first 32 KiB for its own: whoever writes an ISO 9660 or UDF file system to a disk overwrites these, so what still
    /// has its mark there was written later.
    /// </summary>
    public bool IsInSystemArea { get; init; }

    /// <summary>Whether it has a volume for its own, rather than being a file of another sort, or a table of volumes.</summary>
    public bool IsVolume => Kind is ForeignKind.FileSystem or ForeignKind.Empty or ForeignKind.Member;

    /// <summary>Whether there may be files in it.</summary>
    public bool MayHaveFiles => Kind is not (ForeignKind.Empty or ForeignKind.NoImage);

    /// <summary>What it is and what to do about it, for a sentence.</summary>
    public string Text => Hint.Length == 0 ? Name : Name.EndsWith(')') ? $"{Name[..^1]}; {Hint})" : $"{Name} ({Hint})";

    /// <summary>A sentence that says that it is not read.</summary>
    public string Problem => $"{Text} is not supported";
}
