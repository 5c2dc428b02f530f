using ImageFs.Linux;

namespace ImageFs.Fuse.Replies;

/// <summary>How a reply of a file's bytes went.</summary>
/// <param name="Way">The way taken in the end.</param>
/// <param name="Fallback">Why it was not the way chosen; None when it was.</param>
/// <param name="Errno">What the device said of it; None when the kernel has it.</param>
internal readonly record struct FileReplyOutcome(ReplyWay Way, Fallback Fallback, Errno Errno)
{
    /// <summary>Whether any of it was decoded.</summary>
    public bool IsDecoded { get; init; }
}
