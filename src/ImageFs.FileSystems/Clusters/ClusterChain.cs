using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Clusters;

/// <summary>Consecutive clusters of a chain.</summary>
/// <param name="Index">The place of the first one in the chain, from 0.</param>
/// <param name="Cluster">Its number.</param>
internal readonly record struct ClusterRun(uint Index, uint Cluster);

/// <summary>
/// The clusters of a file or directory, in order. The links are followed once, when the file is opened: only so is a loop known
/// before a byte of its second round is handed out. A chain in few runs is kept as these; of one in very many, single places are
/// kept, and from the nearest one the links are followed again. So it takes at most 128 KiB.
/// </summary>
internal sealed class ClusterChain
{
    /// <summary>The most runs, or places, that are kept.</summary>
    public const int MaxRuns = 1 << 14;

    private readonly FileAllocationTable? _table;
    private readonly ClusterRun[] _runs;

    // The place that was asked for last in a chain of very many runs, for sequential reads: index and cluster in one word, 0 when there is
    // none.
    private ulong _last;

    private ClusterChain(FileAllocationTable? table, ClusterRun[] runs, uint count, Exception? damage)
    {
        _table = table;
        _runs = runs;
        Count = count;
        Damage = damage;
    }

    /// <summary>The chain of what has no clusters.</summary>
    public static ClusterChain Empty { get; } = new(null, [], 0, null);

    /// <summary>Clusters in it, as far as it is sound.</summary>
    public uint Count { get; }

    /// <summary>Why there are fewer clusters than there should be; null when there are not.</summary>
    public Exception? Damage { get; }

    /// <summary>Follows the chain anew, when it was the device that failed: it may have recovered. Null when that would be no use.</summary>
    public Func<ClusterChain>? Again { get; private init; }

    /// <summary>Runs, or places, that are kept: eight bytes each.</summary>
    public int RunCount => _runs.Length;

    /// <summary>Clusters that follow one another on the volume (exFAT 6.4.2.2, NoFatChain).</summary>
    /// <param name="heap">The clusters of the volume.</param>
    /// <param name="first">The first one.</param>
    /// <param name="wanted">How many there should be.</param>
    public static ClusterChain Contiguous(ClusterHeap heap, uint first, long wanted)
    {
        uint available = heap.Contains(first) ? heap.Count - (first - ClusterHeap.FirstCluster) : 0;
        return wanted <= available
            ? new ClusterChain(null, [new ClusterRun(0, first)], (uint)wanted, null)
            : new ClusterChain(null, [new ClusterRun(0, first)], available, new InvalidImageException(
                "contiguous file", heap.Address, $"{wanted} clusters from cluster {first} on run past the last one", "exFAT 6.4.2.2"));
    }

    /// <summary>Follows a chain.</summary>
    /// <param name="table">The links.</param>
    /// <param name="first">The first cluster.</param>
    /// <param name="wanted">How many clusters there should be: a longer chain is not followed further; null for as many as there are.</param>
    /// <param name="max">How many there may be.</param>
    public static ClusterChain Follow(FileAllocationTable table, uint first, long? wanted, long max)
    {
        var follower = new ChainFollower(table, first);
        follower.Follow(wanted ?? max);
        Exception? damage = follower.Damage;
        if (wanted > follower.Count)
        {
            damage ??= follower.Invalid($"it ends after {follower.Count} of {wanted} clusters");
        }
        else if (wanted is null && follower.Count == max)
        {
            damage ??= follower.Invalid($"it has {max} clusters or more");
        }

        return new ClusterChain(follower.IsWhole ? null : table, [.. follower.Places], follower.Count, damage)
        {
            Again = damage is LinuxException ? () => Follow(table, first, wanted, max) : null,
        };
    }

    /// <summary>Finds a cluster, and how many follow it on the volume as in the chain.</summary>
    /// <param name="index">Its place in the chain; less than <see cref="Count"/>.</param>
    /// <param name="maxLength">How many are wanted at most.</param>
    /// <param name="length">How many there are: 1 to <paramref name="maxLength"/>.</param>
    public uint Find(uint index, uint maxLength, out uint length)
    {
        int place = SortedKeys.FindLast(new Starts(_runs), index);
        ClusterRun run = _runs[place];
        uint end = place + 1 < _runs.Length ? _runs[place + 1].Index : Count;
        if (_table is null)
        {
            length = Math.Min(end - index, maxLength);
            return run.Cluster + (index - run.Index);
        }

        ulong last = Volatile.Read(ref _last);
        uint nearest = (uint)(last >> 32);
        (uint from, uint cluster) = last != 0 && nearest > run.Index && nearest <= index ? (nearest, unchecked((uint)last)) : (run.Index, run.Cluster);
        for (uint i = from; i < index; i++)
        {
            cluster = _table[cluster];
        }

        Volatile.Write(ref _last, ((ulong)index << 32) | cluster);
        maxLength = Math.Min(maxLength, Count - index);
        length = 1;
        while (length < maxLength && _table[cluster + length - 1] == cluster + length)
        {
            length++;
        }

        return cluster;
    }

