using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>The extents of a fork while they are changed, kept joined where Linux joins them (xfs_bmap_add_extent_hole_real).</summary>
internal sealed class ForkEdit
{
    private readonly List<FileExtent> _extents = [];
    private readonly WorkLimit _limit;
    private readonly int _room;
    private bool _isTree;

    /// <param name="volume">The volume, with the log replayed.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="isAttributes">Which of its forks.</param>
    /// <param name="limit">What may be done in all.</param>
    /// <exception cref="ImageException">The fork is damaged.</exception>
    public ForkEdit(XfsVolume volume, Inode inode, bool isAttributes, WorkLimit limit)
    {
        _limit = limit;
        _room = inode.Fork(isAttributes).Length / FileExtent.Size;
        _isTree = inode.FormatOf(isAttributes) == ForkFormat.Tree;
        new ForkMap(volume, inode, isAttributes).Visit((in FileExtent extent) =>
        {
            limit.CountExtent();
            _extents.Add(extent);
        });
    }

    /// <summary>By how much the inode has more blocks than it had.</summary>
    public long Blocks { get; private set; }

    /// <summary>The extents as they are on disk.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[_extents.Count * FileExtent.Size];
        for (int i = 0; i < _extents.Count; i++)
        {
            _extents[i].Write(bytes.AsSpan(i * FileExtent.Size));
        }

        return bytes;
    }

    /// <summary>What is at a block: an extent, or the part of one from there on; or the hole there, which has no block on disk.</summary>
    /// <param name="block">The first block in the fork.</param>
    /// <param name="count">The most blocks of it.</param>
    /// <param name="isHole">Whether nothing is there.</param>
    public FileExtent At(long block, long count, out bool isHole)
    {
        _limit.Count(0);
        int i = FindFirstBehind(block);
        isHole = i == _extents.Count || _extents[i].FileBlock > block;
        if (isHole)
        {
            return new FileExtent(block, 0, i == _extents.Count ? count : Math.Min(count, _extents[i].FileBlock - block), IsUnwritten: false);
        }

        FileExtent found = Tail(_extents[i], block);
        return found with { Count = Math.Min(count, found.Count) };
    }

    /// <summary>Takes all away that is in a range.</summary>
    public void Unmap(long first, long count)
    {
        _limit.Count(_extents.Count);
        long end = first + count;
        int i = FindFirstBehind(first);
        while (i < _extents.Count && _extents[i].FileBlock < end)
        {
            FileExtent extent = _extents[i];
            _extents.RemoveAt(i);
            Blocks -= Math.Min(extent.End, end) - Math.Max(extent.FileBlock, first);
            if (extent.FileBlock < first)
            {
                _extents.Insert(i++, extent with { Count = first - extent.FileBlock });
            }

            if (extent.End > end)
            {
                _extents.Insert(i, Tail(extent, end));
            }
        }

        SetFormat();
    }

    /// <summary>Puts an extent where a hole is.</summary>
    /// <returns>False where something is already.</returns>
    public bool TryMap(FileExtent extent)
    {
        _limit.Count(_extents.Count);
        int i = FindFirstBehind(extent.FileBlock);
        if (i < _extents.Count && _extents[i].FileBlock < extent.End)
        {
            return false;
        }

        Blocks += extent.Count;
        if (i < _extents.Count && Joins(extent, _extents[i]))
        {
            extent = extent with { Count = extent.Count + _extents[i].Count };
            _extents.RemoveAt(i);
        }

        if (i > 0 && Joins(_extents[i - 1], extent))
        {
            _extents[i - 1] = _extents[i - 1] with { Count = _extents[i - 1].Count + extent.Count };
        }
        else
        {
            _extents.Insert(i, extent);
        }

        SetFormat();
        return true;
    }

    private static bool Joins(in FileExtent left, in FileExtent right) =>
        left.End == right.FileBlock && left.Block + left.Count == right.Block && left.IsUnwritten == right.IsUnwritten && left.Count + right.Count <= FileExtent.MaxCount;

    private static FileExtent Tail(in FileExtent extent, long block) =>
        new(block, extent.Block + (block - extent.FileBlock), extent.End - block, extent.IsUnwritten);

    // Extents that do not fit the inode are in a tree: a block more, as long as it is small (xfs_bmap_extents_to_btree).
    private void SetFormat()
    {
        bool isTree = _extents.Count > _room;
        if (isTree != _isTree)
        {
            Blocks += isTree ? 1 : -1;
            _isTree = isTree;
        }
    }

    private int FindFirstBehind(long block)
    {
        int low = 0;
        for (int high = _extents.Count; low < high;)
        {
            int middle = (low + high) >> 1;
            (low, high) = _extents[middle].End > block ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}

/// <summary>How much may be done to finish what a log began: lists of extents are moved in memory for every change.</summary>
internal sealed class WorkLimit
{
    private const int MaxExtents = 1 << 22;
    private const long MaxMoves = 1L << 30;
    private const int Step = 16;

    private int _extents;
    private long _moves;

    /// <summary>Counts an extent that is kept in memory.</summary>
    /// <exception cref="UnsupportedFeatureException">They are too many.</exception>
    public void CountExtent() => Require(++_extents <= MaxExtents);

    /// <summary>Counts a change of a list.</summary>
    /// <param name="moved">The most extents that it moves.</param>
    /// <exception cref="UnsupportedFeatureException">They are too many.</exception>
    public void Count(int moved) => Require((_moves += Step + moved) <= MaxMoves);

    private static void Require(bool isGood)
    {
        if (!isGood)
        {
            throw new UnsupportedFeatureException("a log that leaves changes unfinished of files with too many extents (-o norecovery leaves the log alone)", LogReader.Clause);
        }
    }
}
