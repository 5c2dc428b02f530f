using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>Bytes that should be there lie outside of the image, mostly behind its end (EIO).</summary>
public sealed class TruncatedImageException : ImageException
{
    /// <summary>Bytes are missing, and a message says which.</summary>
    /// <param name="message">What lies where.</param>
    public TruncatedImageException(string message)
        : base(message)
    {
    }

    /// <summary>They lie behind the end.</summary>
    /// <param name="address">The first byte that is missing.</param>
    /// <param name="length">Where the image, or the layer of it, ends.</param>
    public TruncatedImageException(long address, long length)
        : this($"byte 0x{address:X} lies behind the end of the image at 0x{length:X}")
    {
    }

    /// <inheritdoc/>
    public override Errno Errno => Errno.EIO;
}
