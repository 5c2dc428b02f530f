using ImageFs.Linux;
using ImageFs.Reading;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Checking;

/// <summary>Where a walk is: the names are put together only when something is told of a file.</summary>
/// <param name="Parent">The directory; null for the root.</param>
/// <param name="Name">Its name in that.</param>
internal sealed record FilePath(FilePath? Parent, byte[] Name)
{
    /// <summary>The path from the root: "/a/b".</summary>
    public override string ToString() => Parent is null ? "/" : $"{(Parent.Parent is null ? string.Empty : Parent)}/{ByteText.FromBytes(Name)}";
}

/// <summary>Goes through all files of a file system, each once however many names it has.</summary>
/// <param name="fileSystem">The file system.</param>
/// <param name="visit">Gets each file and directory; what it throws is told of, and the walk goes on.</param>
/// <param name="fail">Called with what cannot be read; null when that is told elsewhere.</param>
internal sealed class FileWalk(FileSystem fileSystem, Action<FilePath, NodeId, NodeAttributes> visit, Action<FilePath, Exception>? fail = null)
{
    private readonly VisitedDirectories _directories = new();
    private readonly HashSet<NodeId> _linked = [];

    /// <summary>Gets each directory and what it lists.</summary>
    public Action<FilePath, DirectoryContents>? VisitContents { get; init; }

    /// <summary>Goes through all.</summary>
    public void Run() => Visit(new FilePath(null, []), fileSystem.Root, 0);

    private void Visit(FilePath path, NodeId node, int depth)
    {
        IReadOnlyList<NamedNode> entries = [];
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
            var contents = DirectoryContents.Read(fileSystem, node);
            entries = contents.Entries;
            VisitContents?.Invoke(path, contents);
            contents.ThrowIfDamaged();
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            fail?.Invoke(path, e);
        }

        foreach (NamedNode entry in entries)
        {
            Visit(new FilePath(path, entry.Name), entry.Node, depth + 1);
        }
    }
}
