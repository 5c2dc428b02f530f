namespace ImageFs.FileSystems.Checking;

/// <summary>
/// Tells in fixed memory whether two sides state the same facts, and if not, about which places: what one side states is added to the sum of its
/// place's bucket, what the other states is taken away, and a sum that is not zero at the end is a difference.
/// </summary>
internal sealed class BucketSums
{
    /// <summary>How many buckets.</summary>
    public const int Count = 1 << 16;

    // Unknown to whoever made the image: two facts that differ could else be chosen so that they add up alike.
    private static readonly ulong s_seed = (ulong)Random.Shared.NextInt64();

    private readonly ulong[] _sums = new ulong[Count];

    /// <summary>The buckets in which the sides differ.</summary>
    public IEnumerable<int> Differences => Enumerable.Range(0, Count).Where(bucket => _sums[bucket] != 0);

    /// <summary>Whether the sides are the same in a bucket.</summary>
    public bool IsEvenAt(int bucket) => _sums[bucket] == 0;

    /// <summary>Whether the sides are the same.</summary>
    public bool IsEven => !_sums.AsSpan().ContainsAnyExcept(0ul);

    /// <summary>One number of what a fact says.</summary>
    public static ulong Fact(ulong a, ulong b = 0, ulong c = 0) => Mix(Mix(Mix(a ^ s_seed) ^ b) ^ c);

    /// <summary>Two numbers in no order to speak of, spread over all bits (the finalizer of SplitMix64).</summary>
    public static ulong Mix(ulong value)
    {
        unchecked
        {
            value += 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }

    /// <summary>One side states a fact.</summary>
    /// <param name="bucket">The bucket of what it is about.</param>
    /// <param name="fact">What it says.</param>
    /// <param name="times">How many times.</param>
    public void Add(int bucket, ulong fact, ulong times = 1)
    {
        unchecked
        {
            _sums[bucket] += fact * times;
        }
    }

    /// <summary>The other side states a fact.</summary>
    /// <param name="bucket">The bucket of what it is about.</param>
    /// <param name="fact">What it says.</param>
    /// <param name="times">How many times.</param>
    public void Remove(int bucket, ulong fact, ulong times = 1)
    {
        unchecked
        {
            _sums[bucket] -= fact * times;
        }
    }
}
