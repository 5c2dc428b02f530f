using System.Runtime.InteropServices;

namespace ImageFs.FileSystems.Checking;

/// <summary>
/// Finds what one side of a volume states and the other does not, of any number of facts in memory that does not grow with them: a first pass
/// finds out by sums whether there is anything, a second one counts what concerns the places where they differ.
/// </summary>
/// <typeparam name="T">What is stated, as it is told.</typeparam>
internal sealed class TwoSides<T>
    where T : struct, IEquatable<T>
{
    private const int MaxCounted = 1 << 16;

    private readonly BucketSums _sums = new();
    private Dictionary<T, int>? _counted;

    /// <summary>Whether the sides are the same, once both have stated all.</summary>
    public bool IsEven => _sums.IsEven;

    /// <summary>Whether there was more than could be counted: not all differences are told.</summary>
    public bool IsFull { get; private set; }

    /// <summary>What one side alone states, after the second pass.</summary>
    public IEnumerable<(T Fact, bool IsOfFirst)> Differences => _counted!.Select(pair => (pair.Key, pair.Value > 0));

    /// <summary>From now on all is stated again, to be counted.</summary>
    public void BeginSecondPass() => _counted = [];

    /// <summary>A side states a fact.</summary>
    /// <param name="place">What it is about: what is stated of the same is told apart in the second pass.</param>
    /// <param name="fact">What it says (<see cref="BucketSums.Fact"/>).</param>
    /// <param name="isFirst">Which side.</param>
    /// <returns>Whether it is to be counted by <see cref="Count"/>.</returns>
    public bool Add(ulong place, ulong fact, bool isFirst)
    {
        int bucket = (int)(BucketSums.Mix(place) % BucketSums.Count);
        if (_counted is not null)
        {
            return !_sums.IsEvenAt(bucket);
        }

        if (isFirst)
        {
            _sums.Add(bucket, fact);
        }
        else
        {
            _sums.Remove(bucket, fact);
        }

        return false;
    }

    /// <summary>Counts a fact.</summary>
    /// <param name="fact">The fact.</param>
    /// <param name="isFirst">Which side states it.</param>
    public void Count(T fact, bool isFirst)
    {
        ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counted!, fact, out _);
        count += isFirst ? 1 : -1;
        if (count == 0 || _counted!.Count > MaxCounted)
        {
            IsFull |= count != 0;
            _counted!.Remove(fact);
        }
    }
}
