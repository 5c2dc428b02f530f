using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Manifest;

/// <summary>A tree has files that Linux cannot read where they lie, and more of them than may be copied (EOPNOTSUPP).</summary>
/// <param name="problem">What is in the way, as a sentence without its full stop.</param>
/// <param name="files">Some of the files: their paths and the reason.</param>
public sealed class NotRepresentableException(string problem, IReadOnlyList<string> files) : ImageException(
    $"{problem}{(files.Count > 0 ? $": {string.Join("; ", files)}" : string.Empty)}")
{
    /// <summary>Some of the files.</summary>
    public IReadOnlyList<string> Files => files;

    /// <inheritdoc/>
    public override Errno Errno => Errno.EOPNOTSUPP;
}
