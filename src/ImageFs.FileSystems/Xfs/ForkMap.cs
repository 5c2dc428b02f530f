using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>Blocks of a fork that lie together.</summary>
/// <param name="First">The first of them, in the fork.</param>
/// <param name="Count">Their number; at least 1.</param>
/// <param name="Kind">What the bytes are.</param>
/// <param name="Start">The number of the first of them on disk, when they are mapped.</param>
internal readonly record struct BlockRun(long First, long Count, ExtentKind Kind, long Start = 0)
{
    /// <summary>The block of the fork after them.</summary>
    public long End => First + Count;
}

/// <summary>
/// Where the blocks of a fork lie: a list of extents in the inode, or the tree of which it has the root (xfs_bmdr_block). Nothing of a tree
/// is read before it is asked for, and nothing of it is kept here.
/// </summary>
internal sealed class ForkMap
{
    private const int RootHeaderSize = 4;

    private readonly XfsVolume _volume;
    private readonly long _address;
    private readonly bool _isRealTime;
    private readonly int _level;
    private readonly int _count;
    private readonly byte[] _root;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="isAttributes">Which of its forks.</param>
    /// <exception cref="InvalidImageException">What the inode has of it is damaged.</exception>
    public ForkMap(XfsVolume volume, Inode inode, bool isAttributes)
    {
        _volume = volume;
        _address = inode.Address;
        _isRealTime = !isAttributes && inode.Flags.HasFlag(InodeFlags.RealTime);
        Inode = inode.Number;
        ReadOnlySpan<byte> fork = inode.Fork(isAttributes);
        ForkFormat format = inode.FormatOf(isAttributes);
        ulong extents = isAttributes ? inode.AttributeExtents : inode.Extents;
        if (volume.Recovery?.Finished.FindFork(inode.Number, isAttributes) is { } finished)
        {
            _root = finished;
            _count = finished.Length / FileExtent.Size;
        }
        else if (format == ForkFormat.Extents)
        {
            ulong used = isAttributes && inode.ForkOffset == 0 ? 0 : extents;
            if (used > (ulong)(fork.Length / FileExtent.Size))
            {
                throw Damaged($"{used} extents do not fit {fork.Length} bytes of it");
            }

            _root = fork[..((int)used * FileExtent.Size)].ToArray();
            _count = (int)used;
            if (new ExtentList(_root).FindProblem() is { } problem)
            {
                throw Damaged(problem);
            }
        }
        else if (format == ForkFormat.Tree)
        {
            _level = fork.Length < RootHeaderSize ? 0 : BinaryPrimitives.ReadUInt16BigEndian(fork);
            _count = fork.Length < RootHeaderSize ? 0 : BinaryPrimitives.ReadUInt16BigEndian(fork[2..]);
            int room = (fork.Length - RootHeaderSize) / FileExtent.Size;
            if (_level is 0 or >= ExtentTreeNode.MaxLevels || _count > room)
            {
                throw Damaged($"the root of its tree has {_count} entries at level {_level}");
            }

            ReadOnlySpan<byte> keys = fork[RootHeaderSize..];
            _root = [.. keys[..(_count * sizeof(long))], .. keys.Slice(room * sizeof(long), _count * sizeof(long))];
            if (Root.FindProblem() is { } problem)
            {
                throw Damaged(problem);
            }
        }
        else
        {
            throw Damaged($"its format is {(int)format}, and it has no blocks");
        }
    }

    /// <summary>Takes an extent.</summary>
    public delegate void ExtentTaker(in FileExtent extent);

    /// <summary>The number of the inode.</summary>
    public long Inode { get; }

    /// <summary>Bytes of memory that it takes.</summary>
    public int Size => _root.Length;

    private Geometry Geometry => _volume.Geometry;

    private ExtentTreeNode Root => new(_root, _root.AsSpan(_count * sizeof(long)), _count);

