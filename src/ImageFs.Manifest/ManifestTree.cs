using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest;

/// <summary>Reads a tree whole: what of it goes into a manifest.</summary>
/// <param name="fileSystem">The tree.</param>
/// <param name="plan">Finds where files lie.</param>
internal sealed class ManifestTree(FileSystem fileSystem, FilePlan plan)
{
    private const int MaxName = 255;

    private readonly Dictionary<NodeId, ManifestNode> _linked = [];
    private readonly HashSet<NodeId> _directories = [];
    private readonly List<ManifestNode> _nodes = [];
    private readonly AttributeRecords _attributes = new();

    /// <summary>All nodes, the root first, those of a directory one after the other.</summary>
    public IReadOnlyList<ManifestNode> Nodes => _nodes;

    /// <summary>Extended attributes that have no place.</summary>
    public long LostAttributes => _attributes.Lost;

    /// <summary>Reads it.</summary>
    /// <exception cref="ImageException">Something in it is damaged, or cannot be told.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public void Read()
    {
        Add(fileSystem.Root, null);
        for (int i = 0; i < _nodes.Count; i++)
        {
            if (_nodes[i].Type == NodeType.Directory)
            {
                ReadDirectory(_nodes[i]);
            }
        }
    }

    private void ReadDirectory(ManifestNode directory)
    {
        var contents = DirectoryContents.Read(fileSystem, directory.Id);
        contents.ThrowIfIncomplete();
        directory.Entries = [.. contents.Entries.Select(entry => new ManifestEntry(Check(entry.Name, directory), Find(entry.Node, directory)))];
    }

    private static byte[] Check(byte[] name, ManifestNode directory) =>
        name.Length is > 0 and <= MaxName && name.AsSpan().IndexOfAny((byte)0, (byte)'/') < 0
            ? name
            : throw new NotRepresentableException("a name cannot be told to Linux", [$"{directory}/{ByteText.FromBytes(name)}"]);

    private ManifestNode Find(NodeId id, ManifestNode directory) => _linked.TryGetValue(id, out ManifestNode? known) ? known : Add(id, directory);

    private ManifestNode Add(NodeId id, ManifestNode? parent)
    {
        NodeAttributes attributes = fileSystem.GetAttributes(id);
        var node = new ManifestNode(id, in attributes, parent) { Number = checked((uint)_nodes.Count + 1) };
        if (node.Type == NodeType.Directory)
        {
            if (!_directories.Add(id))
            {
                throw new NotRepresentableException("a directory has several names", [parent?.ToString() ?? "/"]);
            }
        }
        else if (node.LinkCount > 1)
        {
            _linked.Add(id, node);
        }

        if (fileSystem.HasExtendedAttributes)
        {
            node.Attributes = _attributes.Read(fileSystem, id);
        }

        switch (node.Type)
        {
            case NodeType.SymbolicLink:
                node.Target = fileSystem.ReadLink(id);
                node.Size = node.Target.Length;
                break;
            case NodeType.Regular:
                BlockSource file = fileSystem.OpenFile(id);
                node.Size = file.Length;
                node.Extents = plan.Find(file, out string? why);
                node.WhyCopied = why;
                break;
            default:
                break;
        }

        _nodes.Add(node);
        return node;
    }
}
