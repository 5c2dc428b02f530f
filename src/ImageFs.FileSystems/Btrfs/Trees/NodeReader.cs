using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Trees;

/// <summary>
/// Reads nodes of trees, each checked before anything in it is believed: where one copy is bad, the next is taken. Nodes that were read last
/// are kept, and a few leaves are in hand as they are (<see cref="HeldLeaf"/>).
/// </summary>
internal sealed class NodeReader
{
    /// <summary>Where nodes are specified.</summary>
    public const string Clause = "btrfs_header";

    // Leaves in hand: as many as threads that read, and a few more.
    private const int MaxHeld = 8;

    // Nodes above leaves: those of some fifty thousand files. They have room of their own, since each leaf is found through them, and all
    // leaves that go by would drive them out.
    private const int MaxInnerBytes = 512 << 10;

    // Leaves: those of some ten thousand inodes.
    private const int MaxPrefetch = 256;

    private readonly INodeSource _source;
    private readonly BlockShare _kept;
    private readonly BlockShare _inner;
    private readonly HeldLeaf?[] _held = new HeldLeaf?[MaxHeld];
    private uint _nextHeld;

    /// <param name="source">What they are read from.</param>
    /// <param name="geometry">What they are like.</param>
    /// <param name="pool">Keeps them.</param>
    public NodeReader(INodeSource source, Geometry geometry, BlockPool pool)
    {
        _source = source;
        _kept = pool.ForOwner(geometry.NodeSize);
        _inner = new BlockPool(Math.Min(MaxInnerBytes, pool.MaxBytes), geometry.NodeSize).ForOwner(geometry.NodeSize);
        Geometry = geometry;
    }

    /// <summary>What nodes are like.</summary>
    public Geometry Geometry { get; }

    /// <summary>Reads a node.</summary>
    /// <param name="pointer">Where, and what it has to be.</param>
    /// <param name="buffer">Takes it: as long as a node.</param>
    /// <exception cref="ImageException">No copy of it is good.</exception>
    /// <exception cref="LinuxException">The device failed, for every copy.</exception>
    public TreeNode Read(in NodePointer pointer, Span<byte> buffer)
    {
        if (pointer.Address > long.MaxValue || pointer.Address % (uint)Geometry.SectorSize != 0)
        {
            throw Damaged(pointer, "there can be none at this address");
        }

        BlockShare kept = pointer.Level > 0 ? _inner : _kept;
        if (kept.TryCopy(KeyOf(pointer.Address), 0, buffer))
        {
            var node = new TreeNode(buffer);
            return FindContradiction(node, pointer) is { } problem ? throw Damaged(pointer, problem) : node;
        }

        Load(pointer, buffer);
        kept.Put(KeyOf(pointer.Address), buffer);
        return new TreeNode(buffer);
    }

    /// <summary>Copies of a node.</summary>
    public int CopiesOf(in NodePointer pointer) => pointer.Address > long.MaxValue ? 0 : _source.CopiesAt((long)pointer.Address);

    /// <summary>What is wrong with one copy of a node; null when nothing is.</summary>
    /// <param name="pointer">Where, and what it has to be.</param>
    /// <param name="copy">From 0, less than <see cref="CopiesOf"/>.</param>
    /// <param name="buffer">Takes it: as long as a node.</param>
    /// <exception cref="ImageException">It is not there.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public string? FindProblemOfCopy(in NodePointer pointer, int copy, Span<byte> buffer)
    {
        _source.ReadCopy(copy, (long)pointer.Address, buffer);
        return FindProblem(new TreeNode(buffer), pointer);
    }

