using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>What is wrong with an image, as opposed to the system: each kind has the error number that readers get.</summary>
/// <param name="message">What, where, and by which clause.</param>
public abstract class ImageException(string message) : Exception(message)
{
    /// <summary>What a system call on the damaged file answers.</summary>
    public abstract Errno Errno { get; }
}
