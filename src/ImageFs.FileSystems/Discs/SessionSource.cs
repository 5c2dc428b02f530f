using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.FileSystems.Discs;

/// <summary>
/// A session of a disc that is an image of its own, with the addresses that it has on the disc: they count from the disc's start, which the
/// image does not have.
/// </summary>
/// <param name="image">The image.</param>
/// <param name="start">Where it begins on the disc, in bytes; less than 0 where what counts as the disc's start comes after its own.</param>
internal sealed class SessionSource(BlockSource image, long start) : BlockSource
{
    /// <inheritdoc/>
    public override long Length { get; } = checked(start + image.Length);

    /// <summary>The image.</summary>
    internal BlockSource Image => image;

    /// <summary>Where it begins on the disc, in bytes.</summary>
    internal long Start => start;

    /// <inheritdoc/>
    public override ICapability? Find(Type capability) => image.Find(capability)?.OfPart(-start, Length);

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = image;
        return offset >= start
            ? Extent.Mapped(offset, Math.Min(maxLength, Length - offset), offset - start)
            : throw new TruncatedImageException(
                $"sector {offset / SectorLayout.UserSize} is in an earlier session of the disc: the image begins with sector {start / SectorLayout.UserSize}");
    }
}
