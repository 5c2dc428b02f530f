using System.Buffers.Binary;
using ImageFs.FileSystems.Checking;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>Checks the headers and the B-trees of an allocation group against each other.</summary>
/// <param name="volume">The volume.</param>
/// <param name="group">The group.</param>
internal sealed class GroupCheck(XfsVolume volume, uint group)
{
    private const string Clause = "xfs_agf";
    private const string InodesClause = "xfs_agi";
    private const uint NotWritten = 1u << 31;

    private readonly GroupHeaders _headers = new(volume, group);
    private readonly long _length = volume.Geometry.BlocksOfGroup(group);
    private ulong _sum;
    private long _end;
    private long _records;

    /// <summary>Inodes, used and free.</summary>
    public long Inodes => _headers.Inodes.Count;

    /// <summary>Free inodes.</summary>
    public long FreeInodes => _headers.Inodes.FreeCount;

    /// <summary>Free blocks as the super block counts them.</summary>
    public long FreeBlocks => (long)_headers.FreeSpace.FreeBlocks + _headers.FreeSpace.CountInList + _headers.FreeSpace.TreeBlocks;

    /// <summary>Checks all.</summary>
    /// <exception cref="InvalidImageException">What is damaged first.</exception>
    public void Run()
    {
        uint trees = CheckFreeSpace();
        CheckReverseMap(trees);
        CheckSharedExtents();
        CheckInodes();
        CheckUnlinked();
    }

    private uint CheckFreeSpace()
    {
        FreeSpaceHeader header = _headers.FreeSpace;
        long free = 0;
        uint longest = 0;
        Begin();
        uint byBlock = _headers.Walk(GroupTreeKind.FreeByBlock, null, record =>
        {
            (uint start, uint count) = Extent(record);
            CheckExtent(GroupTreeKind.FreeByBlock, start, count);
            Require(start >= _end, GroupTreeKind.FreeByBlock, $"extents of it begin at {start} and end at {_end}");
            _end = start + (long)count;
            free += count;
            longest = Math.Max(longest, count);
            State(BucketSums.Fact(start, count));
        });
        ulong sum = _sum;
        long records = _records;
        Begin();
        (uint Count, uint Start) before = (0, 0);
        uint bySize = _headers.Walk(GroupTreeKind.FreeBySize, null, record =>
        {
            (uint start, uint count) = Extent(record);
            CheckExtent(GroupTreeKind.FreeBySize, start, count);
            Require((count, start).CompareTo(before) > 0, GroupTreeKind.FreeBySize, $"an extent of {count} blocks follows on one of {before.Count}");
            before = (count, start);
            State(BucketSums.Fact(start, count));
        });
        Require((_sum, _records) == (sum, records), GroupTreeKind.FreeBySize, "it has other extents than bnobt");
        RequireHeader(header.FreeBlocks == free, $"{header.FreeBlocks} blocks are free there, {free} by the trees");
        RequireHeader(header.Longest == longest, $"the longest free extent has {header.Longest} blocks there, {longest} by the trees");
        return byBlock + bySize;
    }

    private void CheckReverseMap(uint freeSpaceTrees)
    {
        FreeSpaceHeader header = _headers.FreeSpace;
        Begin();
        (uint Start, ulong Owner, ulong Offset) before = default;
        uint blocks = _headers.Walk(GroupTreeKind.ReverseMap, null, record =>
        {
            var mapping = ReverseMapping.Read(record);
            CheckExtent(GroupTreeKind.ReverseMap, mapping.Start, mapping.Count);
            (uint, ulong, ulong) key = (mapping.Start, mapping.OwnerBits, mapping.Key & ~ReverseMapping.IsUnwritten);
            Require(_records == 0 || key.CompareTo(before) > 0, GroupTreeKind.ReverseMap, $"a mapping of block {mapping.Start} follows on one of {before.Start}");
            before = key;
            _records++;
        });

        // Each root is the group's own; what is more than that is counted.
        long counted = freeSpaceTrees - 2 + (blocks > 0 ? blocks - 1 : 0);
        if (volume.Geometry.CountsTreeBlocks)
        {
            RequireHeader(header.TreeBlocks == counted, $"the trees have {header.TreeBlocks} blocks besides their roots there, and {counted} in the group");
        }

        RequireHeader(blocks == 0 || header.ReverseMapBlocks == blocks, $"rmapbt has {header.ReverseMapBlocks} blocks there, and {blocks} in the group");
    }

    private void CheckSharedExtents()
    {
        Begin();
        bool wasStaging = false;
        uint blocks = _headers.Walk(GroupTreeKind.SharedExtents, null, record =>
        {
            (uint start, uint count) = Extent(record);
            uint references = BinaryPrimitives.ReadUInt32BigEndian(record[8..]);
            bool isStaging = (start & NotWritten) != 0;
            start &= ~NotWritten;
            CheckExtent(GroupTreeKind.SharedExtents, start, count);
            if (isStaging && !wasStaging)
            {
                (wasStaging, _end) = (true, 0);
            }

            Require(isStaging == wasStaging && start >= _end, GroupTreeKind.SharedExtents, $"extents of it begin at {start} and end at {_end}");
            Require(isStaging ? references == 1 : references >= 2, GroupTreeKind.SharedExtents, $"extent {start} has {references} references");
            _end = start + (long)count;
        });
        RequireHeader(
            blocks == 0 || _headers.FreeSpace.SharedExtentsBlocks == blocks,
            $"refcountbt has {_headers.FreeSpace.SharedExtentsBlocks} blocks there, and {blocks} in the group");
    }

