using ImageFs.Storage;
using ImageFs.Storage.Volumes.Lvm.Overlays;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>The map of chunks that lie elsewhere.</summary>
internal sealed class ChunkMapTests
{
    [Test]
    public void It_finds_each_chunk_and_where_the_next_begins()
    {
        var builder = new ChunkMap.Builder("chunk", 512);
        foreach ((long chunk, long place) in ((long, long)[])[(10, 3), (11, 4), (20, 9), (5, 100), (12, 6)])
        {
            builder.Add(chunk, place);
        }

        ChunkMap map = builder.Build();
        Assert.That(map.Count, Is.EqualTo(4));
        Assert.That(map.Size, Is.EqualTo(64));
        AssertFinds(map, 5, 100, 1);
        AssertFinds(map, 10, 3, 2);
        AssertFinds(map, 11, 4, 1);
        AssertFinds(map, 12, 6, 1);
        Assert.That(map.TryFind(0, out _, out long count), Is.False);
        Assert.That(count, Is.EqualTo(5));
        Assert.That(map.TryFind(13, out _, out count), Is.False);
        Assert.That(count, Is.EqualTo(7));
        Assert.That(map.TryFind(21, out _, out count), Is.False);
        Assert.That(count, Is.GreaterThan(1L << 60));
    }

    [Test]
    public void A_place_may_be_the_last_of_the_largest_device()
    {
        const long Last = (1L << 54) - 1;
        var builder = new ChunkMap.Builder("chunk", 512);
        builder.Add(Last - 1, Last - 1);
        builder.Add(Last, Last);
        AssertFinds(builder.Build(), Last, Last, 1);
    }

    [Test]
    public void Its_size_is_bounded_and_what_is_larger_is_refused_with_the_number()
    {
        var builder = new ChunkMap.Builder("snapshot exception", 512);
        for (long chunk = 0; chunk < ChunkMap.MaxRuns; chunk++)
        {
            builder.Add(chunk * 2, chunk);
        }

        Assert.That(() => builder.Add(ChunkMap.MaxRuns * 2L, ChunkMap.MaxRuns), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("4194304"));
        Assert.That(builder.Build().Size, Is.EqualTo(64 << 20));
    }

    private static void AssertFinds(ChunkMap map, long chunk, long place, long count)
    {
        Assert.That(map.TryFind(chunk, out long found, out long follow), Is.True);
        Assert.That((found, follow), Is.EqualTo((place, count)));
    }
}
