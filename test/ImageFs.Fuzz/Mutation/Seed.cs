using ImageFs.Tests.Support;

namespace ImageFs.Fuzz.Mutation;

/// <summary>A sound image that mutants are made of.</summary>
/// <param name="name">Its name, by which a patch finds it again.</param>
/// <param name="read">Gives its bytes.</param>
/// <param name="options">Mount options that it is opened with.</param>
internal sealed class Seed(string name, Func<byte[]> read, string options = "")
{
    private readonly Lazy<byte[]> _bytes = new(read);

    /// <summary>Its name: the path in images/ without the ending, or what made it.</summary>
    public string Name => name;

    /// <summary>Its bytes: not to be changed.</summary>
    public byte[] Bytes => _bytes.Value;

    /// <summary>Mount options that it is opened with.</summary>
    public string Options => options;

    /// <summary>An image of images/.</summary>
    /// <param name="path">Its path there, without <c>.gz</c>.</param>
    /// <param name="options">Mount options that it is opened with.</param>
    public static Seed Image(string path, string options = "") =>
        new(options.Length == 0 ? path : $"{path},{options}", () => DiskImage.Read(path), options);

    /// <summary>All images of a folder of images/, in the order of their names.</summary>
    /// <param name="folder">The folder; empty for images/ itself.</param>
    /// <param name="ending">What the names end with, without <c>.gz</c>.</param>
    /// <param name="start">What the names begin with.</param>
    public static IEnumerable<Seed> Images(string folder, string ending = ".img", string start = "") =>
        from path in Directory.EnumerateFiles(Path.Combine(SourceTree.Folder, "images", folder), $"{start}*{ending}.gz").Order(StringComparer.Ordinal)
        select Image(Path.Combine(folder, Path.GetFileNameWithoutExtension(path)));
}
