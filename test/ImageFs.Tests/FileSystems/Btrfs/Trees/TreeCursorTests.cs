using ImageFs.FileSystems.Btrfs.Trees;
using BtrfsTree = ImageFs.FileSystems.Btrfs.Trees.Tree;

namespace ImageFs.Tests.FileSystems.Btrfs.Trees;

/// <summary>A cursor finds what a sorted list has.</summary>
internal sealed class TreeCursorTests
{
    private static readonly (TreeKey Key, byte[] Data)[] s_items = MakeItems(400);

    [Test]
    public void All_items_are_gone_through_in_both_directions([Values(0, 1, 4, 5, 6, 15, 16, 400)] int count)
    {
        BtrfsTree tree = TreeImage.Of(s_items[..count]).ToTree();
        var forward = new List<TreeKey>();
        var backward = new List<TreeKey>();
        using (TreeCursor cursor = tree.Open())
        {
            for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
            {
                forward.Add(cursor.Key);
                Assert.That(cursor.Data.ToArray(), Is.EqualTo(s_items[forward.Count - 1].Data));
            }

            for (bool isThere = cursor.SeekLast(TreeKey.Max); isThere; isThere = cursor.MovePrevious())
            {
                backward.Add(cursor.Key);
            }
        }

        Assert.That(forward, Is.EqualTo(s_items[..count].Select(item => item.Key)));
        Assert.That(backward, Is.EqualTo(Enumerable.Reverse(forward)));
    }

    [Test]
    public void Any_key_is_sought_as_in_a_list()
    {
        BtrfsTree tree = TreeImage.Of(s_items).ToTree();
        TreeKey[] keys = [.. s_items.Select(item => item.Key)];
        var random = new Random(3);
        for (int i = 0; i < 3000; i++)
        {
            TreeKey near = keys[random.Next(keys.Length)];
            TreeKey sought = random.Next(4) switch
            {
                0 => near,
                1 => near.Previous ?? near,
                2 => near.Next ?? near,
                _ => new TreeKey((ulong)random.Next(200), (ItemType)random.Next(256), (ulong)random.Next(300)),
            };
            int found = Array.BinarySearch(keys, sought);
            int first = found >= 0 ? found : ~found;
            using TreeCursor cursor = tree.Open();
            Assert.That(cursor.TryFind(sought), Is.EqualTo(found >= 0), $"{sought}");
            Assert.That(cursor.SeekFirst(sought) ? cursor.Key : (TreeKey?)null, Is.EqualTo(first < keys.Length ? keys[first] : (TreeKey?)null), $"first from {sought}");
            int last = found >= 0 ? found : first - 1;
            Assert.That(cursor.SeekLast(sought) ? cursor.Key : (TreeKey?)null, Is.EqualTo(last >= 0 ? keys[last] : (TreeKey?)null), $"last up to {sought}");
        }
    }

    [Test]
    public void Neighbours_are_found_in_the_leaf_in_hand()
    {
        TreeImage image = TreeImage.Of(s_items);
        BtrfsTree tree = image.ToTree();
        using (TreeCursor cursor = tree.Open())
        {
            Assert.That(cursor.TryFind(s_items[100].Key));
        }

        int reads = image.Reads;
        foreach ((TreeKey key, byte[] data) in s_items[100..105])
        {
            using TreeCursor cursor = tree.Open();
            Assert.That(cursor.TryFind(key) && cursor.Data.SequenceEqual(data));
        }

        Assert.That(image.Reads, Is.EqualTo(reads));
    }

    [Test]
    public void Cursors_of_several_threads_do_not_disturb_each_other()
    {
        BtrfsTree tree = TreeImage.Of(s_items).ToTree();
        Parallel.For(0, 64, i =>
        {
            var random = new Random(i);
            for (int round = 0; round < 500; round++)
            {
                (TreeKey key, byte[] data) = s_items[random.Next(s_items.Length)];
                using TreeCursor cursor = tree.Open();
                if (!cursor.TryFind(key) || !cursor.Data.SequenceEqual(data))
                {
                    throw new InvalidOperationException($"{key} is not there");
                }
            }
        });
    }

    [Test]
    public void Looking_for_an_item_makes_no_garbage()
    {
        BtrfsTree tree = TreeImage.Of(s_items).ToTree();
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10_000; i++)
            {
                using TreeCursor cursor = tree.Open();
                cursor.TryFind(s_items[i % s_items.Length].Key);
            }

            if (round > 0)
            {
                Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
            }
        }
    }

    private static (TreeKey Key, byte[] Data)[] MakeItems(int count)
    {
        var random = new Random(1);
        var keys = new SortedSet<TreeKey>();
        while (keys.Count < count)
        {
            keys.Add(new TreeKey((ulong)random.Next(200), (ItemType)random.Next(256), (ulong)random.Next(300)));
        }

        return [.. keys.Select((key, i) => (key, Enumerable.Repeat((byte)(i & 0xFF), 1 + (i % 40)).ToArray()))];
    }
}
