using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Fat;

/// <summary>
/// Follows the links of a chain, as far as it is sound: free, bad and missing clusters end it, and coming back to one that was seen.
/// </summary>
/// <param name="table">The links.</param>
/// <param name="first">The first cluster.</param>
internal sealed class ChainFollower(FileAllocationTable table, uint first)
{
    private readonly List<ClusterRun> _runs = [];
    private long _limit;
    private bool _isCheckedForLoop;

    /// <summary>The runs; of more than <see cref="ClusterChain.MaxRuns"/> the last takes the place of the one before.</summary>
    public IReadOnlyList<ClusterRun> Runs => _runs;

    /// <summary>Clusters that were followed.</summary>
    public uint Count { get; private set; }

    /// <summary>What ended the chain, when it was not its end.</summary>
    public Exception? Damage { get; private set; }

    /// <summary>Follows the chain to its end.</summary>
    /// <param name="limit">Clusters to follow at most.</param>
    public void Follow(long limit)
    {
        if (!table.Heap.Contains(first))
        {
            Damage = Invalid($"it begins with {table.Name(first)}");
            return;
        }

        _limit = limit;
        uint cluster = first;
        try
        {
            do
            {
                Take(cluster);
            }
            while (Count < _limit && TryMoveNext(ref cluster));
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            Damage = e;
        }
    }

    /// <summary>Follows the chain once more and keeps single places, evenly spread.</summary>
    /// <param name="max">How many.</param>
    public ClusterRun[] Sample(int max)
    {
        uint step = (Count / (uint)max) + 1;
        var samples = new ClusterRun[(Count + step - 1) / step];
        uint cluster = first;
        for (uint i = 0; i < Count; i++)
        {
            if (i % step == 0)
            {
                samples[i / step] = new ClusterRun(i, cluster);
            }

            cluster = i + 1 < Count ? table[cluster] : 0;
        }

        return samples;
    }

    /// <summary>An error in this chain.</summary>
    public InvalidImageException Invalid(string problem) => new("cluster chain", table.AddressOf(first), problem, "fatgen103 4");

    private void Take(uint cluster)
    {
        if (Count == 0 || cluster != _runs[^1].Cluster + (Count - _runs[^1].Index))
        {
            var run = new ClusterRun(Count, cluster);
            if (_runs.Count < ClusterChain.MaxRuns)
            {
                _runs.Add(run);
            }
            else
            {
                _runs[^1] = run;
            }
        }

        Count++;
    }

    private bool TryMoveNext(ref uint cluster)
    {
        uint next = table[cluster];
        if (table.IsEnd(next))
        {
            return false;
        }

        if (!table.Heap.Contains(next))
        {
            Damage = Invalid($"cluster {cluster} leads to {table.Name(next)}");
            return false;
        }

        // A loop leads back somewhere: a chain that only goes forward has none.
        if (next <= cluster && !_isCheckedForLoop)
        {
            _isCheckedForLoop = true;
            long sound = CountUntilRepeat();
            if (sound < _limit)
            {
                _limit = sound;
                Damage = Invalid($"it leads back to itself after {sound} clusters");
            }
        }

        cluster = next;
        return Count < _limit;
    }

    /// <summary>Clusters before a chain comes to one for the second time: Brent's algorithm. Without a loop, the largest number.</summary>
    private long CountUntilRepeat()
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
}
