using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Fat;

/// <summary>
/// The clusters of a file or directory, in order. The links are followed once, when the file is opened: only so is a loop known
/// before a byte of its second round is handed out. A chain in few runs is kept as these; of one in very many, single places are
/// kept, and from the nearest one the links are followed again. So it takes at most 128 KiB.
/// </summary>
internal sealed class ClusterChain
{
    private const int MaxRuns = 1 << 14;

    private readonly FileAllocationTable? _table;
    private readonly ClusterRun[] _runs;

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

    /// <summary>Runs, or places, that are kept: eight bytes each.</summary>
    public int RunCount => _runs.Length;

    /// <summary>Clusters that follow one another on the volume (exFAT 6.3.4.2, NoFatChain).</summary>
    /// <param name="heap">The clusters of the volume.</param>
    /// <param name="first">The first one.</param>
    /// <param name="wanted">How many there should be.</param>
    public static ClusterChain Contiguous(ClusterHeap heap, uint first, long wanted)
    {
        uint available = heap.Contains(first) ? heap.Count - (first - ClusterHeap.FirstCluster) : 0;
        return wanted <= available
            ? new ClusterChain(null, [new ClusterRun(0, first)], (uint)wanted, null)
            : new ClusterChain(null, [new ClusterRun(0, first)], available, new InvalidImageException(
                "contiguous file", heap.Address, $"{wanted} clusters from cluster {first} on run past the last cluster", "exFAT 6.3.4.2"));
    }

    /// <summary>Follows a chain.</summary>
    /// <param name="table">The links.</param>
    /// <param name="first">The first cluster.</param>
    /// <param name="wanted">How many clusters there should be: longer chains are not followed further; null for as many as there are.</param>
    /// <param name="max">How many there may be.</param>
    public static ClusterChain Follow(FileAllocationTable table, uint first, long? wanted, long max)
    {
        if (!table.Heap.Contains(first))
        {
            return new ClusterChain(null, [], 0, Invalid(table.Heap.Address, $"it begins with {table.Name(first)}"));
        }

        long limit = wanted ?? max;
        List<ClusterRun> runs = [];
        uint count = FollowRuns(table, first, limit, runs, out Exception? damage);
        if (wanted > count)
        {
            damage ??= Invalid(table.Heap.Address, $"it ends after {count} of {wanted} clusters");
        }
        else if (wanted is null && count == max)
        {
            damage ??= Invalid(table.AddressOf(first), $"it has {max} clusters or more");
        }

        return runs.Count < MaxRuns
            ? new ClusterChain(null, [.. runs], count, damage)
            : new ClusterChain(table, Sample(table, first, count), count, damage);
    }

    /// <summary>Finds a cluster, and how many follow it on the volume as in the chain.</summary>
    /// <param name="index">Its place in the chain; less than <see cref="Count"/>.</param>
    /// <param name="maxLength">How many are wanted at most.</param>
    /// <param name="length">How many there are: 1 to <paramref name="maxLength"/>.</param>
    public uint Find(uint index, uint maxLength, out uint length)
    {
        int place = FindRun(index);
        ClusterRun run = _runs[place];
        uint end = place + 1 < _runs.Length ? _runs[place + 1].Index : Count;
        if (_table is null)
        {
            length = Math.Min(end - index, maxLength);
            return run.Cluster + (index - run.Index);
        }

        uint cluster = run.Cluster;
        for (uint i = run.Index; i < index; i++)
        {
            cluster = _table[cluster];
        }

        maxLength = Math.Min(maxLength, Count - index);
        length = 1;
        while (length < maxLength && _table[cluster + length - 1] == cluster + length)
        {
            length++;
        }

        return cluster;
    }

    private static uint FollowRuns(FileAllocationTable table, uint first, long limit, List<ClusterRun> runs, out Exception? damage)
    {
        damage = null;
        uint cluster = first;
        uint count = 0;
        bool canLoop = false;
        try
        {
            while (true)
            {
                if (count == 0 || cluster != runs[^1].Cluster + (count - runs[^1].Index))
                {
                    AddRun(runs, new ClusterRun(count, cluster));
                }

                count++;
                if (count >= limit)
                {
                    return count;
                }

                uint next = table[cluster];
                if (table.IsEnd(next))
                {
                    return count;
                }

                if (!table.Heap.Contains(next))
                {
                    damage = Invalid(table.AddressOf(cluster), $"cluster {cluster} leads to {table.Name(next)}");
                    return count;
                }

                // A loop leads back somewhere: a chain that only goes forward has none.
                if (next <= cluster && !canLoop)
                {
                    canLoop = true;
                    long sound = CountUntilRepeat(table, first);
                    if (sound < limit)
                    {
                        limit = sound;
                        damage = Invalid(table.AddressOf(cluster), $"it leads back to itself after {sound} clusters");
                        if (count >= limit)
                        {
                            return count;
                        }
                    }
                }

                cluster = next;
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            damage = e;
            return count;
        }
    }

    private static void AddRun(List<ClusterRun> runs, ClusterRun run)
    {
        // One too many says that there are too many; the last is then always the current one.
        if (runs.Count < MaxRuns)
        {
            runs.Add(run);
        }
        else
        {
            runs[^1] = run;
        }
    }

    /// <summary>Clusters before a chain comes to one for the second time: Brent's algorithm. Without a loop, the largest number.</summary>
    private static long CountUntilRepeat(FileAllocationTable table, uint first)
    {
        try
        {
            long power = 1;
            long length = 1;
            uint slow = first;
            uint fast = table[first];
            while (slow != fast)
            {
                if (!table.Heap.Contains(fast))
                {
                    return long.MaxValue;
                }

                if (length == power)
                {
                    slow = fast;
                    power *= 2;
                    length = 0;
                }

                fast = table[fast];
                length++;
            }

            slow = fast = first;
            for (long i = 0; i < length; i++)
            {
                fast = table[fast];
            }

            long before = 0;
            for (; slow != fast; before++)
            {
                slow = table[slow];
                fast = table[fast];
            }

            return before + length;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // The chain ends for us where the table cannot be read.
            return long.MaxValue;
        }
    }

    private static ClusterRun[] Sample(FileAllocationTable table, uint first, uint count)
    {
        uint step = (count / MaxRuns) + 1;
        var samples = new ClusterRun[(count + step - 1) / step];
        uint cluster = first;
        for (uint i = 0; i < count; i++)
        {
            if (i % step == 0)
            {
                samples[i / step] = new ClusterRun(i, cluster);
            }

            cluster = i + 1 < count ? table[cluster] : 0;
        }

        return samples;
    }

    private static InvalidImageException Invalid(long address, string problem) =>
        new("cluster chain", address, problem, "fatgen103 4");

    private int FindRun(uint index)
    {
        int low = 0;
        int high = _runs.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (_runs[middle].Index <= index)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }
}
