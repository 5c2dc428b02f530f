using System.Collections.Concurrent;
using System.IO.Compression;

namespace ImageFs.MountTests.Support;

/// <summary>The images of the tests: those in images/, unpacked, and real ones that Debian's packages carry.</summary>
internal static class TestImages
{
    /// <summary>The root of the sources.</summary>
    public static readonly string Sources = FindSources();

    /// <summary>Real images by name: the file and its package.</summary>
    public static readonly IReadOnlyDictionary<string, (string Path, string Package)> OfDebian = new Dictionary<string, (string, string)>
    {
        ["grub-rescue-cdrom"] = ("/usr/lib/grub-rescue/grub-rescue-cdrom.iso", "grub-rescue-pc"),
        ["memtest86+ia32"] = ("/usr/lib/memtest86+/memtest86+ia32.iso", "memtest86+"),
        ["memtest86+x64"] = ("/usr/lib/memtest86+/memtest86+x64.iso", "memtest86+"),
        ["ipxe"] = ("/usr/lib/ipxe/ipxe.iso", "ipxe"),
    };

    private static readonly ConcurrentDictionary<string, Lazy<string>> s_unpacked = new();

    /// <summary>The names of the images in a folder of images/.</summary>
    public static IEnumerable<string> Names(string folder = "") =>
        Directory.GetFiles(Path.Combine(Sources, "images", folder), "*.gz")
            .Select(path => Path.Combine(folder, Path.GetFileName(path).Split('.')[0]))
            .Order(StringComparer.Ordinal);

    /// <summary>An image's file: "rockridge", "invalid/empty", "ext/inline", or the name of one of Debian's.</summary>
    public static string Get(string name) =>
        OfDebian.TryGetValue(name, out (string Path, string Package) debian)
            ? Need.Installed(debian.Path, debian.Package)
            : s_unpacked.GetOrAdd(name, new Lazy<string>(() => Unpack(name))).Value;

    private static string Unpack(string name)
    {
        string folder = Path.Combine(Sources, "images", Path.GetDirectoryName(name)!);
        string archive = Directory.GetFiles(folder, Path.GetFileName(name) + ".*.gz").Single();
        string path = Path.Combine(RunFolder.Path, Path.ChangeExtension(Path.GetRelativePath(Path.Combine(Sources, "images"), archive), null));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream packed = File.OpenRead(archive);
        using var image = new GZipStream(packed, CompressionMode.Decompress);
        using FileStream file = File.Create(path);
        image.CopyTo(file);
        return path;
    }

    private static string FindSources()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ImageFs.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside of their sources");
        }

        return folder;
    }
}
