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
    /// <summary>The most runs, or places, that are kept.</summary>
    public const int MaxRuns = 1 << 14;

    private readonly FileAllocationTable? _table;
    private readonly ClusterRun[] _runs;

    // Of a chain in very many runs the place that was asked for last, for who reads on: index and cluster in one word, 0 when there is none.
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
        int place = FindRun(index);
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
