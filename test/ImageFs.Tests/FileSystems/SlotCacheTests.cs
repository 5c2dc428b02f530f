using ImageFs.FileSystems;

namespace ImageFs.Tests.FileSystems;

internal sealed class SlotCacheTests
{
    [Test]
    public void A_key_has_its_own_value_or_none()
    {
        var cache = new SlotCache<uint, uint>(64);
        for (uint key = 0; key < 32 * 1000; key += 32)
        {
            cache.Add(key, key + 1);
            Assert.That(cache.TryFind(key, out uint value) ? value : 0, Is.EqualTo(key + 1));
        }

        int kept = 0;
        for (uint key = 0; key < 32 * 1000; key += 32)
        {
            bool found = cache.TryFind(key, out uint value);
            Assert.That(value, Is.EqualTo(found ? key + 1 : 0));
            kept += found ? 1 : 0;
        }

        Assert.That(kept, Is.InRange(60, 64), "keys are spread over the places");
    }
}
