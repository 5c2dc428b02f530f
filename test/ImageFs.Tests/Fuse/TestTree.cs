using System.Text;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Fuse;

/// <summary>A tree in memory to serve: what a test adds, nothing on disk but the files' bytes.</summary>
internal sealed class TestTree : FileSystem
{
    private const ulong RootId = 1;
    private const uint DirectoryPermissions = 0x1ED;
    private const uint FilePermissions = 0x124;
    private const uint LinkPermissions = 0x1FF;

    private readonly Dictionary<ulong, Node> _nodes = [];

    public TestTree() => Add(new Node(RootId, RootId, string.Empty, NodeType.Directory, DirectoryPermissions));

    public bool WithBirthTimes { get; init; }

    public bool WithExtendedAttributes { get; init; }

    /// <summary>Called before each READ's file is opened.</summary>
    public Action<ulong>? OnOpenFile { get; set; }

    public override string Format => "test";

    public override NodeId Root => new(RootId);

    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = 2048,
        Blocks = 1000,
        Files = (ulong)_nodes.Count,
        MaxNameLength = 255,
    };

    public override bool HasBirthTimes => WithBirthTimes;

    public override bool HasExtendedAttributes => WithExtendedAttributes;

    public ulong AddDirectory(string name, ulong parent = RootId) => Add(parent, name, NodeType.Directory, DirectoryPermissions).Id;

    public ulong AddLink(string name, string target, ulong parent = RootId)
    {
        Node node = Add(parent, name, NodeType.SymbolicLink, LinkPermissions);
        node.Target = Encoding.UTF8.GetBytes(target);
        return node.Id;
    }

    public ulong AddFile(string name, BlockSource source, ulong parent = RootId)
    {
        Node node = Add(parent, name, NodeType.Regular, FilePermissions);
        node.Source = source;
        return node.Id;
    }

    public void SetAttribute(ulong id, string name, byte[] value) => _nodes[id].Attributes[name] = value;

    /// <summary>Makes a node that cannot be read: every question about it gives the exception.</summary>
    public void Damage(ulong id, Exception exception) => _nodes[id].Damaged = exception;

    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        Node found = Get(directory);
        string text = Encoding.UTF8.GetString(name);
        ulong id = text == ".." ? found.Parent : found.ByName.GetValueOrDefault(text);
        node = new NodeId(id);
        return id != 0;
    }

    public override NodeAttributes GetAttributes(NodeId node)
    {
        Node found = Get(node);
        return new NodeAttributes
        {
            Type = found.Type,
            Permissions = found.Permissions,
            Inode = node.Value,
            LinkCount = 1,
            Size = found.Source?.Length ?? found.Target?.Length ?? 0,
            BlockSize = 4096,
            ModifyTime = new Timestamp(1_000_000_000),
            BirthTime = WithBirthTimes ? new Timestamp(86400) : null,
        };
    }

    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        Node node = Get(directory);
        if (position < 1 && !sink.Add(new DirectoryEntry("."u8, directory, NodeType.Directory, 1)))
        {
            return;
        }

        if (position < 2 && !sink.Add(new DirectoryEntry(".."u8, new NodeId(node.Parent), NodeType.Directory, 2)))
        {
            return;
        }

        for (int i = (int)Math.Max(position - 2, 0); i < node.Children.Count; i++)
        {
            Node child = node.Children[i];
            if (!sink.Add(new DirectoryEntry(child.Name, new NodeId(child.Id), child.Type, i + 3)))
            {
                return;
            }
        }
    }

    public override byte[] ReadLink(NodeId node) => Get(node).Target!;

    public override BlockSource OpenFile(NodeId node)
    {
        OnOpenFile?.Invoke(node.Value);
        return Get(node).Source!;
    }

    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) =>
        [.. Get(node).Attributes.Keys.Select(Encoding.UTF8.GetBytes)];

    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) =>
        Get(node).Attributes.GetValueOrDefault(Encoding.UTF8.GetString(name));

    private Node Get(NodeId node)
    {
        if (!_nodes.TryGetValue(node.Value, out Node? found))
        {
            throw new InvalidImageException("node", (long)node.Value, "there is none");
        }

        return found.Damaged is null ? found : throw found.Damaged;
    }

    private Node Add(ulong parent, string name, NodeType type, uint permissions)
    {
        var node = new Node((ulong)_nodes.Count + 1, parent, name, type, permissions);
        _nodes[parent].Children.Add(node);
        _nodes[parent].ByName.Add(name, node.Id);
        return Add(node);
    }

    private Node Add(Node node)
    {
        _nodes.Add(node.Id, node);
        return node;
    }

    private sealed class Node(ulong id, ulong parent, string name, NodeType type, uint permissions)
    {
        public ulong Id => id;

        public ulong Parent => parent;

        public byte[] Name { get; } = Encoding.UTF8.GetBytes(name);

        public NodeType Type => type;

        public uint Permissions => permissions;

        public BlockSource? Source { get; set; }

        public byte[]? Target { get; set; }

        public Exception? Damaged { get; set; }

        public List<Node> Children { get; } = [];

        public Dictionary<string, ulong> ByName { get; } = [];

        public Dictionary<string, byte[]> Attributes { get; } = [];
    }
}
