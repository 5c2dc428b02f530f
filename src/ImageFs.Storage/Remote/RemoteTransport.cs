using ImageFs.Linux;

namespace ImageFs.Storage.Remote;

/// <summary>
/// What a protocol does for a <see cref="RemoteDevice"/>: it asks a server for bytes, once. What is kept, read ahead and tried again is the
/// device's business.
/// </summary>
/// <remarks>Calls come from several threads at once, and are to be on their way side by side, at least <see cref="Width"/> of them.</remarks>
public abstract class RemoteTransport : IDisposable
{
    /// <summary>The location as everybody may see it, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>What tells the image from any other, by whatever name it was opened.</summary>
    public abstract string Identity { get; }

    /// <summary>Length of the image in bytes, as it was when opened.</summary>
    public abstract long Length { get; }

    /// <summary>Bytes that requests begin and end at multiples of, but for the image's end: a power of two, at most 64 KiB.</summary>
    public virtual int MinBlock => 1;

    /// <summary>Bytes that it is best asked for: a power of two, at least <see cref="MinBlock"/>.</summary>
    public virtual int PreferredBlock => 4096;

    /// <summary>Bytes of a request at most: a multiple of <see cref="MinBlock"/>.</summary>
    public virtual int MaxRequest => 4 << 20;

    /// <summary>How many requests are worth sending side by side.</summary>
    public virtual int Width => 8;

    /// <summary>Whether <see cref="TryFill"/> can work at all.</summary>
    public virtual bool Fills => false;

    /// <summary>Whether <see cref="TryFindZeros"/> can work at all.</summary>
    public virtual bool TellsZeros => false;

    /// <summary>Asks for bytes.</summary>
    /// <param name="offset">A multiple of <see cref="MinBlock"/>.</param>
    /// <param name="destination">
    /// Filled whole, or an exception says why not. Its length is a multiple of <see cref="MinBlock"/>, or ends at the image's end, and is at
    /// most <see cref="MaxRequest"/>.
    /// </param>
    /// <param name="patience">How long the server may say nothing; making a new connection included.</param>
    /// <exception cref="LostLinkException">It may be had when it is tried again.</exception>
    /// <exception cref="LinuxException">The server refuses it, for good.</exception>
    /// <exception cref="ImageException">The server breaks the protocol, or the image is another one by now.</exception>
    public abstract void Read(long offset, Span<byte> destination, TimeSpan patience);

    /// <summary>Asks for bytes, and puts them into a pipe by reference as they come.</summary>
    /// <param name="pipe">Empty but for a header; thrown away by the caller when the bytes are not all there.</param>
    /// <param name="offset">As for <see cref="Read"/>.</param>
    /// <param name="length">As for <see cref="Read"/>.</param>
    /// <param name="patience">As for <see cref="Read"/>.</param>
    /// <returns>Whether all bytes are in the pipe, and no others. False too where the protocol cannot do it: <see cref="Read"/> does.</returns>
    public virtual bool TryFill(Pipe pipe, long offset, int length, TimeSpan patience) => false;

    /// <summary>Asks where the image reads as zeros.</summary>
    /// <param name="offset">A multiple of <see cref="MinBlock"/>.</param>
    /// <param name="length">How many bytes are to be looked at; at least 1.</param>
    /// <param name="runs">
    /// Takes runs of bytes from <paramref name="offset"/> on that follow one another, and whether they are zeros; the last may go beyond what was asked for.
    /// </param>
    /// <param name="patience">As for <see cref="Read"/>.</param>
    /// <returns>False where the protocol cannot tell.</returns>
    /// <exception cref="LostLinkException">It may be had when it is tried again.</exception>
    public virtual bool TryFindZeros(long offset, long length, ICollection<(long Length, bool IsZero)> runs, TimeSpan patience) => false;

    /// <summary>Names what the server gives out, where the address does not say which of it is meant.</summary>
    /// <returns>Null where the address does, or the server does not tell.</returns>
    public virtual IReadOnlyList<string>? ListImages() => null;

    /// <inheritdoc/>
    public abstract void Dispose();
}
