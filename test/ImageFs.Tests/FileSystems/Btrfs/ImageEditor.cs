using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Btrfs;

/// <summary>An image of images/btrfs whose nodes are changed, with a right checksum after it.</summary>
internal sealed class ImageEditor
{
    private const int SuperBlock = 0x10000;
    private const int SuperBlockSize = 4096;

    private const int SystemChunks = 0x32B;
    private const int ChunkSize = 80;

    // bytenr of btrfs_root_item.
    private const int RootAddress = 176;

    private readonly Checksum _checksum;
    private readonly List<(ulong Start, ulong Length, ulong Physical)> _chunks = [];
    private readonly List<int> _nodes = [];

    /// <summary>Of a copy of an image.</summary>
    public ImageEditor(byte[] image)
    {
        Bytes = [.. image];
        NodeSize = BinaryPrimitives.ReadInt32LittleEndian(Super[0x94..]);
        _checksum = Checksum.Find(BinaryPrimitives.ReadUInt16LittleEndian(Super[0xC4..]))!;
        ReadChunks();
        ReadTrees();
    }

    /// <summary>The image.</summary>
    public byte[] Bytes { get; }

    public int NodeSize { get; }

    /// <summary>Where the nodes of all trees are in the image.</summary>
    public IReadOnlyList<int> Nodes => _nodes;

    /// <summary>The first super block: the only one of an image of under 64 MiB.</summary>
    public Span<byte> Super => Bytes.AsSpan(SuperBlock, SuperBlockSize);

    /// <summary>An image of images/btrfs.</summary>
    public static byte[] Read(string name) => DiskImage.Read($"btrfs/{name}.img");

    public static FileSystem Open(byte[] image, string options = "") => new BtrfsFormat().Open(new MemorySource(image), OpenContext.Of(options));

    public FileSystem Open(string options = "") => Open(Bytes, options);

    /// <summary>A node's bytes.</summary>
    public Span<byte> Node(int address) => Bytes.AsSpan(address, NodeSize);

    /// <summary>The nodes of a tree, of a level.</summary>
    public IEnumerable<int> NodesOf(ulong tree, int level = 0) =>
        Nodes.Where(address => new TreeNode(Node(address)).Owner == tree && new TreeNode(Node(address)).Level == level);

    /// <summary>Changes a node, and gives it a right checksum.</summary>
    public ImageEditor Change(int address, SpanAction change)
    {
        change(Node(address));
        Seal(address);
        return this;
    }

    /// <summary>Changes the data of the first item of a tree that is meant, and gives its node a right checksum.</summary>
    public ImageEditor ChangeItem(ulong tree, ItemTest which, SpanAction change)
    {
        (int address, int index) = Find(tree, which);
        var node = new TreeNode(Node(address));
        int start = (int)node.DataStart(index);
        int length = (int)node.DataLength(index);
        return Change(address, bytes => change(bytes.Slice(start, length)));
    }

    /// <summary>Changes the header of the first item of a tree that is meant: key, offset, size.</summary>
    public ImageEditor ChangeItemHeader(ulong tree, ItemTest which, SpanAction change)
    {
        (int address, int index) = Find(tree, which);
        return Change(address, bytes => change(bytes.Slice(TreeNode.HeaderSize + (index * TreeNode.ItemSize), TreeNode.ItemSize)));
    }

    /// <summary>Changes the super block, and gives it a right checksum.</summary>
    public ImageEditor ChangeSuper(SpanAction change)
    {
        change(Super);
        SealSuper();
        return this;
    }

    /// <summary>The root node of a tree.</summary>
    public int RootOf(ulong tree)
    {
        (int address, int index) = Find(ObjectIds.RootTree, (key, _) => key.ObjectId == tree && key.Type == ItemType.RootItem);
        return PhysicalOf(BinaryPrimitives.ReadUInt64LittleEndian(new TreeNode(Node(address)).Data(index)[RootAddress..]));
    }

