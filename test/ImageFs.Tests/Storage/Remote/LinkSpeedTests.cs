using System.Diagnostics;
using ImageFs.Storage.Remote;

namespace ImageFs.Tests.Storage.Remote;

/// <summary>What is asked for ahead follows from how long the way to a server is, and how broad.</summary>
public sealed class LinkSpeedTests
{
    private const int Block = 64 << 10;
    private const int Mebi = 1 << 20;

    [Test]
    public void On_a_short_way_two_requests_of_a_mebibyte_keep_each_other_busy()
    {
        LinkSpeed speed = After(latency: TimeSpan.FromMicroseconds(100), rate: 1e9);
        Assert.That(speed.Beside(8), Is.EqualTo(2));
        Assert.That(speed.Part(Mebi, 4 * Mebi), Is.EqualTo(Mebi));
    }

    [Test]
    public void On_a_long_way_as_many_are_under_way_as_there_may_be_and_each_asks_for_more()
    {
        LinkSpeed speed = After(latency: TimeSpan.FromMilliseconds(50), rate: 500e6);
        Assert.That(speed.Beside(8), Is.EqualTo(8));
        Assert.That(speed.Part(Mebi, 4 * Mebi), Is.EqualTo(4 * Mebi));
        Assert.That(speed.Ahead, Is.GreaterThanOrEqualTo(25_000_000));
    }

    private static LinkSpeed After(TimeSpan latency, double rate)
    {
        var speed = new LinkSpeed();
        for (int i = 0; i < 100; i++)
        {
            speed.Note(Block, Ticks(latency), beside: 0);
            speed.Note(Mebi, Ticks(latency + TimeSpan.FromSeconds(Mebi / rate)), beside: 0);
        }

        return speed;
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