    /// <summary>
    /// Has the kernel begin to read the leaves that have the items of a range of keys, as far as they are not kept. What cannot be read is no
    /// error here.
    /// </summary>
    /// <param name="root">The root of the tree.</param>
    /// <param name="from">The first key.</param>
    /// <param name="to">The last key.</param>
    public void Prefetch(in NodePointer root, in TreeKey from, in TreeKey to)
    {
        try
        {
            using var buffer = new PooledBuffer(Geometry.NodeSize);
            TreeKey? next = from;
            for (int left = MaxPrefetch; left > 0 && next is { } key && key <= to;)
            {
                next = PrefetchChildren(root, key, to, buffer.Span, ref left);
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Who needs them gets the error.
        }
    }

    /// <summary>Takes a leaf in hand: the one that covers a key if it is there, else another, to be read into.</summary>
    public HeldLeaf Take(in NodePointer root, in TreeKey key)
    {
        for (int i = 0; i < MaxHeld; i++)
        {
            // Whose it is at the moment may change it, so it counts only what is seen once it is ours.
            HeldLeaf? leaf = Volatile.Read(ref _held[i]);
            if (leaf is not null && leaf.Covers(root, key) && Interlocked.CompareExchange(ref _held[i], null, leaf) == leaf)
            {
                return leaf;
            }
        }

        uint start = Interlocked.Increment(ref _nextHeld);
        for (uint i = 0; i < MaxHeld; i++)
        {
            if (Interlocked.Exchange(ref _held[(start + i) % MaxHeld], null) is { } leaf)
            {
                return leaf;
            }
        }

        return new HeldLeaf(Geometry.NodeSize);
    }

    /// <summary>Gives a leaf back.</summary>
    public void Return(HeldLeaf leaf)
    {
        for (int i = 0; i < MaxHeld; i++)
        {
            if (_held[i] is null && Interlocked.CompareExchange(ref _held[i], leaf, null) is null)
            {
                return;
            }
        }
    }

    /// <summary>The error of a node.</summary>
    public static InvalidImageException Damaged(in NodePointer pointer, string problem) =>
        new($"node of tree {unchecked((long)pointer.Tree)}", unchecked((long)pointer.Address), problem, Clause);

    // Of one node above leaves; where the next such node begins.
    private TreeKey? PrefetchChildren(in NodePointer root, TreeKey from, in TreeKey to, Span<byte> buffer, ref int left)
    {
        if (root.Level == 0)
        {
            return null;
        }

        NodePointer pointer = root;
        TreeNode node = Read(pointer, buffer);
        while (node.Level > 1)
        {
            pointer = pointer.ToChild(node, Math.Max(node.FindLast(from), 0));
            node = Read(pointer, buffer);
        }

        // Leaves that lie beside each other are asked for at once.
        Span<byte> kept = stackalloc byte[1];
        ulong start = 0;
        ulong end = 0;
        for (int i = Math.Max(node.FindLast(from), 0); i < node.Count && left > 0 && node.Key(i) <= to; i++, left--)
        {
            ulong address = node.Child(i).Address;
            if (address > long.MaxValue || _kept.TryCopy(KeyOf(address), 0, kept))
            {
                continue;
            }

            if (address != end)
            {
                Prefetch(start, end);
                start = address;
            }

            end = address + (uint)Geometry.NodeSize;
        }

        Prefetch(start, end);
        return pointer.End;
    }

    private void Prefetch(ulong start, ulong end)
    {
        if (end > start)
        {
            _source.Prefetch((long)start, (long)(end - start));
        }
    }

    private CachedBlock KeyOf(ulong address) => new((long)address, (long)address / Geometry.NodeSize);

    private void Load(in NodePointer pointer, Span<byte> buffer)
    {
        long address = (long)pointer.Address;
        int copies = _source.CopiesAt(address);
        Exception? first = null;
        for (int pass = 0; pass < (Geometry.IgnoresChecksums ? 2 : 1); pass++)
        {
            for (int copy = 0; copy < copies; copy++)
            {
                try
                {
                    _source.ReadCopy(copy, address, buffer);
                    var node = new TreeNode(buffer);
                    if ((pass == 0 ? FindProblem(node, pointer) : FindProblemBesidesChecksum(node, pointer)) is not { } problem)
                    {
                        return;
                    }

                    first ??= Damaged(pointer, problem);
                }
                catch (Exception e) when (e is ImageException or LinuxException)
                {
                    first ??= e;
                }
            }
        }

        throw first ?? Damaged(pointer, "no chunk is at this address");
    }

    private string? FindProblem(TreeNode node, in NodePointer pointer) => Geometry.Checksum.Matches(node.CheckedBytes, node.Checksum)
        ? FindProblemBesidesChecksum(node, pointer)
        : $"its checksum ({Geometry.Checksum.Name}) is wrong";

    private string? FindProblemBesidesChecksum(TreeNode node, in NodePointer pointer)
    {
        return node.Address != pointer.Address ? $"it says that it is at 0x{node.Address:X}"
            : !Geometry.IsOwn(BinaryPrimitives.ReadUInt128BigEndian(node.FileSystemId)) ? "it is of another file system"
            : node.FindProblem() ?? FindContradiction(node, pointer);
    }

    // What the node is, against what leads to it.
    private static string? FindContradiction(TreeNode node, in NodePointer pointer)
    {
        if (node.Level != pointer.Level)
        {
            return $"its level is {node.Level}, not {pointer.Level}";
        }

        if (pointer.Generation != 0 && node.Generation != pointer.Generation)
        {
            return $"its generation is {node.Generation}, not {pointer.Generation}";
        }

        // Subvolumes and their snapshots share nodes.
        if (node.Owner != pointer.Tree && !(ObjectIds.IsSubvolume(node.Owner) && ObjectIds.IsSubvolume(pointer.Tree)))
        {
            return $"its owner is tree {unchecked((long)node.Owner)}";
        }

        if (pointer.FirstKey is { } first && (node.Count == 0 || node.Key(0) != first))
        {
            return $"its first key is {(node.Count == 0 ? "missing" : node.Key(0))}, not {first}";
        }

        return pointer.End is { } end && node.Count > 0 && node.Key(node.Count - 1) >= end
            ? $"its last key {node.Key(node.Count - 1)} does not come before {end}, where the next node begins"
            : null;
    }
}