    private readonly struct Starts(ClusterRun[] runs) : ISortedKeys
    {
        public int Count => runs.Length;

        public long KeyAt(int index) => runs[index].Index;
    }
}

/// <summary>
/// Follows the links of a chain once, as far as it is sound: free, bad and missing clusters end it, and coming back to one that was seen.
/// What it keeps takes the same room however long the chain is.
/// </summary>
/// <param name="table">The links.</param>
/// <param name="first">The first cluster.</param>
internal sealed class ChainFollower(FileAllocationTable table, uint first)
{
    // A loop is found before so many times the clusters up to the first repeated one (Brent).
    private const int LoopFactor = 3;

    private readonly List<ClusterRun> _runs = [];
    private long _limit;
    private uint _step = 1;

    // The cluster that a loop would come back to, how many links ago it was, and at how many the next one is taken instead.
    private uint _mark;
    private long _sinceMark;
    private long _power = 1;

    /// <summary>Whether <see cref="Places"/> are all runs; if not, they are single places, evenly spread.</summary>
    public bool IsWhole => _step == 1;

    /// <summary>The runs, or single places; fewer than <see cref="ClusterChain.MaxRuns"/>.</summary>
    public IReadOnlyList<ClusterRun> Places => _runs;

    /// <summary>Clusters that were followed.</summary>
    public uint Count { get; private set; }

    /// <summary>What ended the chain, when it was not its end.</summary>
    public Exception? Damage { get; private set; }

    /// <summary>Follows the chain to its end.</summary>
    /// <param name="limit">Clusters to follow at most; at least 1.</param>
    public void Follow(long limit)
    {
        if (!table.Heap.Contains(first))
        {
            Damage = Invalid($"it begins with {table.Name(first)}");
            return;
        }

        _limit = limit;
        _mark = first;
        uint cluster = first;
        bool hasGoneBack = false;
        Take(cluster);
        try
        {
            // Beyond the limit there is only to find out whether what came before it was a loop: a chain that only goes forward has none.
            for (long steps = 1; Count < limit || (hasGoneBack && steps <= LoopFactor * (limit + 1)); steps++)
            {
                uint next = table[cluster];
                if (table.IsEnd(next) || !IsSound(cluster, next))
                {
                    return;
                }

                hasGoneBack |= next <= cluster;
                if (ClosesLoop(next))
                {
                    CutLoop();
                    return;
                }

                cluster = next;
                Take(cluster);
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Beyond the limit nothing is missing.
            Damage = Count < limit ? e : null;
        }
    }

    /// <summary>An error in this chain.</summary>
    public InvalidImageException Invalid(string problem) => new("cluster chain", table.AddressOf(first), problem, "fatgen103 4");

    private bool IsSound(uint cluster, uint next)
    {
        if (table.Heap.Contains(next))
        {
            return true;
        }

        Damage = Count < _limit ? Invalid($"cluster {cluster} leads to {table.Name(next)}") : null;
        return false;
    }

    private void Take(uint cluster)
    {
        if (Count == _limit)
        {
            return;
        }

        if (IsWhole ? Count == 0 || cluster != _runs[^1].Cluster + (Count - _runs[^1].Index) : Count % _step == 0)
        {
            _runs.Add(new ClusterRun(Count, cluster));
            while (_runs.Count >= ClusterChain.MaxRuns)
            {
                Thin();
            }
        }

        Count++;
    }

    /// <summary>Keeps single places that are twice as far from each other, or at first as far as the runs are.</summary>
    private void Thin()
    {
        if (IsWhole)
        {
            ClusterRun[] runs = [.. _runs];
            uint end = runs[^1].Index + 1;
            _step = (uint)Math.Max(2, end / (ClusterChain.MaxRuns / 2));
            _runs.Clear();
            int run = 0;
            for (uint index = 0; index < end; index += _step)
            {
                while (run + 1 < runs.Length && runs[run + 1].Index <= index)
                {
                    run++;
                }

                _runs.Add(new ClusterRun(index, runs[run].Cluster + (index - runs[run].Index)));
            }
        }
        else
        {
            _step *= 2;
            _runs.RemoveAll(place => place.Index % _step != 0);
        }
    }

    private bool ClosesLoop(uint next)
    {
        _sinceMark++;
        if (next == _mark)
        {
            return true;
        }

        if (_sinceMark == _power)
        {
            _mark = next;
            _power *= 2;
            _sinceMark = 0;
        }

        return false;
    }

    /// <summary>Ends the chain before the cluster that comes for the second time; the loop has as many clusters as links since the mark.</summary>
    private void CutLoop()
    {
        uint slow = first;
        uint fast = first;
        for (long i = 0; i < _sinceMark; i++)
        {
            fast = table[fast];
        }

        long sound = _sinceMark;
        for (; slow != fast; sound++)
        {
            slow = table[slow];
            fast = table[fast];
        }

        if (sound < _limit)
        {
            Count = (uint)sound;
            _runs.RemoveAll(place => place.Index >= Count);
            Damage = Invalid($"it leads back to itself after {sound} clusters");
        }
    }
}
