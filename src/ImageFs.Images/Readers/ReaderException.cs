using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Images.Readers;

/// <summary>A process that reads an image could not, or has ended, or does not keep to what is agreed.</summary>
/// <param name="errno">What a system call answers.</param>
/// <param name="message">What it says.</param>
internal sealed class ReaderException(Errno errno, string message) : ImageException(message)
{
    // What Linux has: nothing else can be told to a caller.
    private const int MaxErrno = 133;

    /// <inheritdoc/>
    public override Errno Errno { get; } = (int)errno is > 0 and <= MaxErrno ? errno : Errno.EIO;

    /// <summary>An answer that is none: a reader whose parser has fallen may send anything.</summary>
    internal static ReaderException BadAnswer(string problem) => new(Errno.EIO, $"the process that reads the image answers with {problem}");
}
