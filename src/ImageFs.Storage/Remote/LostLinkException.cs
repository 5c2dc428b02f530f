namespace ImageFs.Storage.Remote;

/// <summary>
/// The way to a server is broken, or the server says that it is not ready: what was asked for may be had when it is tried again. An error
/// that the server gives for good is a <see cref="Linux.LinuxException"/> instead.
/// </summary>
/// <param name="message">What happened: "connection reset by peer".</param>
/// <param name="inner">What says so; null for none.</param>
public sealed class LostLinkException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>How long the server asks to be left alone before the next try; null where it does not say.</summary>
    public TimeSpan? After { get; init; }
}
