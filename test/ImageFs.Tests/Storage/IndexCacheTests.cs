using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

public sealed class IndexCacheTests
{
    private const int MaxBytes = 100_000;

    [Test]
    public void What_was_used_last_is_kept_within_the_bound_whoever_it_is_of()
    {
        var cache = new IndexCache(MaxBytes);
        IndexShare[] volumes = [cache.ForOwner(), cache.ForOwner(), cache.ForOwner()];
        for (ulong i = 0; i < 1000; i++)
        {
            volumes[i % 3].Add(i, $"{i}", 1000);
        }

        ulong[] kept = [.. Enumerable.Range(0, 1000).Select(i => (ulong)i).Where(i => volumes[i % 3].Find<string>(i) is not null)];
        Assert.That(kept, Has.Length.EqualTo(MaxBytes / (1000 + 256)));
        Assert.That(kept, Is.EqualTo(Enumerable.Range(1000 - kept.Length, kept.Length)));
        Assert.That(volumes[1].Find<string>(999), Is.Null, "it is another volume's");
    }

    [Test]
    public void The_latest_that_does_not_fit_is_kept_alone()
    {
        IndexShare volume = new IndexCache(MaxBytes).ForOwner();
        for (ulong i = 0; i < 10; i++)
        {
            volume.Add(i, "small", 100);
        }

        volume.Add(100, "large", 10 * MaxBytes);
        Assert.That(volume.Find<string>(100), Is.EqualTo("large"));
        Assert.That(Enumerable.Range(0, 10).Count(i => volume.Find<string>((ulong)i) is not null), Is.EqualTo(3), "beside the latest");
        volume.Add(101, "too large", volume.MaxBytesOfLatest);
        Assert.That(volume.Find<string>(100), Is.Null);
        Assert.That(volume.Find<string>(101), Is.EqualTo("too large"));
    }

    [Test]
    public void Nothing_is_kept_of_an_image_that_is_closed()
    {
        var memory = new MemoryBudget();
        MemoryBudget[] images = [memory.ForImage(), memory.ForImage()];
        IndexShare[] volumes = [images[0].Indexes.ForOwner(), images[1].Indexes.ForOwner()];
        volumes[0].Add(1, "closed", 10);
        volumes[1].Add(1, "open", 10);
        images[0].Close();
        volumes[0].Add(2, "late", 10);
        Assert.That(volumes[0].Find<string>(1), Is.Null);
        Assert.That(volumes[0].Find<string>(2), Is.Null);
        Assert.That(volumes[1].Find<string>(1), Is.EqualTo("open"));
    }
}