    private void CheckInodes()
    {
        InodesHeader header = _headers.Inodes;
        (uint trees, long inodes, long free, ulong some) = CheckInodeTree(GroupTreeKind.Inodes);
        RequireInodes(header.Count == inodes, $"the group has {header.Count} inodes there, {inodes} by inobt");
        RequireInodes(header.FreeCount == free, $"{header.FreeCount} inodes are free there, {free} by inobt");
        bool isCounted = volume.Geometry.CountsInodeTreeBlocks;
        RequireInodes(!isCounted || header.InodesBlocks == trees, $"inobt has {header.InodesBlocks} blocks there, and {trees} in the group");
        if (volume.Geometry.HasFreeInodeTree)
        {
            (uint others, _, _, ulong same) = CheckInodeTree(GroupTreeKind.FreeInodes);
            Require(some == same, GroupTreeKind.FreeInodes, "it has not the chunks with free inodes that inobt has");
            RequireInodes(!isCounted || header.FreeInodesBlocks == others, $"finobt has {header.FreeInodesBlocks} blocks there, and {others} in the group");
        }
    }

    private (uint Blocks, long Inodes, long Free, ulong WithFree) CheckInodeTree(GroupTreeKind kind)
    {
        long inodes = 0;
        long free = 0;
        Begin();
        uint blocks = _headers.Walk(kind, null, record =>
        {
            var chunk = InodeChunk.Read(record, volume.Geometry.HasSparseInodes);
            long last = volume.Geometry.BlockOfInode(chunk.First + (long)InodeChunk.Length - 1);
            Require(chunk.FindProblem() is not { } problem, kind, $"chunk {chunk.First}: {chunk.FindProblem()}");
            Require(chunk.First >= _end && (_records == 0 || chunk.First > 0), kind, $"chunk {chunk.First} follows on one that ends at {_end}");
            Require(last < _length || chunk.Holes != 0, kind, $"chunk {chunk.First} reaches behind the end of the group");
            Require(kind == GroupTreeKind.Inodes || chunk.FreeCount > 0, kind, $"chunk {chunk.First} has no free inode");
            _end = chunk.First + (long)InodeChunk.Length;
            inodes += chunk.Count;
            free += chunk.FreeCount;
            if (chunk.FreeCount > 0)
            {
                State(BucketSums.Fact(chunk.First, chunk.Holes, chunk.Free));
            }
        });
        return (blocks, inodes, free, _sum);
    }

    // Each list is of the inodes whose numbers leave the same remainder, and none is longer than all inodes together.
    private void CheckUnlinked()
    {
        byte[] buffer = new byte[volume.Geometry.InodeSize];
        for (int list = 0; list < InodesHeader.UnlinkedLists; list++)
        {
            uint left = _headers.Inodes.Count;
            for (uint number = _headers.Inodes.Unlinked(list); number != InodesHeader.None; left--)
            {
                RequireInodes(left > 0, $"list {list} of unlinked inodes has no end");
                RequireInodes(number % InodesHeader.UnlinkedLists == list, $"list {list} of unlinked inodes has inode {number}");
                Inode inode = volume.Inodes.Read(volume.Geometry.InodeNumber(group, number), buffer);
                RequireInodes(inode.LinkCount == 0, $"list {list} of unlinked inodes has inode {number}, which has {inode.LinkCount} links");
                number = inode.NextUnlinked;
            }
        }
    }

    private static (uint Start, uint Count) Extent(ReadOnlySpan<byte> record) =>
        (BinaryPrimitives.ReadUInt32BigEndian(record), BinaryPrimitives.ReadUInt32BigEndian(record[4..]));

    private void Begin() => (_sum, _end, _records) = (0, 0, 0);

    private void State(ulong fact)
    {
        _sum = unchecked(_sum + fact);
        _records++;
    }

    private void CheckExtent(GroupTreeKind kind, uint start, uint count) =>
        Require(count > 0 && start < _length && count <= _length - start, kind, $"extent {start} of {count} blocks is not in a group of {_length}");

    private void Require(bool condition, GroupTreeKind kind, string problem) => Require(condition, kind.Name, 0, problem, "xfs_btree_block");

    private void RequireHeader(bool condition, string problem) => Require(condition, "AGF", 1, problem, Clause);

    private void RequireInodes(bool condition, string problem) => Require(condition, "AGI", 2, problem, InodesClause);

    private void Require(bool condition, string name, int sector, string problem, string clause)
    {
        if (!condition)
        {
            long address = volume.Geometry.AddressOfGroup(group) + (sector * (long)volume.Geometry.SectorSize);
            throw new InvalidImageException($"{name} of group {group}", address, problem, clause);
        }
    }
}
