using ImageFs.FileSystems;

namespace ImageFs.Reading;

/// <summary>A name in a directory, kept.</summary>
/// <param name="Name">The name as bytes.</param>
/// <param name="Node">What it names.</param>
internal sealed record Entry(byte[] Name, NodeId Node)
{
    /// <summary>The entries of a directory in the order of their bytes, without "." and "..".</summary>
    /// <exception cref="Storage.ImageException">The directory is damaged.</exception>
    internal static List<Entry> List(FileSystem fileSystem, NodeId directory)
    {
        var sink = new Sink();
        fileSystem.ReadDirectory(directory, 0, sink);
        sink.Entries.Sort((first, second) => first.Name.AsSpan().SequenceCompareTo(second.Name));
        return sink.Entries;
    }

    private sealed class Sink : IDirectorySink
    {
        public List<Entry> Entries { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            if (!entry.Name.SequenceEqual("."u8) && !entry.Name.SequenceEqual(".."u8))
            {
                Entries.Add(new Entry(entry.Name.ToArray(), entry.Node));
            }

            return true;
        }
    }
}
