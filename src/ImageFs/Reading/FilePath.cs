using ImageFs.Linux;

namespace ImageFs.Reading;

/// <summary>Where a walk is: the names are put together only when something is told of a file.</summary>
/// <param name="Parent">The directory; null where the walk begins.</param>
/// <param name="Name">Its name in that; where the walk begins, how that is to be called: "/", ".", or as the user named it.</param>
internal sealed record FilePath(FilePath? Parent, byte[] Name)
{
    /// <summary>The names with slashes between them, as bytes.</summary>
    public byte[] ToBytes()
    {
        if (Parent is null)
        {
            return Name;
        }

        byte[] parent = Parent.ToBytes();
        return [.. parent, .. parent is [.., (byte)'/'] ? [] : "/"u8, .. Name];
    }

    /// <summary>The same as text.</summary>
    public override string ToString() => ByteText.FromBytes(ToBytes());
}
