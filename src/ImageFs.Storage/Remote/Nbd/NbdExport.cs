namespace ImageFs.Storage.Remote.Nbd;

/// <summary>What a server said of an export in the handshake.</summary>
/// <param name="Length">Its bytes.</param>
/// <param name="Flags">What it can do.</param>
internal sealed record NbdExport(long Length, NbdFlags Flags)
{
    /// <summary>Bytes that requests are multiples of.</summary>
    public int MinBlock { get; init; } = 1;

    /// <summary>Bytes that it is best asked for.</summary>
    public int PreferredBlock { get; init; } = 4096;

    /// <summary>Bytes of a request at most: 32 MiB are what every server has to take (proto.md, "Block size constraints").</summary>
    public long MaxRequest { get; init; } = 32 << 20;

    /// <summary>Whether replies to reads come in chunks.</summary>
    public bool IsStructured { get; init; }

    /// <summary>The number of the context that tells of zeros; null where there is none.</summary>
    public uint? Allocation { get; init; }
}
