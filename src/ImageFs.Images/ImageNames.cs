using ImageFs.Linux;

namespace ImageFs.Images;

/// <summary>Which names of files are those of images.</summary>
internal static class ImageNames
{
    private static readonly HashSet<string> s_extensions = new(
        KnownFormats.All.Where(format => format.IsRead).SelectMany(format => format.FileExtensions), StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> s_byText = s_extensions.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a file of this name is taken for an image.</summary>
    internal static bool IsImage(ReadOnlySpan<char> name) => s_byText.Contains(Path.GetExtension(name));

    /// <summary>The same of a name as bytes.</summary>
    internal static bool IsImage(ReadOnlySpan<byte> name)
    {
        int dot = name.LastIndexOf((byte)'.');
        return dot >= 0 && s_byText.Contains(ByteText.FromBytes(name[dot..]));
    }
}
