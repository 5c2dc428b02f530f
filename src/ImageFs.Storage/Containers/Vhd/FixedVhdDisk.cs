namespace ImageFs.Storage.Containers.Vhd;

/// <summary>A disk that lies in the file as it is, before the footer.</summary>
/// <param name="file">The file.</param>
/// <param name="length">Bytes of the disk.</param>
/// <param name="id">What it is known by.</param>
internal sealed class FixedVhdDisk(BlockSource file, long length, Guid id) : Container
{
    /// <inheritdoc/>
    public override string Format => VhdFormat.FormatName;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override int? LogicalSectorSize => 512;

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe().With("subformat", "fixed").With("disk-uuid", id.ToString());

    /// <inheritdoc/>
    protected override Piece Find(long offset) => Piece.Mapped(file, offset, length - offset);
}
