using ImageFs.Linux;
using ImageFs.Storage.Formats;

namespace ImageFs.Images;

/// <summary>Which names of files are those of images.</summary>
internal static class ImageNames
{
    private static readonly Dictionary<string, Format[]> s_formats = KnownFormats.All.Where(format => format.IsRead)
        .SelectMany(format => format.FileExtensions, (format, extension) => (Format: format, Extension: extension))
        .GroupBy(pair => pair.Extension, pair => pair.Format, StringComparer.OrdinalIgnoreCase)
        .ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a file of this name is taken for an image.</summary>
    internal static bool IsImage(string name) => s_formats.ContainsKey(Path.GetExtension(name));

    /// <summary>The formats whose files are named so; none for a name that says nothing.</summary>
    internal static IReadOnlyList<Format> FormatsOf(ReadOnlySpan<byte> name)
    {
        int dot = name.LastIndexOf((byte)'.');
        return dot >= 0 && s_formats.TryGetValue(ByteText.FromBytes(name[dot..]), out Format[]? formats) ? formats : [];
    }
}
