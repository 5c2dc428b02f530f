using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

/// <summary>Searching among keys in order.</summary>
public sealed class SortedKeysTests
{
    [Test]
    public void The_last_key_at_or_before_another_is_found([Range(0, 9)] int count)
    {
        var keys = new Keys([.. Enumerable.Range(0, count).Select(i => i * 10L)]);
        for (long key = -5; key < 100; key++)
        {
            Assert.That(SortedKeys.FindLast(keys, key), Is.EqualTo(key < 0 ? -1 : Math.Min(key / 10, count - 1)));
        }
    }

    [Test]
    public void Of_keys_that_are_the_same_it_is_the_last() =>
        Assert.That(SortedKeys.FindLast(new Keys([1, 2, 2, 2, 3]), 2), Is.EqualTo(3));

    private readonly struct Keys(long[] keys) : ISortedKeys
    {
        public int Count => keys.Length;

        public long KeyAt(int index) => keys[index];
    }
}
