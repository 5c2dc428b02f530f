using System.Diagnostics;
using ImageFs.Fuse;
using ImageFs.Fuse.Dispatch;

namespace ImageFs.Tests.Fuse.Dispatch;

/// <summary>Times by their length.</summary>
public sealed class LatencyHistogramTests
{
    [Test]
    public void Nothing_counted_is_nothing_to_tell() => Assert.That(new LatencyHistogram().Summarise(), Is.Null);

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(7)]
    [TestCase(8)]
    [TestCase(1_000)]
    [TestCase(123_456_789)]
    [TestCase(1_000_000_000_000)]
    public void A_time_is_told_to_an_eighth_and_never_shorter(long nanoseconds)
    {
        var histogram = new LatencyHistogram();
        histogram.Count(nanoseconds);
        LatencySummary told = histogram.Summarise()!;
        Assert.That(told.Count, Is.EqualTo(1));
        Assert.That(told.Median.TotalNanoseconds, Is.InRange(nanoseconds, (nanoseconds * 1.125) + 100));
        Assert.That(told.Longest, Is.EqualTo(told.Median));
    }

    [Test]
    public void Percentiles_are_those_of_the_times_sorted()
    {
        var first = new LatencyHistogram();
        var second = new LatencyHistogram();
        long[] times = [.. Enumerable.Range(1, 1000).Select(number => number * 1000L)];
        for (int i = 0; i < times.Length; i++)
        {
            (i % 2 == 0 ? first : second).Count(times[i]);
        }

        first.Add(second);
        LatencySummary told = first.Summarise()!;
        Assert.That(told.Count, Is.EqualTo(1000));
        Assert.That(told.Median.TotalNanoseconds, Is.InRange(500_000, 500_000 * 1.13));
        Assert.That(told.Percentile90.TotalNanoseconds, Is.InRange(900_000, 900_000 * 1.13));
        Assert.That(told.Percentile99.TotalNanoseconds, Is.InRange(990_000, 990_000 * 1.13));
        Assert.That(told.Longest.TotalNanoseconds, Is.InRange(1_000_000, 1_000_000 * 1.13));
    }

    [Test]
    public void What_takes_for_ever_is_counted_at_the_end()
    {
        var histogram = new LatencyHistogram();
        histogram.Count(long.MaxValue);
        histogram.Count(-1);
        Assert.That(histogram.Summarise()!.Longest.TotalSeconds, Is.GreaterThan(1000));
    }

    [Test]
    public void Ticks_are_nanoseconds() => Assert.That(Stopwatch.Frequency, Is.EqualTo(1_000_000_000), "the tests count on it");
}