    /// <summary>The run that a block of the fork is in.</summary>
    /// <param name="block">From 0; less than <see cref="ExtentTreeNode.MaxBlocks"/>.</param>
    /// <exception cref="ImageException">The tree is damaged there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public BlockRun Find(long block)
    {
        if (_level == 0)
        {
            return Find(new ExtentList(_root), block, 0, ExtentTreeNode.MaxBlocks);
        }

        using var buffer = new PooledBuffer(Geometry.BlockSize);
        ExtentTreeNode node = Root;
        long first = 0;
        long end = ExtentTreeNode.MaxBlocks;
        for (int level = _level; ; level--)
        {
            int i = SortedKeys.FindLast(in node, block);
            if (i < 0)
            {
                return new BlockRun(first, node.KeyAt(0) - first, ExtentKind.Hole);
            }

            first = Math.Max(first, node.KeyAt(i));
            end = i + 1 < node.Count ? Math.Min(end, node.KeyAt(i + 1)) : end;
            ExtentTreeBlock child = ReadChild(node.Pointer(i), level - 1, buffer.Span);
            if (level == 1)
            {
                return Find(child.Extents, block, first, end);
            }

            node = child.Node;
        }
    }

    /// <summary>Goes through all extents in order.</summary>
    /// <param name="take">Called with each.</param>
    /// <param name="takeTreeBlock">Called with the number of each block of the tree; null when they do not matter.</param>
    /// <exception cref="ImageException">The tree is damaged there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Visit(ExtentTaker take, Action<long>? takeTreeBlock = null)
    {
        if (_level == 0)
        {
            Visit(new ExtentList(_root), take);
            return;
        }

        long next = 0;
        Visit(Root, _level, take, takeTreeBlock, ref next);
    }

    private void Visit(ExtentTreeNode node, int level, ExtentTaker take, Action<long>? takeTreeBlock, ref long next)
    {
        byte[] block = new byte[Geometry.BlockSize];
        for (int i = 0; i < node.Count; i++)
        {
            // What comes again would be gone through for ever.
            if (node.KeyAt(i) < next)
            {
                throw Damaged($"block {node.KeyAt(i)} of it comes after block {next} in its tree");
            }

            ExtentTreeBlock child = ReadChild(node.Pointer(i), level - 1, block);
            takeTreeBlock?.Invoke(node.Pointer(i));
            if (level > 1)
            {
                Visit(child.Node, level - 1, take, takeTreeBlock, ref next);
            }
            else if (child.Count > 0)
            {
                next = child.Extents[child.Count - 1].End;
                Visit(child.Extents, take);
            }
        }
    }

    private void Visit(ExtentList extents, ExtentTaker take)
    {
        for (int i = 0; i < extents.Count; i++)
        {
            FileExtent extent = extents[i];
            VerifyPlace(extent);
            take(in extent);
        }
    }

    private BlockRun Find(ExtentList extents, long block, long first, long end)
    {
        int i = SortedKeys.FindLast(in extents, block);
        if (i + 1 < extents.Count)
        {
            end = Math.Min(end, extents.KeyAt(i + 1));
        }

        if (i < 0)
        {
            return new BlockRun(Math.Min(first, block), Math.Max(end, block + 1) - Math.Min(first, block), ExtentKind.Hole);
        }

        FileExtent extent = extents[i];
        if (block >= extent.End)
        {
            return new BlockRun(extent.End, end - extent.End, ExtentKind.Hole);
        }

        VerifyPlace(extent);
        return new BlockRun(extent.FileBlock, extent.Count, extent.IsUnwritten ? ExtentKind.Unwritten : ExtentKind.Mapped, extent.Block);
    }

    private void VerifyPlace(in FileExtent extent)
    {
        bool isGood = _isRealTime ? extent.Block >= 0 && extent.Block <= Geometry.RealTimeBlocks - extent.Count : Geometry.IsValid(extent.Block, extent.Count);
        if (!isGood)
        {
            throw Damaged($"{extent.Count} blocks from {extent.Block} on, for its block {extent.FileBlock}, are out of range");
        }
    }

    private ExtentTreeBlock ReadChild(long number, int level, Span<byte> buffer)
    {
        if (!Geometry.IsValid(number, 1))
        {
            throw Damaged($"block {number} of its tree is out of range");
        }

        ReadOnlySpan<byte> bytes = _volume.ReadBlock(number, _volume.ExtentTreeCheck, Inode, buffer);
        var child = new ExtentTreeBlock(bytes, Geometry.HasChecksums);
        return child.Level == level
            ? child
            : throw _volume.ExtentTreeCheck.Damaged(Geometry.AddressOf(number), $"its level is {child.Level} where {level} is looked for");
    }

    private InvalidImageException Damaged(string problem) => new($"fork of inode {Inode}", _address, problem, ExtentTreeCheck.TreeClause);
}
