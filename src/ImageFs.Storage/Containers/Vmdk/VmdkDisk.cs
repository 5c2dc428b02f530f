using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>A disk of one or several extents.</summary>
/// <param name="extents">The extents, one after the other.</param>
/// <param name="descriptor">What its descriptor says; null for an extent that has none.</param>
internal sealed class VmdkDisk(IReadOnlyList<BlockSource> extents, Descriptor? descriptor) : Container
{
    private readonly ConcatenatedSource _disk = new(extents);

    /// <inheritdoc/>
    public override string Format => VmdkFormat.FormatName;

    /// <inheritdoc/>
    public override long Length => _disk.Length;

    /// <summary>What children know the contents by.</summary>
    public string? ContentId => descriptor?.ContentId;

    /// <inheritdoc/>
    public override bool HasOwnBlocks => true;

    /// <inheritdoc/>
    public override Finding? FindSharedTable() =>
        extents.Select(extent => (extent as SparseExtent)?.FindSharedTable()).FirstOrDefault(finding => finding is not null);

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe()
        .With("subformat", descriptor?.CreateType)
        .With("extents", (long)extents.Count)
        .With("cid", descriptor?.ContentId)
        .With("parent", descriptor?.ParentContentId is null ? null : descriptor.ParentHint);

    /// <inheritdoc/>
    protected override Piece Find(long offset) => _disk.PieceAt(offset);
}
