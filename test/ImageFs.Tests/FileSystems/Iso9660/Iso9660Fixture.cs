using System.Text;
using ImageFs.FileSystems.Iso9660;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

/// <summary>Opens images and asks short questions of them.</summary>
internal static class Iso9660Fixture
{
    public static FileSystem Open(BlockSource source, string options = "", List<string>? warnings = null) =>
        new Iso9660Format().Open(source, OpenContext.Of(options, warning => warnings?.Add(warning)));

    public static NodeId Find(this FileSystem fs, string path)
    {
        NodeId node = fs.Root;
        foreach (string name in path.Split('/'))
        {
            Assert.That(fs.TryLookup(node, Encoding.UTF8.GetBytes(name), out node), $"no {name} of {path}");
        }

        return node;
    }

    public static bool Has(this FileSystem fs, string name) => fs.TryLookup(fs.Root, Encoding.UTF8.GetBytes(name), out _);

    public static NodeAttributes Attributes(this FileSystem fs, string path) => fs.GetAttributes(fs.Find(path));

    public static List<ListedEntry> List(this FileSystem fs, NodeId directory, long position = 0)
    {
        var sink = new ListSink();
        fs.ReadDirectory(directory, position, sink);
        return sink.Entries;
    }

    /// <summary>The names in a directory but "." and "..".</summary>
    public static string[] Names(this FileSystem fs, NodeId directory) =>
        [.. fs.List(directory).Select(entry => entry.Name).Where(name => name is not ("." or ".."))];

    public static string[] Names(this FileSystem fs) => fs.Names(fs.Root);

    public static byte[] ReadAll(this FileSystem fs, string path)
    {
        BlockSource file = fs.OpenFile(fs.Find(path));
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    public static string ReadLink(this FileSystem fs, string path) => Encoding.UTF8.GetString(fs.ReadLink(fs.Find(path)));

    public static Extent[] Extents(this BlockSource file)
    {
        var extents = new List<Extent>();
        for (long offset = 0; offset < file.Length; offset = extents[^1].End)
        {
            extents.Add(file.Map(offset, file.Length - offset, out _));
        }

        return [.. extents];
    }

    public sealed record ListedEntry(string Name, NodeId Node, NodeType Type, long NextPosition, ulong Inode);

    private sealed class ListSink : IDirectorySink
    {
        public List<ListedEntry> Entries { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            Entries.Add(new ListedEntry(Encoding.UTF8.GetString(entry.Name), entry.Node, entry.Type, entry.NextPosition, entry.Inode));
            return true;
        }
    }
}
