using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Images.Headers;

/// <summary>An image that is a part of a file, behind something else.</summary>
/// <param name="format">The format's name.</param>
/// <param name="file">The file.</param>
/// <param name="start">Where the image begins in it.</param>
/// <param name="length">Bytes of the image.</param>
internal sealed class HeaderedImage(string format, BlockSource file, long start, long length) : Container
{
    /// <inheritdoc/>
    public override string Format => format;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe().With("offset", start);

    /// <inheritdoc/>
    protected override Piece Find(long offset) => Piece.Mapped(file, start + offset, length - offset);
}
