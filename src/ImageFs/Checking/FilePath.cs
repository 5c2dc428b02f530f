using ImageFs.Linux;

namespace ImageFs.Checking;

/// <summary>Where a walk is: the names are put together only when something is told of a file.</summary>
/// <param name="Parent">The directory; null for the root.</param>
/// <param name="Name">Its name in that.</param>
internal sealed record FilePath(FilePath? Parent, byte[] Name)
{
    /// <summary>The path from the root: "/a/b".</summary>
    public override string ToString() => Parent is null ? "/" : $"{(Parent.Parent is null ? string.Empty : Parent)}/{ByteText.FromBytes(Name)}";
}
