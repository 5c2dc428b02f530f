using System.IO.Compression;
using System.Text;
using ImageFs.FileSystems.Ext;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>The images of images/ext, unpacked, and short ways to look into them.</summary>
internal static class ExtImages
{
    private static readonly string s_folder = FindFolder();

    /// <summary>The names of all images.</summary>
    public static IEnumerable<string> Names =>
        Directory.GetFiles(s_folder, "*.img.gz").Select(path => Path.GetFileName(path)[..^".img.gz".Length]).Order(StringComparer.Ordinal);

    /// <summary>The bytes of an image.</summary>
    public static byte[] Read(string name)
    {
        using FileStream packed = File.OpenRead(Path.Combine(s_folder, name + ".img.gz"));
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }

    public static FileSystem Open(string name, string options = "") => Open(Read(name), options);

    public static FileSystem Open(byte[] image, string options = "") => Open(new MemorySource(image), options);

    public static FileSystem Open(BlockSource source, string options = "") =>
        new ExtFormat().Open(source, OpenContext.Of(options));

    /// <summary>The node of a path.</summary>
    public static NodeId Find(this FileSystem fileSystem, string path)
    {
        NodeId node = fileSystem.Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.That(fileSystem.TryLookup(node, Encoding.UTF8.GetBytes(name), out node), Is.True, path);
        }

        return node;
    }

    public static NodeAttributes Stat(this FileSystem fileSystem, string path) => fileSystem.GetAttributes(fileSystem.Find(path));

    public static BlockSource Open(this FileSystem fileSystem, string path) => fileSystem.OpenFile(fileSystem.Find(path));

    public static byte[] ReadFile(this FileSystem fileSystem, string path)
    {
        BlockSource file = fileSystem.Open(path);
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    /// <summary>All entries of a directory, asked for a few at a time.</summary>
    public static List<(byte[] Name, NodeId Node, NodeType Type)> List(this FileSystem fileSystem, string path, int atOnce = 5)
    {
        var sink = new ListingSink();
        NodeId directory = fileSystem.Find(path);
        int before;
        do
        {
            before = sink.Entries.Count;
            sink.Room = atOnce;
            fileSystem.ReadDirectory(directory, sink.Position, sink);
        }
        while (sink.Entries.Count > before);
        return sink.Entries;
    }

    public static IEnumerable<string> ListNames(this FileSystem fileSystem, string path) =>
        fileSystem.List(path).Select(entry => Encoding.Latin1.GetString(entry.Name)).Order(StringComparer.Ordinal);

    /// <summary>The whole map of a source, as its own layer has it.</summary>
    public static List<Extent> MapWhole(BlockSource source)
    {
        var extents = new List<Extent>();
        for (long offset = 0; offset < source.Length; offset += extents[^1].Length)
        {
            extents.Add(source.Map(offset, long.MaxValue, out _));
        }

        return extents;
    }

    /// <summary>Text as images/ext/build.sh makes it.</summary>
    public static byte[] Text(string word, int length)
    {
        var text = new StringBuilder();
        for (int i = 0; text.Length < length; i++)
        {
            text.Append($"{word} {i}\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }

    private static string FindFolder() => Path.Combine(SourceTree.Folder, "images", "ext");

    private sealed class ListingSink : IDirectorySink
    {
        public List<(byte[] Name, NodeId Node, NodeType Type)> Entries { get; } = [];

        public long Position { get; private set; }

        public int Room { get; set; }

        public bool Add(in DirectoryEntry entry)
        {
            if (Room-- == 0)
            {
                return false;
            }

            Assert.That(entry.NextPosition, Is.Positive);
            Entries.Add((entry.Name.ToArray(), entry.Node, entry.Type));
            Position = entry.NextPosition;
            return true;
        }
    }
}
