using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Btrfs;

/// <summary>The image that the hostile ones are made of, and ways to look into them.</summary>
internal static class HostileImage
{
    /// <summary>A file that nothing that is changed has to do with, of the bytes "deep".</summary>
    public const string Sound = "nodes/deep/er/still/file";

    /// <summary>What an answer may allocate.</summary>
    public const long MostAllocated = 64 << 20;

    private const int Depth = 6;
    private static readonly Lazy<byte[]> s_image = new(() => ImageEditor.Read("small"));

    /// <summary>What an answer may take: far beyond what it takes on any machine.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(10);

    /// <summary>A fresh copy of the image.</summary>
    public static ImageEditor Edit() => new(s_image.Value);

    /// <summary>Writes a number of some bytes, little-endian.</summary>
    public static void Put(Span<byte> bytes, int field, ulong value, int width)
    {
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(wide, value);
        wide[..width].CopyTo(bytes[field..]);
    }

    /// <summary>That reading a file is an error of the image, which costs little, and that what it has nothing to do with is read.</summary>
    public static void AssertHurtAndSound(ImageEditor editor, string file)
    {
        FileSystem fileSystem = editor.Open();
        var clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => Read(fileSystem, file), Throws.InstanceOf<ImageException>());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MostAllocated));
        Assert.That(clock.Elapsed, Is.LessThan(Limit));
        Assert.That(Read(fileSystem, Sound), Is.EqualTo("deep"u8.ToArray()));
    }

    /// <summary>The node of a path.</summary>
    public static NodeId Find(FileSystem fileSystem, string path)
    {
        NodeId node = fileSystem.Root;
        foreach (string name in path.Split('/'))
        {
            Assert.That(fileSystem.TryLookup(node, Encoding.UTF8.GetBytes(name), out node), Is.True, path);
        }

        return node;
    }

    /// <summary>All bytes of a file.</summary>
    public static byte[] Read(FileSystem fileSystem, string path) => ReadWhole(fileSystem, Find(fileSystem, path));

    private static byte[] ReadWhole(FileSystem fileSystem, NodeId node)
    {
        fileSystem.GetAttributes(node);
        BlockSource file = fileSystem.OpenFile(node);
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    /// <summary>Adds the names of a directory, each byte a character, as far as they are handed out.</summary>
    public static void List(FileSystem fileSystem, NodeId directory, List<string> names)
    {
        var sink = new Sink(names);
        do
        {
            sink.Room = 100;
            fileSystem.ReadDirectory(directory, sink.Position, sink);
        }
        while (sink.Room < 100);
    }

    /// <summary>Every path to a depth that a loop does not pass: the length of a file, "error", or nothing.</summary>
    public static Dictionary<string, string> Walk(FileSystem fileSystem)
    {
        var found = new Dictionary<string, string>();
        Visit(fileSystem.Root, string.Empty, Depth);
        return found;

        void Visit(NodeId node, string path, int depth)
        {
            try
            {
                NodeAttributes attributes = fileSystem.GetAttributes(node);
                found[path] = attributes.Type == NodeType.Regular ? $"{ReadWhole(fileSystem, node).Length}" : string.Empty;
                if (attributes.Type == NodeType.Directory && depth > 0)
                {
                    var names = new List<string>();
                    try
                    {
                        List(fileSystem, node, names);
                    }
                    finally
                    {
                        foreach (string name in names.Where(name => name is not "." and not ".."))
                        {
                            if (fileSystem.TryLookup(node, Encoding.Latin1.GetBytes(name), out NodeId child))
                            {
                                Visit(child, $"{path}/{name}", depth - 1);
                            }
                        }
                    }
                }
            }
            catch (ImageException)
            {
                found[path] = "error";
            }
        }
    }

    private sealed class Sink(List<string> names) : IDirectorySink
    {
        public int Room { get; set; }

        public long Position { get; private set; }

        public bool Add(in DirectoryEntry entry)
        {
            if (Room-- == 0)
            {
                return false;
            }

            names.Add(Encoding.Latin1.GetString(entry.Name));
            Position = entry.NextPosition;
            return true;
        }
    }
}
