using System.Text;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Storage;

namespace ImageFs.Tests.Fuse;

/// <summary>A tree in memory to serve: what a test adds, nothing on disk but the files' bytes.</summary>
internal sealed class TestTree : FuseFileSystem
{
    private const uint DirectoryMode = 0x4000;
    private const uint FileMode = 0x8000;
    private const uint LinkMode = 0xA000;

    private readonly Dictionary<ulong, Node> _nodes = [];

    public TestTree() => Add(new Node(RootId, RootId, string.Empty, DirectoryMode | 0x1ED));

    public bool WithBirthTimes { get; init; }

    public bool WithExtendedAttributes { get; init; }

    /// <summary>Called before each READ's file is opened.</summary>
    public Action<ulong>? OnOpenFile { get; set; }

    public override bool HasBirthTimes => WithBirthTimes;

    public override bool HasExtendedAttributes => WithExtendedAttributes;

    public ulong AddDirectory(string name, ulong parent = RootId) => Add(parent, name, DirectoryMode | 0x1ED).Id;

    public ulong AddLink(string name, string target, ulong parent = RootId)
    {
        Node node = Add(parent, name, LinkMode | 0x1FF);
        node.Target = Encoding.UTF8.GetBytes(target);
        return node.Id;
    }

    public ulong AddFile(string name, BlockSource source, ulong parent = RootId)
    {
        Node node = Add(parent, name, FileMode | 0x124);
        node.Source = source;
        return node.Id;
    }

    public void SetAttribute(ulong id, string name, byte[] value) => _nodes[id].Attributes[name] = value;

    /// <summary>Makes a node that cannot be read: every question about it gives the exception.</summary>
    public void Damage(ulong id, Exception exception) => _nodes[id].Damaged = exception;

    public override bool TryLookup(ulong parent, ReadOnlySpan<byte> name, out FuseNode node)
    {
        Node directory = Get(parent);
        string text = Encoding.UTF8.GetString(name);
        ulong id = text == ".." ? directory.Parent : directory.ByName.GetValueOrDefault(text);
        node = id == 0 ? default : GetNode(id);
        return id != 0;
    }

    public override FuseNode GetNode(ulong nodeId)
    {
        Node node = Get(nodeId);
        return new FuseNode
        {
            NodeId = nodeId,
            HasBirthTime = WithBirthTimes,
            BirthSeconds = 86400,
            Attributes = new FuseAttr
            {
                Ino = nodeId,
                Mode = node.Mode,
                Nlink = 1,
                Size = (ulong)(node.Source?.Length ?? node.Target?.Length ?? 0),
                Blksize = 4096,
                Mtime = 1_000_000_000,
            },
        };
    }

    public override void ReadDirectory(ulong directory, long position, IFuseDirectorySink sink)
    {
        Node node = Get(directory);
        if (position < 1 && !sink.Add("."u8, directory, 4, directory, 1))
        {
            return;
        }

        if (position < 2 && !sink.Add(".."u8, node.Parent, 4, node.Parent, 2))
        {
            return;
        }

        for (int i = (int)Math.Max(position - 2, 0); i < node.Children.Count; i++)
        {
            Node child = node.Children[i];
            if (!sink.Add(child.Name, child.Id, child.Mode >> 12, child.Id, i + 3))
            {
                return;
            }
        }
    }

    public override byte[] ReadLink(ulong nodeId) => Get(nodeId).Target!;

    public override BlockSource OpenFile(ulong nodeId)
    {
        OnOpenFile?.Invoke(nodeId);
        return Get(nodeId).Source!;
    }

    public override FuseStatFs GetStatFs() => new(2048, 1000, 0, (ulong)_nodes.Count, 0, 255);

    public override IReadOnlyList<byte[]> ListExtendedAttributes(ulong nodeId) =>
        [.. Get(nodeId).Attributes.Keys.Select(Encoding.UTF8.GetBytes)];

    public override byte[]? GetExtendedAttribute(ulong nodeId, ReadOnlySpan<byte> name) =>
        Get(nodeId).Attributes.GetValueOrDefault(Encoding.UTF8.GetString(name));

    private Node Get(ulong id)
    {
        if (!_nodes.TryGetValue(id, out Node? node))
        {
            throw new InvalidImageException("node", (long)id, "there is none");
        }

        return node.Damaged is null ? node : throw node.Damaged;
    }

    private Node Add(ulong parent, string name, uint mode)
    {
        var node = new Node((ulong)_nodes.Count + 1, parent, name, mode);
        _nodes[parent].Children.Add(node);
        _nodes[parent].ByName.Add(name, node.Id);
        return Add(node);
    }

    private Node Add(Node node)
    {
        _nodes.Add(node.Id, node);
        return node;
    }

    private sealed class Node(ulong id, ulong parent, string name, uint mode)
    {
        public ulong Id => id;

        public ulong Parent => parent;

        public byte[] Name { get; } = Encoding.UTF8.GetBytes(name);

        public uint Mode => mode;

        public BlockSource? Source { get; set; }

        public byte[]? Target { get; set; }

        public Exception? Damaged { get; set; }

        public List<Node> Children { get; } = [];

        public Dictionary<string, ulong> ByName { get; } = [];

        public Dictionary<string, byte[]> Attributes { get; } = [];
    }
}
