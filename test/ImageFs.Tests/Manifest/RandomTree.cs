using System.Globalization;
using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Manifest;

/// <summary>A tree of everything that there may be, made of a number: its files lie in pieces all over a device.</summary>
internal sealed class RandomTree : FileSystem
{
    private const int Piece = 512;

    private readonly List<Node> _nodes = [];
    private readonly Random _random;
    private readonly BlockSource _device;

    /// <param name="seed">The number.</param>
    /// <param name="device">What files lie on.</param>
    /// <param name="alignment">What extents begin at multiples of, in bytes.</param>
    public RandomTree(int seed, BlockSource device, int alignment = Piece)
    {
        _random = new Random(seed);
        _device = device;
        Alignment = alignment;
        AddDirectory(depth: 0);
    }

    public override string Format => "random";

    public override NodeId Root => new(1);

    public override bool HasExtendedAttributes => true;

    public override FileSystemStatistics Statistics => new() { BlockSize = 512, Blocks = 1, MaxNameLength = 255 };

    private int Alignment { get; }

    public override NodeAttributes GetAttributes(NodeId node) => Of(node).Attributes;

    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => Of(directory).Names.TryGetValue(ByteText.FromBytes(name), out node);

    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        long next = 0;
        foreach ((string name, NodeId node) in Of(directory).Names)
        {
            if (next++ >= position && !sink.Add(new DirectoryEntry(ByteText.ToBytes(name), node, Of(node).Attributes.Type, next)))
            {
                return;
            }
        }
    }

    public override byte[] ReadLink(NodeId node) => Of(node).Target;

    public override BlockSource OpenFile(NodeId node) => Of(node).Contents!;

    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) => [.. Of(node).Extended.Keys.Select(name => ByteText.ToBytes(name))];

    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) => Of(node).Extended.GetValueOrDefault(ByteText.FromBytes(name));

    private Node Of(NodeId id) => _nodes[(int)id.Value - 1];

    private NodeId AddDirectory(int depth)
    {
        Node directory = Add(NodeType.Directory, 0);
        int count = _random.Next(depth == 0 ? 40 : 12);
        for (int i = 0; i < count; i++)
        {
            directory.Names[NewName(i)] = Make(depth + 1);
        }

        return directory.Id;
    }

    private NodeId Make(int depth) => _random.Next(12) switch
    {
        0 or 1 when depth < 4 => AddDirectory(depth),
        2 => AddLink(),
        3 => Add(NodeType.Fifo, 0).Id,
        4 => Add(NodeType.CharacterDevice, 0).Id,
        5 when _nodes.LastOrDefault(node => node.Attributes is { LinkCount: > 1, Type: not NodeType.Directory }) is { } linked => linked.Id,
        _ => AddFile(),
    };

    private string NewName(int number)
    {
        string start = ((char)_random.Next('!', 'z')).ToString().Replace('/', '-');
        return $"{start}{number.ToString(CultureInfo.InvariantCulture)}{new string('n', _random.Next(8) == 0 ? 250 - start.Length : _random.Next(20))}";
    }

    private NodeId AddLink()
    {
        byte[] target = Encoding.ASCII.GetBytes(new string('t', _random.Next(8) == 0 ? 4000 : 1 + _random.Next(60)));
        Node node = Add(NodeType.SymbolicLink, target.Length);
        node.Target = target;
        return node.Id;
    }

    private NodeId AddFile()
    {
        var map = new ExtentMapBuilder();
        long length = 0;
        int pieces = _random.Next(6);
        for (int i = 0; i < pieces; i++)
        {
            bool isLast = i == pieces - 1;
            long bytes = Alignment * (1 + _random.Next(_random.Next(4) == 0 ? 64 : 4));
            bytes -= isLast ? _random.Next(Alignment) : 0;
            if (_random.Next(4) == 0)
            {
                map.Append(bytes, ExtentKind.Hole);
            }
            else
            {
                map.AppendMapped(bytes, Alignment * _random.NextInt64((_device.Length / Alignment) - 80));
            }

            length += bytes;
        }

        Node node = Add(NodeType.Regular, length);
        node.Contents = new MappedSource(_device, map.Build(length));
        return node.Id;
    }

    private Node Add(NodeType type, long size)
    {
        var node = new Node
        {
            Id = new NodeId((ulong)_nodes.Count + 1),
            Attributes = new NodeAttributes
            {
                Type = type,
                Permissions = (uint)_random.Next(0x1000),
                Inode = (ulong)_nodes.Count + 1,
                LinkCount = type == NodeType.Directory ? 2 : (uint)_random.Next(1, 4),
                Uid = (uint)_random.NextInt64(1L << 32),
                Gid = (uint)_random.NextInt64(1L << 32),
                Device = type == NodeType.CharacterDevice ? new DeviceNumber((uint)_random.Next(1 << 12), (uint)_random.Next(1 << 20)) : default,
                Size = size,
                ModifyTime = new Timestamp(_random.NextInt64(-1L << 33, 1L << 34), (uint)_random.Next(1_000_000_000)),
            },
        };
        for (int i = _random.Next(4) - 2; i > 0; i--)
        {
            byte[] value = new byte[_random.Next(300)];
            _random.NextBytes(value);
            node.Extended[$"{(i == 1 ? "user" : "trusted")}.name{_random.Next(100)}"] = value;
        }

        _nodes.Add(node);
        return node;
    }

    private sealed class Node
    {
        public required NodeId Id { get; init; }

        public required NodeAttributes Attributes { get; init; }

        public SortedDictionary<string, NodeId> Names { get; } = new(Comparer<string>.Create((first, second) => -string.CompareOrdinal(first, second)));

        public Dictionary<string, byte[]> Extended { get; } = [];

        public byte[] Target { get; set; } = [];

        public BlockSource? Contents { get; set; }
    }
}
