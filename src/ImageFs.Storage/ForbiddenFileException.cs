using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>An image names a file that it is not allowed to (EACCES).</summary>
/// <param name="role">What the file is to the image: "backing file".</param>
/// <param name="path">Its path, as the image has it.</param>
/// <param name="reason">Why not, and what would allow it.</param>
public sealed class ForbiddenFileException(string role, string path, string reason) : ImageException($"{role} \"{path}\" {reason}")
{
    /// <inheritdoc/>
    public override Errno Errno => Errno.EACCES;
}
