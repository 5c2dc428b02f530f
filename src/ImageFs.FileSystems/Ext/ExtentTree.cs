using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>The header of a node of an extent tree (ext4: Extent Tree).</summary>
internal readonly ref struct ExtentHeader
{
    /// <summary>Bytes that it takes, and that each entry after it takes.</summary>
    public const int Size = 12;

    /// <summary>eh_magic of every node.</summary>
    public const ushort MagicNumber = 0xF30A;

    private readonly ReadOnlySpan<byte> _bytes;

    public ExtentHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>eh_magic.</summary>
    public ushort Magic => UInt16(0x0);

    /// <summary>eh_entries: entries in use.</summary>
    public ushort Entries => UInt16(0x2);

    /// <summary>eh_max: entries that there is room for.</summary>
    public ushort Max => UInt16(0x4);

    /// <summary>eh_depth: 0 when the entries are extents.</summary>
    public ushort Depth => UInt16(0x6);

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);
}

/// <summary>An entry of an inner node of an extent tree (ext4: Extent Tree).</summary>
internal readonly ref struct ExtentIndex
{
    /// <summary>Bytes that it takes.</summary>
    public const int Size = ExtentHeader.Size;

    private readonly ReadOnlySpan<byte> _bytes;

    public ExtentIndex(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>ei_block: the first block of the file below it.</summary>
    public uint Block => BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>ei_leaf: the block of the node below it.</summary>
    public ulong Leaf =>
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]) | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[8..]) << 32);
}

/// <summary>An extent: an entry of a leaf of an extent tree (ext4: Extent Tree).</summary>
internal readonly ref struct ExtentLeaf
{
    /// <summary>Bytes that it takes.</summary>
    public const int Size = ExtentHeader.Size;

    private const ushort MaxWrittenLength = 0x8000;

    private readonly ReadOnlySpan<byte> _bytes;

    public ExtentLeaf(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>ee_block: its first block in the file.</summary>
    public uint Block => BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>Its length in blocks, from ee_len.</summary>
    public uint Length => IsUnwritten ? (uint)RawLength - MaxWrittenLength : RawLength;

    /// <summary>Whether its blocks were never written: ee_len is above 2¹⁵.</summary>
    public bool IsUnwritten => RawLength > MaxWrittenLength;

    /// <summary>ee_start: its first block in the volume.</summary>
    public ulong Start =>
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]) | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[6..]) << 32);

    /// <summary>The block of the file after it.</summary>
    public long End => (long)Block + Length;

    private ushort RawLength => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[4..]);
}

/// <summary>A node of an extent tree: its header and the entries in use.</summary>
internal readonly ref struct ExtentNode : ISortedKeys
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The node; the header's number of entries must fit.</param>
    public ExtentNode(ReadOnlySpan<byte> bytes)
    {
        var header = new ExtentHeader(bytes);
        Count = header.Entries;
        Depth = header.Depth;
        _bytes = bytes[ExtentHeader.Size..];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Count * ExtentHeader.Size, _bytes.Length, nameof(bytes));
    }

    /// <summary>Number of entries.</summary>
    public int Count { get; }

    /// <summary>Levels below it.</summary>
    public int Depth { get; }

    /// <summary>An entry of a leaf.</summary>
    public ExtentLeaf Leaf(int i) => new(_bytes.Slice(i * ExtentLeaf.Size, ExtentLeaf.Size));

    /// <summary>An entry of an inner node.</summary>
    public ExtentIndex Index(int i) => new(_bytes.Slice(i * ExtentIndex.Size, ExtentIndex.Size));

    /// <summary>The first block of the file that an entry is for: at the same place in both kinds.</summary>
    public uint FirstBlock(int i) => Index(i).Block;

    long ISortedKeys.KeyAt(int index) => FirstBlock(index);

    /// <summary>The last entry that begins at or before a block of the file; -1 when there is none.</summary>
    public int FindLast(uint block) => SortedKeys.FindLast(in this, block);

    /// <summary>The first block of the file after an entry's part: where the next entry begins, or the node's own part ends.</summary>
    public long EndOf(int i, long end) => i + 1 < Count ? Math.Min(FirstBlock(i + 1), end) : end;
}

/// <summary>A file whose blocks are found by an extent tree (ext4: Extent Tree).</summary>
internal sealed class ExtentTree : BlockMappedFile
{
    /// <summary>Blocks that a file can have: their numbers have 32 bits.</summary>
    public const long MaxBlocks = 1L << 32;

    private readonly byte[] _root;
    private readonly ExtentCheck _check;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode; it has the flag for extents.</param>
    /// <param name="length">Its size in bytes.</param>
    /// <exception cref="InvalidImageException">The root is damaged.</exception>
    public ExtentTree(ExtVolume volume, Inode inode, long length)
        : base(volume, inode, length)
    {
        _root = inode.Block.ToArray();
        _check = volume.ExtentCheck;
        _check.VerifyRoot(_root, Address);
    }

    /// <inheritdoc/>
    protected override long Reach => MaxBlocks;

    /// <inheritdoc/>
    protected override BlockRun Find(uint block, long wanted)
    {
        long first = 0;
        long end = MaxBlocks;
        using var buffer = new PooledBuffer(Geometry.BlockSize);
        var node = new ExtentNode(_root);
        while (node.Depth > 0)
        {
            int i = node.FindLast(block);
            if (i < 0)
            {
                return new BlockRun(first, node.FirstBlock(0) - first, ExtentKind.Hole);
            }

            first = node.FirstBlock(i);
            end = node.EndOf(i, end);
            node = Descend(node, i, buffer.Span);
        }

        int last = node.FindLast(block);
        if (last < 0)
        {
            return new BlockRun(first, node.EndOf(last, end) - first, ExtentKind.Hole);
        }

        ExtentLeaf leaf = node.Leaf(last);
        ExtentKind kind = leaf.IsUnwritten ? ExtentKind.Unwritten : ExtentKind.Mapped;
        return block < leaf.End
            ? new BlockRun(leaf.Block, Math.Min(leaf.End, end) - leaf.Block, kind, (long)leaf.Start)
            : new BlockRun(leaf.End, node.EndOf(last, end) - leaf.End, ExtentKind.Hole);
    }

    // The child takes the place of its parent in the buffer.
    private ExtentNode Descend(ExtentNode node, int i, Span<byte> buffer)
    {
        long leaf = (long)node.Index(i).Leaf;
        uint block = node.FirstBlock(i);
        int depth = node.Depth - 1;
        var child = new ExtentNode(Blocks.Read(leaf, _check, Seed, buffer));
        if (child.Depth != depth || (child.Count > 0 && child.FirstBlock(0) != block))
        {
            throw new InvalidImageException(
                "extent node",
                Geometry.AddressOf(leaf),
                $"it is not the one for block {block} at depth {depth}",
                ExtentCheck.Clause);
        }

        return child;
    }
}
