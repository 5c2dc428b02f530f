using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Fat;

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
            // Behind the limit there is only to find out whether what came before it was a loop: a chain that only goes forward has none.
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
            // Behind the limit nothing is missing.
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
