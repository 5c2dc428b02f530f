namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>An extent of type ZERO.</summary>
/// <param name="length">Its bytes.</param>
internal sealed class ZeroExtent(long length) : BlockSource
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        return Extent.Hole(offset, Math.Min(maxLength, length - offset));
    }
}
