using System.Text;
using ImageFs.FileSystems;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>Opens volumes of FAT and exFAT and asks short questions of them.</summary>
internal static class VolumeFixture
{
    /// <summary>An image of the repository, unpacked.</summary>
    /// <param name="name">Its path under images/, without <c>.img.gz</c>.</param>
    /// <param name="extension">What it ends with instead of <c>img</c>.</param>
    public static byte[] Load(string name, string extension = "img") => DiskImage.Read($"{name}.{extension}");

    /// <summary>Opens what the formats recognise.</summary>
    public static FileSystem Open(byte[] bytes, string options = "", List<string>? warnings = null) =>
        Open(new MemorySource(bytes), options, warnings);

    /// <summary>Opens what the formats recognise.</summary>
    public static FileSystem Open(BlockSource source, string options = "", List<string>? warnings = null)
    {
        FileSystemFormat format = FileSystemFormats.All.First(format => format.Probe(source));
        return format.Open(source, OpenContext.Of(options, warning => warnings?.Add(warning)));
    }

    /// <summary>Opens a volume made byte by byte.</summary>
    public static FileSystem Open(this FatImage image, string options = "", List<string>? warnings = null) => Open(image.Bytes, options, warnings);

    /// <summary>The node of a path.</summary>
    public static NodeId Find(this FileSystem fs, string path)
    {
        NodeId node = fs.Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.That(fs.TryLookup(node, Encoding.UTF8.GetBytes(name), out node), $"no {name} of {path}");
        }

        return node;
    }

    public static bool Has(this FileSystem fs, string name) => fs.TryLookup(fs.Root, Encoding.UTF8.GetBytes(name), out _);

    public static NodeAttributes Attributes(this FileSystem fs, string path) => fs.GetAttributes(fs.Find(path));

    public static List<ListedEntry> List(this FileSystem fs, NodeId directory, long position = 0, int max = int.MaxValue)
    {
        var sink = new ListSink(max);
        fs.ReadDirectory(directory, position, sink);
        return sink.Entries;
    }

    /// <summary>The names in a directory but "." and "..".</summary>
    public static string[] Names(this FileSystem fs, string path = "") =>
        [.. fs.List(fs.Find(path)).Select(entry => entry.Name).Where(name => name is not ("." or ".."))];

    public static byte[] ReadAll(this FileSystem fs, string path) => fs.OpenFile(fs.Find(path)).ReadAll();

    public static byte[] ReadAll(this BlockSource file)
    {
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    public static Extent[] Extents(this BlockSource file)
    {
        var extents = new List<Extent>();
        for (long offset = 0; offset < file.Length; offset = extents[^1].End)
        {
            extents.Add(file.Map(offset, long.MaxValue, out _));
        }

        return [.. extents];
    }

    public static Extent[] Extents(this FileSystem fs, string path) => fs.OpenFile(fs.Find(path)).Extents();

    /// <summary>Everything of a tree, a line each: type, size, first bytes of the contents' hash, path.</summary>
    public static List<string> Walk(this FileSystem fs)
    {
        var lines = new List<string>();
        Walk(fs, fs.Root, string.Empty, lines);
        return lines;
    }

    /// <summary>Asks everything of everything, as far as it goes; damage is what may be answered.</summary>
    public static void Exercise(FileSystem fs, int maxNodes, MutantTally? tally = null)
    {
        Try(() => _ = fs.Statistics);
        Try(() => fs.Describe());
        var pending = new Queue<NodeId>([fs.Root]);
        var seen = new HashSet<NodeId> { fs.Root };
        while (pending.TryDequeue(out NodeId node) && seen.Count < maxNodes)
        {
            var sink = new ListSink(maxNodes);
            Try(() => fs.ReadDirectory(node, 0, sink));
            foreach (ListedEntry entry in sink.Entries)
            {
                Try(() => fs.GetAttributes(entry.Node));
                Try(() => fs.TryLookup(node, Encoding.UTF8.GetBytes(entry.Name), out _));
                if (entry.Type == NodeType.Regular)
                {
                    Try(() =>
                    {
                        ReadSome(fs.OpenFile(entry.Node));
                        tally?.NoteRead();
                    });
                }
                else if (seen.Add(entry.Node))
                {
                    pending.Enqueue(entry.Node);
                }
            }
        }
    }

    private static void ReadSome(BlockSource file)
    {
        byte[] bytes = new byte[(int)Math.Min(file.Length, 4096)];
        file.ReadAt(0, bytes);
        file.ReadAt(file.Length - bytes.Length, bytes);
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
        }
    }

    private static void Walk(FileSystem fs, NodeId directory, string path, List<string> lines)
    {
        foreach (ListedEntry entry in fs.List(directory))
        {
            Assert.That(fs.TryLookup(directory, Encoding.UTF8.GetBytes(entry.Name), out NodeId found), entry.Name);
            Assert.That(found, Is.EqualTo(entry.Node), entry.Name);
            if (entry.Name is "." or "..")
            {
                continue;
            }

            if (entry.Type == NodeType.Directory)
            {
                lines.Add($"d {path}{entry.Name}");
                Walk(fs, entry.Node, $"{path}{entry.Name}/", lines);
            }
            else
            {
                byte[] bytes = fs.OpenFile(entry.Node).ReadAll();
                string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..8];
                lines.Add($"f {bytes.Length} {hash} {path}{entry.Name}");
            }
        }
    }

    public sealed record ListedEntry(string Name, NodeId Node, NodeType Type, long NextPosition);

    private sealed class ListSink(int max) : IDirectorySink
    {
        public List<ListedEntry> Entries { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            if (Entries.Count == max)
            {
                return false;
            }

            Entries.Add(new ListedEntry(Encoding.UTF8.GetString(entry.Name), entry.Node, entry.Type, entry.NextPosition));
            return true;
        }
    }
}
