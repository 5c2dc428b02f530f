using ImageFs.Linux;

namespace ImageFs.Images;

/// <summary>A path of an image, or of an image inside an image: <c>disk.vhdx//boot/install.iso</c>.</summary>
/// <param name="Outer">The file or device of this machine.</param>
/// <param name="Inner">Paths inside it, each in the file system of the one before.</param>
public sealed record ImageLocation(string Outer, IReadOnlyList<string> Inner)
{
    /// <summary>Leads from an image into it.</summary>
    public const string Separator = "//";

    // An image in an image in an image is rare enough; each has its caches.
    private const int MaxDepth = 8;

    /// <summary>Reads a path; what exists as it stands is no path into an image.</summary>
    /// <exception cref="Storage.UnsupportedFeatureException">It leads through too many images.</exception>
    public static ImageLocation Parse(string path)
    {
        if (Paths.IsFile(path))
        {
            return new ImageLocation(path, []);
        }

        // Two slashes before any file are one.
        for (int at = path.IndexOf(Separator, Math.Min(1, path.Length), StringComparison.Ordinal); at > 0; at = path.IndexOf(Separator, at + 1, StringComparison.Ordinal))
        {
            if (Paths.IsFile(path[..at]))
            {
                string[] inner = path[at..].Split(Separator, StringSplitOptions.RemoveEmptyEntries);
                return inner.Length <= MaxDepth
                    ? new ImageLocation(path[..at], inner)
                    : throw new Storage.UnsupportedFeatureException($"an image inside more than {MaxDepth} others");
            }
        }

        return new ImageLocation(path, []);
    }
}
