namespace ImageFs.Storage;

/// <summary>A source that an <see cref="ExtentMap"/> lays out on the one below: a file of a file system, mostly.</summary>
/// <param name="below">The source that the map's addresses are in.</param>
/// <param name="map">The extents; none is inline or encoded.</param>
public sealed class MappedSource(BlockSource below, ExtentMap map) : BlockSource
{
    private readonly BlockSource _below = below;

    /// <summary>The layout.</summary>
    public ExtentMap Extents => map;

    /// <inheritdoc/>
    public override long Length => map.Length;

    /// <inheritdoc/>
    public override long MapSize => map.Size;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = _below;
        return map.Find(offset, maxLength);
    }
}
