using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>A file or directory that a walk comes to.</summary>
/// <param name="Path">How the walk came there.</param>
/// <param name="Node">What it is.</param>
/// <param name="Attributes">What stat(2) says of it.</param>
/// <param name="Depth">How many directories of the walk it is inside of.</param>
internal readonly record struct WalkedNode(FilePath Path, NodeId Node, NodeAttributes Attributes, int Depth);

/// <summary>Goes through directories, each before what it holds, and that in the order of its names' bytes. No symbolic link is followed.</summary>
/// <param name="fileSystem">The file system.</param>
/// <param name="visit">Gets each file and directory; what it throws of the image's failures is told of, and the walk goes on.</param>
/// <param name="fail">Called with what cannot be read; null when that is told elsewhere.</param>
internal sealed class TreeWalk(FileSystem fileSystem, Action<WalkedNode> visit, Action<FilePath, Exception>? fail = null)
{
    private readonly HashSet<NodeId> _linked = [];
    private VisitedDirectories _directories = new();

    /// <summary>Whether a file that has several names is visited by the first alone.</summary>
    public bool TakesFilesOnce { get; init; }

    /// <summary>Gets each directory and what it lists, and tells of names that are there twice, which is a failure otherwise.</summary>
    public Action<FilePath, DirectoryContents>? VisitContents { get; init; }

    /// <summary>Decodes what will be visited next; null where contents are not read.</summary>
    public FolderAhead? Ahead { get; init; }

    /// <summary>How many directories deep it goes; at 0 only where it begins is visited.</summary>
    public int MaxDepth { get; init; } = int.MaxValue;

    /// <summary>How much could not be read.</summary>
    public int Failures { get; private set; }

    /// <summary>Goes through a file, or a directory and all in it.</summary>
    /// <param name="name">How it is called.</param>
    /// <param name="node">What it is.</param>
    public void Run(byte[] name, NodeId node)
    {
        _directories = new VisitedDirectories();
        var path = new FilePath(null, name);
        VisitAll([new NamedNode(name, node)], _ => path, 0);
    }

    private void VisitAll(IReadOnlyList<NamedNode> entries, Func<NamedNode, FilePath> pathOf, int depth)
    {
        Ahead?.Enter(entries);
        try
        {
            for (int i = 0; i < entries.Count; i++)
            {
                Ahead?.Begin(i);
                Visit(pathOf(entries[i]), entries[i].Node, depth);
            }
        }
        finally
        {
            Ahead?.Leave();
        }
    }

    private void Visit(FilePath path, NodeId node, int depth)
    {
        DirectoryContents? contents = null;
        try
        {
            NodeAttributes attributes = fileSystem.GetAttributes(node);
            bool isDirectory = attributes.Type == NodeType.Directory;
            if (isDirectory)
            {
                _directories.Enter(node, depth);
            }
            else if (TakesFilesOnce && attributes.LinkCount > 1 && !_linked.Add(node))
            {
                return;
            }

            visit(new WalkedNode(path, node, attributes, depth));
            if (isDirectory && depth < MaxDepth)
            {
                contents = DirectoryContents.Read(fileSystem, node);
                VisitContents?.Invoke(path, contents);
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException { Errno: not Errno.EPIPE })
        {
            Fail(path, e);
        }

        if (contents is not null)
        {
            VisitAll(contents.Entries, entry => new FilePath(path, entry.Name), depth + 1);
            Complete(path, contents);
        }
    }

    private void Complete(FilePath path, DirectoryContents contents)
    {
        try
        {
            if (VisitContents is null)
            {
                contents.ThrowIfIncomplete();
            }
            else
            {
                contents.ThrowIfDamaged();
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            Fail(path, e);
        }
    }

    private void Fail(FilePath path, Exception error)
    {
        Failures++;
        fail?.Invoke(path, error);
    }
}
