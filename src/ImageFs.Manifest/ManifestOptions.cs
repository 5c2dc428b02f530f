namespace ImageFs.Manifest;

/// <summary>What a manifest may hold.</summary>
public sealed record ManifestOptions
{
    /// <summary>Bytes that are copied when nobody says how many.</summary>
    public const long UsualCopyLimit = 64 << 20;

    /// <summary>Bytes of files that are copied into it at most, of those that do not lie in an image as they are.</summary>
    public long CopyLimit { get; init; } = UsualCopyLimit;

    /// <summary>Bytes of a block at most, as a power of two.</summary>
    internal int MaxBlockBits { get; init; } = FilePlan.MaxBlockBits;
}
