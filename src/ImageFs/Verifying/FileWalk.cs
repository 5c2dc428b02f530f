using ImageFs.FileSystems;
using ImageFs.Linux;
using ImageFs.Reading;
using ImageFs.Storage;

namespace ImageFs.Verifying;

/// <summary>Goes through all files of a file system, each once however many names it has.</summary>
/// <param name="fileSystem">The file system.</param>
/// <param name="visit">Gets each file and directory; what it throws is told of, and the walk goes on.</param>
/// <param name="fail">Hears of what cannot be read.</param>
internal sealed class FileWalk(FileSystem fileSystem, Action<FilePath, NodeId, NodeAttributes> visit, Action<FilePath, Exception> fail)
{
    private readonly VisitedDirectories _directories = new();
    private readonly HashSet<NodeId> _linked = [];

    /// <summary>Goes through all.</summary>
    public void Run() => Visit(new FilePath(null, []), fileSystem.Root, 0);

    private void Visit(FilePath path, NodeId node, int depth)
    {
        var sink = new Sink();
        try
        {
            NodeAttributes attributes = fileSystem.GetAttributes(node);
            if (attributes.Type != NodeType.Directory)
            {
                if (attributes.LinkCount <= 1 || _linked.Add(node))
                {
                    visit(path, node, attributes);
                }

                return;
            }

            _directories.Enter(node, depth);
            visit(path, node, attributes);
            sink.ReadAll(fileSystem, node);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            fail(path, e);
        }

        foreach (Entry entry in sink.Entries)
        {
            Visit(new FilePath(path, entry.Name), entry.Node, depth + 1);
        }
    }

    private sealed class Sink : IDirectorySink
    {
        private long _position;
        private bool _hasAdded;

        public List<Entry> Entries { get; } = [];

        // What is damaged in a directory is told by the call that begins behind what could be read.
        public void ReadAll(FileSystem fileSystem, NodeId directory)
        {
            do
            {
                _hasAdded = false;
                fileSystem.ReadDirectory(directory, _position, this);
            }
            while (_hasAdded);
        }

        public bool Add(in DirectoryEntry entry)
        {
            _hasAdded = true;
            _position = entry.NextPosition;
            if (!entry.Name.SequenceEqual("."u8) && !entry.Name.SequenceEqual(".."u8))
            {
                Entries.Add(new Entry(entry.Name.ToArray(), entry.Node));
            }

            return true;
        }
    }
}
