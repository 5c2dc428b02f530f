using System.Text;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Support;

/// <summary>A file system of paths: "etc/hostname" is a file with its own path in it, "bin -> usr/bin" a link.</summary>
internal sealed class LinkTree : FileSystem
{
    private const ulong FirstNode = 2;

    private readonly List<string> _paths = [""];
    private readonly Dictionary<string, string> _links = [];

    internal LinkTree(params string[] entries)
    {
        foreach (string entry in entries)
        {
            string[] parts = entry.Split(" -> ");
            for (int slash = parts[0].IndexOf('/', StringComparison.Ordinal); slash > 0; slash = parts[0].IndexOf('/', slash + 1))
            {
                Add(parts[0][..slash]);
            }

            Add(parts[0]);
            if (parts.Length > 1)
            {
                _links[parts[0]] = parts[1];
            }
        }
    }

    public override string Format => "links";

    public override NodeId Root => new(FirstNode);

    public override FileSystemStatistics Statistics => new() { BlockSize = 512, Blocks = 1, Files = 1, MaxNameLength = 255 };

    public override ImageDescription Describe() => new(Format);

    public override NodeAttributes GetAttributes(NodeId node)
    {
        string path = PathOf(node);
        bool isDirectory = path.Length == 0 || path.EndsWith("dir", StringComparison.Ordinal) || _paths.Exists(other => other.StartsWith($"{path}/", StringComparison.Ordinal));
        NodeType type = _links.ContainsKey(path) ? NodeType.SymbolicLink : isDirectory ? NodeType.Directory : NodeType.Regular;
        return new() { Type = type, Permissions = 0x1ED, Inode = node.Value };
    }

    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        string folder = PathOf(directory);
        int index = _paths.IndexOf(folder.Length == 0 ? Encoding.UTF8.GetString(name) : $"{folder}/{Encoding.UTF8.GetString(name)}");
        node = new NodeId(FirstNode + (ulong)Math.Max(index, 0));
        return index > 0;
    }

    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        string folder = PathOf(directory);
        for (int i = (int)Math.Max(1, position); i < _paths.Count; i++)
        {
            if ((Path.GetDirectoryName(_paths[i]) ?? string.Empty) == folder)
            {
                var node = new NodeId(FirstNode + (ulong)i);
                sink.Add(new DirectoryEntry(Encoding.UTF8.GetBytes(Path.GetFileName(_paths[i])), node, GetAttributes(node).Type, i + 1));
            }
        }
    }

    public override byte[] ReadLink(NodeId node) => Encoding.UTF8.GetBytes(_links[PathOf(node)]);

    public override BlockSource OpenFile(NodeId node) => throw new NotSupportedException();

    /// <summary>The path of a node, for assertions.</summary>
    internal string PathOf(NodeId node) => _paths[(int)(node.Value - FirstNode)];

    private void Add(string path)
    {
        if (!_paths.Contains(path))
        {
            _paths.Add(path);
        }
    }
}
