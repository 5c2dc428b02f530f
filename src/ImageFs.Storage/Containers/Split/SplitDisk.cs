namespace ImageFs.Storage.Containers.Split;

/// <summary>A raw image in several files, one after the other.</summary>
/// <param name="parts">The files.</param>
public sealed class SplitDisk(IReadOnlyList<BlockSource> parts) : Container
{
    private readonly ConcatenatedSource _disk = new(parts);

    /// <inheritdoc/>
    public override string Format => SplitFormat.FormatName;

    /// <inheritdoc/>
    public override long Length => _disk.Length;

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe().With("parts", (long)parts.Count);

    /// <inheritdoc/>
    protected override Piece Find(long offset) => _disk.PieceAt(offset);
}
