using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>Bytes that should be there lie behind the end of the image (EIO).</summary>
/// <param name="address">The first byte that is missing.</param>
/// <param name="length">Where the image, or the layer of it, ends.</param>
public sealed class TruncatedImageException(long address, long length)
    : ImageException($"byte 0x{address:X} lies behind the end of the image at 0x{length:X}")
{
    /// <inheritdoc/>
    public override Errno Errno => Errno.EIO;
}
