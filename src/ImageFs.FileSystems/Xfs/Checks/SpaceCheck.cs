using System.Buffers.Binary;
using ImageFs.FileSystems.Checking;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>
/// Holds what uses blocks against each other, against free space, and against what the groups say of sharing and of owners: each block is one's,
/// or free, or shared by as many files as refcountbt counts. It goes through the volume in windows, so that memory stays bounded however long it is.
/// </summary>
/// <param name="volume">The volume.</param>
internal sealed class SpaceCheck(XfsVolume volume)
{
    // 16 MiB for each of the three maps of a window.
    private const int WindowShift = 27;
    private const int BucketShift = WindowShift - 16;
    private const long Window = 1L << WindowShift;
    private const int MaxFindings = 100;
    private const uint IsStaging = 1u << 31;
    private const string Clause = "xfs_rmap_rec";

    private readonly BlockUses _uses = new(volume);
    private readonly List<Finding> _ofOwners = [];
    private readonly List<Finding> _ofSharing = [];
    private readonly List<Finding> _ofSpace = [];
    private bool _isWhole = true;
    private bool _isDone;

    private CellMap _used = null!;
    private CellMap _contents = null!;
    private CellMap _shared = null!;
    private BucketSums _owners = null!;
    private BucketSums _references = null!;
    private long _start;
    private long _end;

    /// <summary>Checks that each block is used once, or free.</summary>
    public void CheckSpace(CheckRun run)
    {
        Survey(run);
        Tell(_ofSpace, run);
    }

    /// <summary>Checks what is shared.</summary>
    public void CheckSharing(CheckRun run)
    {
        Survey(run);
        Tell(_ofSharing, run);
    }

    /// <summary>Checks whose the blocks are said to be.</summary>
    public void CheckOwners(CheckRun run)
    {
        Survey(run);
        Tell(_ofOwners, run);
    }

    private void Tell(List<Finding> findings, CheckRun run)
    {
        if (volume.Recovery is { IsSpaceWhole: false })
        {
            run.GiveUp("the log leaves some to be freed and counted when Linux recovers it");
            return;
        }

        findings.ForEach(run.Find);
        if (!_isWhole)
        {
            run.GiveUp("what is damaged hides whose some blocks are");
        }
    }

    private void Survey(CheckRun run)
    {
        if (_isDone || volume.Recovery is { IsSpaceWhole: false })
        {
            return;
        }

        _isDone = true;
        for (_start = 0; _start < volume.Geometry.DataBlocks && _isWhole; _start += Window)
        {
            _end = Math.Min(volume.Geometry.DataBlocks, _start + Window);
            _used = new CellMap(_end - _start);
            _contents = new CellMap(_end - _start);
            _shared = new CellMap(_end - _start);
            _owners = new BucketSums();
            _references = new BucketSums();
            var crossed = new CellMap(_end - _start);

            // Its own findings are those of other checks.
            _isWhole = _uses.Enumerate(use => Take(use, crossed), run);
            if (_isWhole)
            {
                TakeSharing();
                TakeOwners();
                TellLost();
                TellCrossed(crossed);
                TellDifferences(_references, _ofSharing, "refcountbt", "refcountbt counts other references to some of them than files have", "xfs_refcount_rec");
                TellDifferences(_owners, _ofOwners, "rmapbt", "rmapbt has other owners of some of them than there are", Clause);
            }
        }
    }

    private void Take(in BlockUse use, CellMap crossed)
    {
        bool isContents = use.IsContents;
        long end = Math.Min(_end, use.End);
        for (long block = Math.Max(_start, use.Start); block < end; block++)
        {
            long cell = block - _start;
            bool wasUsed = _used.Set(cell);
            bool wasContents = isContents && _contents.Set(cell);
            if (wasContents && volume.Geometry.HasSharedExtents)
            {
                _shared.Set(cell);
                _references.Add(Bucket(cell), BucketSums.Fact((ulong)block));
            }
            else if (wasUsed)
            {
                crossed.Set(cell);
            }

            if (use.Owner != BlockUse.Free && volume.Geometry.HasReverseMap)
            {
                ulong key = use.Owner >= 0 && (use.Key & ReverseMapping.IsTree) == 0 ? use.Key + (ulong)(block - use.Start) : use.Key;
                _owners.Add(Bucket(cell), BucketSums.Fact((ulong)block, unchecked((ulong)use.Owner), key));
            }
        }
    }

