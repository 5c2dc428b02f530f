using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest;

/// <summary>A tree whole: what of it goes into a manifest, in an order that is always the same.</summary>
/// <param name="fileSystem">The tree.</param>
/// <param name="devices">Takes the devices that files lie on.</param>
internal sealed class ManifestTree(FileSystem fileSystem, DeviceTable devices)
{
    private const int MaxName = 255;

    private readonly HashSet<NodeId> _directories = [];
    private readonly List<ManifestNode> _nodes = [];

    /// <summary>All nodes, the root first, those of a directory one after the other.</summary>
    public IReadOnlyList<ManifestNode> Nodes => _nodes;

    /// <summary>Extended attributes that have no place.</summary>
    public long LostAttributes { get; private set; }

    /// <summary>Reads it.</summary>
    /// <exception cref="ImageException">Something in it is damaged, or cannot be told.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public void Read()
    {
        using var reader = new TreeReader(fileSystem);
        Add(reader.Root, null);
        for (int i = 0; i < _nodes.Count; i++)
        {
            if (_nodes[i].Type == NodeType.Directory)
            {
                TakeDirectory(reader, _nodes[i]);
            }
        }
    }

    private void TakeDirectory(TreeReader reader, ManifestNode directory)
    {
        directory.Entries = reader.Take(directory);
        foreach (ManifestEntry entry in directory.Entries)
        {
            Check(entry.Name, directory);

            // The further names of a file lead to the same node.
            if (entry.Node.Number == 0)
            {
                Add(entry.Node, directory);
            }
        }
    }

    private static void Check(byte[] name, ManifestNode directory)
    {
        if (name.Length is 0 or > MaxName || name.AsSpan().IndexOfAny((byte)0, (byte)'/') >= 0)
        {
            throw new NotRepresentableException("a name cannot be told to Linux", [$"{directory}/{ByteText.FromBytes(name)}"]);
        }
    }

    private void Add(ManifestNode node, ManifestNode? parent)
    {
        if (node.Type == NodeType.Directory && !_directories.Add(node.Id))
        {
            throw new NotRepresentableException("a directory has several names", [parent?.ToString() ?? "/"]);
        }

        _nodes.Add(node);
        node.Parent = parent;
        node.Number = checked((uint)_nodes.Count);
        LostAttributes += node.LostAttributes;
        foreach (ref readonly DataExtent extent in node.Extents.AsSpan())
        {
            if (!extent.IsHole && !devices.TryAdd(extent.Device))
            {
                node.Extents = [];
                node.WhyCopied = "it lies on too many devices";
                break;
            }
        }
    }
}
