namespace ImageFs.Storage.Containers.Ova;

/// <summary>The file with the disk of a virtual machine, as it lies in the archive.</summary>
/// <param name="member">The file.</param>
/// <param name="name">Its name in the archive.</param>
internal sealed class OvaDisk(BlockSource member, string name) : Container
{
    /// <inheritdoc/>
    public override string Format => OvaFormat.FormatName;

    /// <inheritdoc/>
    public override long Length => member.Length;

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe().With("disk", name);

    /// <inheritdoc/>
    protected override Piece Find(long offset) => Piece.Mapped(member, offset, Length - offset);
}