    /// <summary>Gives a node a right checksum.</summary>
    public void Seal(int address) => _checksum.Compute(Node(address)[Checksum.Room..], Node(address));

    /// <summary>Gives the super block a right checksum.</summary>
    public void SealSuper() => _checksum.Compute(Super[Checksum.Room..], Super);

    /// <summary>The node of the first item that is meant, and its index.</summary>
    public (int Address, int Index) Find(ulong tree, ItemTest which)
    {
        foreach (int address in NodesOf(tree))
        {
            var node = new TreeNode(Node(address));
            for (int i = 0; i < node.Count; i++)
            {
                if (which(node.Key(i), node.Data(i)))
                {
                    return (address, i);
                }
            }
        }

        throw new InvalidOperationException($"tree {tree} has no such item");
    }

    /// <summary>Where the bytes of a logical address are: these images have all chunks in one place.</summary>
    public int PhysicalOf(ulong address)
    {
        (ulong start, _, ulong physical) = _chunks.First(chunk => address - chunk.Start < chunk.Length);
        return (int)(physical + (address - start));
    }

    /// <summary>The inode number that a path of the top subvolume leads to, by its directory's entries.</summary>
    public ulong Inode(string path)
    {
        ulong inode = ObjectIds.FirstFree;
        foreach (string name in path.Split('/'))
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);
            ulong parent = inode;
            Find(ObjectIds.FsTree, (key, data) =>
            {
                bool found = key.ObjectId == parent && key.Type == ItemType.DirIndex && data[30..].SequenceEqual(bytes);
                inode = found ? BinaryPrimitives.ReadUInt64LittleEndian(data) : inode;
                return found;
            });
        }

        return inode;
    }

    // The system chunks are in the super block, the others in the tree that is in those.
    private void ReadChunks()
    {
        int end = SystemChunks + BinaryPrimitives.ReadInt32LittleEndian(Super[0xA0..]);
        for (int place = SystemChunks; place < end; place += TreeKey.Size + ChunkSize)
        {
            AddChunk(TreeKey.Read(Super[place..]), Super[(place + TreeKey.Size)..]);
        }

        ForEach(BinaryPrimitives.ReadUInt64LittleEndian(Super[0x58..]), AddChunk);
    }

    private void AddChunk(TreeKey key, ReadOnlySpan<byte> chunk)
    {
        if (key.Type == ItemType.ChunkItem)
        {
            _chunks.Add((key.Offset, BinaryPrimitives.ReadUInt64LittleEndian(chunk), BinaryPrimitives.ReadUInt64LittleEndian(chunk[56..])));
        }
    }

    // A tree and those that it has the roots of.
    private void ReadTrees() => ForEach(BinaryPrimitives.ReadUInt64LittleEndian(Super[0x50..]), (key, data) =>
    {
        if (key.Type == ItemType.RootItem)
        {
            ForEach(BinaryPrimitives.ReadUInt64LittleEndian(data[RootAddress..]), static (_, _) => { });
        }
    });

    private void ForEach(ulong address, ItemAction action)
    {
        int place = PhysicalOf(address);
        if (_nodes.Contains(place))
        {
            return;
        }

        _nodes.Add(place);
        var node = new TreeNode(Node(place));
        for (int i = 0; i < node.Count; i++)
        {
            if (node.Level == 0)
            {
                action(node.Key(i), node.Data(i));
            }
            else
            {
                ForEach(node.Child(i).Address, action);
            }
        }
    }

    /// <summary>Takes an item.</summary>
    public delegate void ItemAction(TreeKey key, ReadOnlySpan<byte> data);

    /// <summary>Changes bytes.</summary>
    public delegate void SpanAction(Span<byte> bytes);

    /// <summary>Whether an item is the one that is meant.</summary>
    public delegate bool ItemTest(TreeKey key, ReadOnlySpan<byte> data);
}
