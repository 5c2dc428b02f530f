using ImageFs.Linux;
using ImageFs.Storage.Containers;
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
    internal static bool IsImage(string name) => FormatsOf(name).Length > 0;

    /// <summary>The formats whose files are named so; none for a name that says nothing.</summary>
    internal static IReadOnlyList<Format> FormatsOf(ReadOnlySpan<byte> name) => name.Contains((byte)'.') ? FormatsOf(ByteText.FromBytes(name)) : [];

    /// <summary>A name without what it says of formats: <c>disk</c> of <c>disk.qcow2.gz</c>. One that says nothing is itself.</summary>
    internal static string WithoutExtensions(string name)
    {
        string extension = Path.GetExtension(name);
        return extension.Length < name.Length && s_formats.ContainsKey(extension) ? WithoutExtensions(name[..^extension.Length]) : name;
    }

    // Of a compressed file, only where what it holds is named as an image: manual pages are compressed, too.
    private static Format[] FormatsOf(string name) =>
        !s_formats.TryGetValue(Path.GetExtension(name), out Format[]? formats)
        || (formats.OfType<ContainerFormat>().FirstOrDefault(format => format.IsCompression) is { } compression && FormatsOf(compression.HeldName(name)).Length == 0)
            ? []
            : formats;
}
