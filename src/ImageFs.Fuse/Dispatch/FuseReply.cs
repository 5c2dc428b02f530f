using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Dispatch;

/// <summary>What a handler answers: nothing, an error, bytes that it put into the payload, or a run of a file.</summary>
internal readonly struct FuseReply
{
    private FuseReply(ReplyKind kind, Errno errno, int length, BlockSource? source, long offset)
    {
        Kind = kind;
        Errno = errno;
        Length = length;
        Source = source;
        Offset = offset;
    }

    /// <summary>Which of them.</summary>
    public enum ReplyKind
    {
        /// <summary>The kernel waits for no reply.</summary>
        Nothing,

        /// <summary><see cref="FuseReply.Errno"/>, or <see cref="FuseReply.Length"/> bytes of the payload.</summary>
        Payload,

        /// <summary><see cref="FuseReply.Length"/> bytes at <see cref="FuseReply.Offset"/> of <see cref="FuseReply.Source"/>.</summary>
        File,
    }

    /// <summary>No reply at all.</summary>
    public static FuseReply Nothing => default;

    /// <summary>Success without a word.</summary>
    public static FuseReply Empty => Payload(0);

    /// <summary>The request is not formed as the protocol has it.</summary>
    public static FuseReply Malformed => Errno.EINVAL;

    /// <summary>Which kind of reply.</summary>
    public ReplyKind Kind { get; }

    /// <summary>The error; None when there is none.</summary>
    public Errno Errno { get; }

    /// <summary>Bytes.</summary>
    public int Length { get; }

    /// <summary>The file.</summary>
    public BlockSource? Source { get; }

    /// <summary>Where in the file.</summary>
    public long Offset { get; }

    /// <summary>An error.</summary>
    public static implicit operator FuseReply(Errno errno) => new(ReplyKind.Payload, errno, 0, null, 0);

    /// <summary>The first bytes of the payload.</summary>
    public static FuseReply Payload(int length) => new(ReplyKind.Payload, Errno.None, length, null, 0);

    /// <summary>A structure, which it puts into the payload.</summary>
    public static FuseReply Payload<T>(Span<byte> payload, in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(payload, in value);
        return Payload(Unsafe.SizeOf<T>());
    }

    /// <summary>A run of a file.</summary>
    public static FuseReply File(BlockSource source, long offset, int length) =>
        new(ReplyKind.File, Errno.None, length, source, offset);
}
