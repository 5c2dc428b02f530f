using ImageFs.Fuse.Replies;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Dispatch;

/// <summary>How requests come and replies go. One thread uses it: the reply to a request is sent before the next is received.</summary>
internal interface IFuseTransport
{
    /// <summary>Where the bytes of a reply are put, after the header that the transport adds; good until the reply is sent.</summary>
    Span<byte> Payload { get; }

    /// <summary>Waits for the next request.</summary>
    /// <param name="request">The message, header and all; good until the reply is sent.</param>
    /// <returns>False when the connection has ended.</returns>
    bool TryReceive(out ReadOnlySpan<byte> request);

    /// <summary>Replies with an error, or with the first bytes of <see cref="Payload"/>.</summary>
    /// <returns>None; or why the kernel did not take it.</returns>
    Errno Reply(ulong unique, Errno error, int payloadLength);

    /// <summary>Replies with all bytes of a run of a file, by the way that suits them.</summary>
    /// <exception cref="ImageException">They cannot be read: nothing was sent.</exception>
    /// <exception cref="LinuxException">The device failed: nothing was sent.</exception>
    FileReplyOutcome ReplyFile(ulong unique, BlockSource source, long offset, int length);
}
