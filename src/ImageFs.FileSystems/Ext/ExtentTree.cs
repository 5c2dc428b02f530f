using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

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
