using ImageFs.Linux;

namespace ImageFs.Storage.Remote;

/// <summary>An image on a server is not the one that was opened: it was replaced there, or written to (EIO). Its bytes are never put together with those read before.</summary>
/// <param name="message">What is different.</param>
public sealed class ChangedImageException(string message) : ImageException(message)
{
    /// <inheritdoc/>
    public override Errno Errno => Errno.EIO;
}
