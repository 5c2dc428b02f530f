namespace ImageFs.Storage;

/// <summary>A contiguous part of another source: a partition, or what <c>offset=</c> and <c>sizelimit=</c> leave.</summary>
public sealed class BlockSlice : BlockSource
{
    private readonly BlockSource _below;
    private readonly long _start;

    /// <summary>Makes the slice; it may reach beyond the end of <paramref name="below"/>, where reading it then fails.</summary>
    /// <param name="below">The source.</param>
    /// <param name="start">First byte.</param>
    /// <param name="length">Length in bytes.</param>
    public BlockSlice(BlockSource below, long start, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, long.MaxValue - start);
        _below = below;
        _start = start;
        Length = length;
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override ICapability? Find(Type capability) => _below.Find(capability)?.OfPart(_start, Length);

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = _below;
        return Extent.Mapped(offset, Math.Min(maxLength, Length - offset), _start + offset);
    }
}