    private void TakeSharing() => ForEachRecord(GroupTreeKind.SharedExtents, (first, record) =>
    {
        uint start = BinaryPrimitives.ReadUInt32BigEndian(record);
        uint count = BinaryPrimitives.ReadUInt32BigEndian(record[4..]);
        uint references = BinaryPrimitives.ReadUInt32BigEndian(record[8..]);
        if ((start & IsStaging) != 0)
        {
            return;
        }

        long end = Math.Min(_end, first + start + count);
        for (long block = Math.Max(_start, first + start); block < end; block++)
        {
            _references.Remove(Bucket(block - _start), BucketSums.Fact((ulong)block), references - 1);
            _shared.Clear(block - _start);
        }
    });

    private void TakeOwners() => ForEachRecord(GroupTreeKind.ReverseMap, (first, record) =>
    {
        var mapping = ReverseMapping.Read(record);
        long start = first + mapping.Start;
        long end = Math.Min(_end, start + mapping.Count);
        for (long block = Math.Max(_start, start); block < end; block++)
        {
            ulong key = mapping.HasOffsets ? mapping.Key + (ulong)(block - start) : mapping.Key;
            _owners.Remove(Bucket(block - _start), BucketSums.Fact((ulong)block, mapping.OwnerBits, key));
        }
    });

    private delegate void GroupRecordTaker(long firstOfGroup, ReadOnlySpan<byte> record);

    // Of the groups that lie in the window, at least in part. That the trees are sound is known by now.
    private void ForEachRecord(GroupTreeKind kind, GroupRecordTaker take)
    {
        for (long group = _start / volume.Geometry.GroupBlocks; group < volume.Geometry.GroupCount && group * volume.Geometry.GroupBlocks < _end; group++)
        {
            long first = group * volume.Geometry.GroupBlocks;
            new GroupHeaders(volume, (uint)group).Walk(kind, null, record => take(first, record));
        }
    }

    private void TellLost()
    {
        foreach ((long start, long count) in _used.Runs(areSet: false).Take(MaxFindings))
        {
            _ofSpace.Add(new Finding("blocks", AddressOf(start), $"{count} blocks are neither free nor anybody's", "xfs_agf"));
        }
    }

    // A second walk, when there is something to ask: whose they are.
    private void TellCrossed(CellMap crossed)
    {
        (long Start, long Count)[] runs = [.. crossed.Runs(areSet: true).Take(MaxFindings)];
        (long Start, long Count)[] untold = [.. _shared.Runs(areSet: true).Take(MaxFindings)];
        if (runs.Length + untold.Length == 0)
        {
            return;
        }

        var names = new SortedSet<string>?[runs.Length + untold.Length];
        (long Start, long Count)[] all = [.. runs, .. untold];
        _uses.Enumerate(
            use =>
            {
                for (int i = 0; i < all.Length; i++)
                {
                    if (use.Start < _start + all[i].Start + all[i].Count && use.End > _start + all[i].Start)
                    {
                        (names[i] ??= new SortedSet<string>(StringComparer.Ordinal)).Add(use.OwnerName);
                    }
                }
            },
            new CheckRun(_ => { }, _ => { }));
        for (int i = 0; i < all.Length; i++)
        {
            string owners = string.Join(" and ", names[i] ?? []);
            List<Finding> findings = i < runs.Length ? _ofSpace : _ofSharing;
            string problem = names[i] is { Count: > 1 } ? $"{all[i].Count} blocks are of {owners}" : $"{all[i].Count} blocks are of {owners} twice";
            findings.Add(new Finding("blocks", AddressOf(all[i].Start), i < runs.Length ? problem : $"{problem}, and refcountbt has not that they are shared"));
        }
    }

    private void TellDifferences(BucketSums sums, List<Finding> findings, string structure, string problem, string clause)
    {
        foreach (int bucket in sums.Differences.Take(MaxFindings))
        {
            long start = (long)bucket << BucketShift;
            long count = Math.Min(1L << BucketShift, _end - _start - start);
            findings.Add(new Finding(structure, null, $"of the {count} blocks from 0x{AddressOf(start):X} on {problem}", clause));
        }
    }

    private static int Bucket(long cell) => (int)(cell >> BucketShift);

    private long AddressOf(long cell) => (_start + cell) * volume.Geometry.BlockSize;
}
