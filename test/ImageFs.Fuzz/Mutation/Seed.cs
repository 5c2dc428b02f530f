using ImageFs.Storage;
using ImageFs.Tests.Support;

namespace ImageFs.Fuzz.Mutation;

/// <summary>An image that mutants are made of, mostly a sound one.</summary>
internal sealed class Seed
{
    private readonly Lazy<IReadOnlyList<SeedFile>> _files;
    private readonly Lazy<byte[]> _bytes;

    /// <param name="name">Its name, by which a patch finds it again.</param>
    /// <param name="read">Gives its bytes.</param>
    /// <param name="options">Mount options that it is opened with.</param>
    public Seed(string name, Func<byte[]> read, string options = "")
        : this(name, options, new Lazy<IReadOnlyList<SeedFile>>(() => [new SeedFile("disk", 0, read())]))
    {
    }

    private Seed(string name, string options, Lazy<IReadOnlyList<SeedFile>> files)
    {
        Name = name;
        Options = options;
        _files = files;
        _bytes = new Lazy<byte[]>(() => files.Value is [var only] ? only.Bytes : Join(files.Value));
    }

    /// <summary>Its name: the path in images/ without the ending, or what made it.</summary>
    public string Name { get; }

    /// <summary>Its bytes: not to be changed.</summary>
    public byte[] Bytes => _bytes.Value;

    /// <summary>Mount options that it is opened with.</summary>
    public string Options { get; }

    /// <summary>The files that it is in, one after the other in <see cref="Bytes"/>; the first is the one that is opened.</summary>
    public IReadOnlyList<SeedFile> Files => _files.Value;

    /// <summary>What its parser reads of a mutant: as a rule its bytes as they are.</summary>
    public Func<MutantDevice, Device> Form { get; init; } = static mutant => mutant;

    /// <summary>The key of the volume that is encrypted in it; empty where none is.</summary>
    public byte[] Key { get; init; } = [];

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

    /// <summary>An image in several files.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="read">Gives the files; the first is the one that is opened.</param>
    /// <param name="options">Mount options that it is opened with.</param>
    public static Seed OfFiles(string name, Func<IEnumerable<(string Name, byte[] Bytes)>> read, string options = "") =>
        new(name, options, new Lazy<IReadOnlyList<SeedFile>>(() => Place(read())));

    private static byte[] Join(IReadOnlyList<SeedFile> files)
    {
        byte[] bytes = new byte[files[^1].End];
        foreach (SeedFile file in files)
        {
            file.Bytes.CopyTo(bytes, file.Start);
        }

        return bytes;
    }

    private static List<SeedFile> Place(IEnumerable<(string Name, byte[] Bytes)> files)
    {
        var placed = new List<SeedFile>();
        foreach ((string name, byte[] bytes) in files)
        {
            placed.Add(new SeedFile(name, placed.Count == 0 ? 0 : placed[^1].End, bytes));
        }

        return placed;
    }
}

/// <summary>A file of a seed.</summary>
/// <param name="Name">Its name in the folder of the image.</param>
/// <param name="Start">Where it begins in the seed's bytes.</param>
/// <param name="Bytes">Its bytes.</param>
internal sealed record SeedFile(string Name, int Start, byte[] Bytes)
{
    /// <summary>First byte after it in the seed's bytes.</summary>
    public int End => Start + Bytes.Length;
}
