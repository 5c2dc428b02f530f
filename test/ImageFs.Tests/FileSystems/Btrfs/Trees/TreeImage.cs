using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems.Btrfs.Trees;

/// <summary>A tree in memory, of small nodes, with two copies of each.</summary>
internal sealed class TreeImage : INodeSource
{
    public const int NodeSize = 4096;
    public const ulong Tree = ObjectIds.FsTree;
    public const ulong Generation = 7;

    private readonly Dictionary<long, byte[][]> _nodes = [];
    private ulong _next = 0x10000;

    public static Geometry Geometry { get; } = new(NodeSize, NodeSize, Checksum.Find(0)!, new UInt128(1, 2));

    public NodePointer Root { get; private set; }

    public int Reads { get; private set; }

    public IEnumerable<long> Addresses => _nodes.Keys;

    /// <summary>Makes a tree of items, which are in the order of their keys.</summary>
    /// <param name="items">The items.</param>
    /// <param name="perLeaf">Items of a leaf.</param>
    /// <param name="perNode">Children of another node.</param>
    public static TreeImage Of(IReadOnlyList<(TreeKey Key, byte[] Data)> items, int perLeaf = 5, int perNode = 3)
    {
        var image = new TreeImage();
        List<(TreeKey Key, ulong Address)> level = [.. items.Chunk(perLeaf).Select(leaf => (leaf[0].Key, image.AddLeaf(leaf)))];
        if (level.Count == 0)
        {
            level.Add((TreeKey.Min, image.AddLeaf([])));
        }

        int height = 0;
        while (level.Count > 1)
        {
            height++;
            level = [.. level.Chunk(perNode).Select(children => (children[0].Key, image.AddNode(children, height)))];
        }

        image.Root = new NodePointer(Tree, level[0].Address, height, Generation);
        return image;
    }

    public ImageFs.FileSystems.Btrfs.Trees.Tree ToTree() => new(new NodeReader(this, Geometry, new BlockPool(1 << 16)), Root);

    /// <summary>Changes bytes of one copy of a node, or of both.</summary>
    public void Change(long address, Action<byte[]> change, bool seal = true, params int[] copies)
    {
        foreach (int copy in copies.Length == 0 ? [0, 1] : copies)
        {
            byte[] node = _nodes[address][copy];
            change(node);
            if (seal)
            {
                Seal(node);
            }
        }
    }

    public int CopiesAt(long address) => _nodes.TryGetValue(address, out byte[][]? copies) ? copies.Length : 0;

    public void ReadCopy(int copy, long address, Span<byte> bytes)
    {
        Reads++;
        _nodes[address][copy].CopyTo(bytes);
    }

    public void Prefetch(long offset, long maxLength)
    {
    }

    private static void Seal(byte[] node) => Geometry.Checksum.Compute(node.AsSpan(Checksum.Room), node);

    private ulong AddLeaf((TreeKey Key, byte[] Data)[] items)
    {
        byte[] node = NewNode(items.Length, 0);
        int end = NodeSize;
        for (int i = 0; i < items.Length; i++)
        {
            end -= items[i].Data.Length;
            items[i].Data.CopyTo(node, end);
            Span<byte> header = node.AsSpan(TreeNode.HeaderSize + (i * TreeNode.ItemSize));
            items[i].Key.Write(header);
            BinaryPrimitives.WriteInt32LittleEndian(header[TreeKey.Size..], end - TreeNode.HeaderSize);
            BinaryPrimitives.WriteInt32LittleEndian(header[(TreeKey.Size + 4)..], items[i].Data.Length);
        }

        return Add(node);
    }

    private ulong AddNode((TreeKey Key, ulong Address)[] children, int level)
    {
        byte[] node = NewNode(children.Length, level);
        for (int i = 0; i < children.Length; i++)
        {
            Span<byte> pointer = node.AsSpan(TreeNode.HeaderSize + (i * TreeNode.PointerSize));
            children[i].Key.Write(pointer);
            BinaryPrimitives.WriteUInt64LittleEndian(pointer[TreeKey.Size..], children[i].Address);
            BinaryPrimitives.WriteUInt64LittleEndian(pointer[(TreeKey.Size + 8)..], Generation);
        }

        return Add(node);
    }

    private byte[] NewNode(int count, int level)
    {
        byte[] node = new byte[NodeSize];
        BinaryPrimitives.WriteUInt128BigEndian(node.AsSpan(0x20), Geometry.MetadataId);
        BinaryPrimitives.WriteUInt64LittleEndian(node.AsSpan(0x30), _next);
        BinaryPrimitives.WriteUInt64LittleEndian(node.AsSpan(0x50), Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(node.AsSpan(0x58), Tree);
        BinaryPrimitives.WriteInt32LittleEndian(node.AsSpan(0x60), count);
        node[0x64] = (byte)level;
        return node;
    }

    private ulong Add(byte[] node)
    {
        Seal(node);
        ulong address = _next;
        _nodes.Add((long)address, [node, [.. node]]);
        _next += NodeSize;
        return address;
    }
}
