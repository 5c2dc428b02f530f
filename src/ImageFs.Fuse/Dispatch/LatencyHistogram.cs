using System.Diagnostics;
using System.Numerics;

namespace ImageFs.Fuse.Dispatch;

/// <summary>Counts of times by their length: each power of two of nanoseconds in eight steps. One thread writes, without locks.</summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 3;
    private const int Steps = 1 << StepBits;

    // To 2^40 ns, a quarter of an hour; what takes longer is counted there.
    private const int MaxPower = 40;

    private readonly long[] _counts = new long[(MaxPower - StepBits + 1) * Steps];

    /// <summary>Counts a time.</summary>
    /// <param name="ticks">Its length in ticks of <see cref="Stopwatch"/>.</param>
    public void Count(long ticks) => _counts[PlaceOf(ticks * (1_000_000_000 / Stopwatch.Frequency))]++;

    /// <summary>Adds what another has counted.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += Volatile.Read(ref other._counts[i]);
        }
    }

    /// <summary>What was counted; null when nothing was.</summary>
    public LatencySummary? Summarise()
    {
        long count = _counts.Sum();
        return count == 0 ? null : new LatencySummary(count, Percentile(count, 50), Percentile(count, 90), Percentile(count, 99), Percentile(count, 100));
    }

    // Below 8 ns each has a place of its own; above, a place is known by the power of two and the three bits after the first.
    private static int PlaceOf(long nanoseconds)
    {
        ulong value = (ulong)Math.Clamp(nanoseconds, 0, (1L << MaxPower) - 1);
        int shift = Math.Max(0, BitOperations.Log2(value) - StepBits);
        return (shift * Steps) + (int)(value >> shift);
    }

    // The longest time that has a place.
    private static long EndOf(int place)
    {
        int shift = Math.Max(0, (place / Steps) - 1);
        return ((long)(place - (shift * Steps) + 1) << shift) - 1;
    }

    private TimeSpan Percentile(long count, int percent)
    {
        long wanted = ((count * percent) + 99) / 100;
        int place = 0;
        for (long seen = _counts[0]; seen < wanted; seen += _counts[place])
        {
            place++;
        }

        return TimeSpan.FromTicks((EndOf(place) + TimeSpan.NanosecondsPerTick) / TimeSpan.NanosecondsPerTick);
    }
}
