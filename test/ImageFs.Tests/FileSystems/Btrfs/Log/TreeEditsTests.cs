using ImageFs.FileSystems.Btrfs.Log;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using BtrfsTree = ImageFs.FileSystems.Btrfs.Trees.Tree;

namespace ImageFs.Tests.FileSystems.Btrfs.Log;

/// <summary>Trees with edits, against a dictionary of the same items.</summary>
internal sealed class TreeEditsTests
{
    [Test]
    public void What_is_put_and_taken_away_is_read_before_and_after_nodes_are_made([Range(1, 12)] int seed)
    {
        var memory = new MemoryNodes();
        var random = new Random(seed);
        var expected = new SortedDictionary<TreeKey, byte[]>();
        for (int i = 0; i < random.Next(2000); i++)
        {
            expected[RandomKey(random)] = RandomData(random);
        }

        BtrfsTree before = memory.Make(5, expected.Select(item => (item.Key, item.Value)));
        Assert.That(MemoryNodes.Read(before), Is.EqualTo(Listed(expected)));

        TreeEdits edits = MemoryNodes.Edit(before);
        for (int i = 0; i < random.Next(1500); i++)
        {
            TreeKey key = random.Next(2) == 0 || expected.Count == 0 ? RandomKey(random) : expected.ElementAt(random.Next(expected.Count)).Key;
            if (random.Next(3) == 0)
            {
                expected.Remove(key);
                edits.Remove(key);
            }
            else
            {
                expected[key] = RandomData(random);
                edits.Put(key, expected[key]);
            }
        }

        Assert.That(Walk(edits), Is.EqualTo(Listed(expected)));
        for (int i = 0; i < 100; i++)
        {
            TreeKey key = RandomKey(random);
            bool isThere = edits.TryLast(key, out TreeKey last, out byte[] data);
            KeyValuePair<TreeKey, byte[]>[] below = [.. expected.Where(item => item.Key <= key)];
            Assert.That(isThere, Is.EqualTo(below.Length > 0));
            Assert.That(edits.Find(key), Is.EqualTo(expected.GetValueOrDefault(key)));
            if (isThere)
            {
                Assert.That((last, Convert.ToHexString(data)), Is.EqualTo((below[^1].Key, Convert.ToHexString(below[^1].Value))));
            }
        }

        Assert.That(MemoryNodes.Read(memory.Build(edits)), Is.EqualTo(Listed(expected)));
    }

    [Test]
    public void A_tree_without_items_is_an_empty_leaf()
    {
        (TreeKey, byte[])[] items = [.. Enumerable.Range(0, 500).Select(i => (new TreeKey(256, ItemType.InodeItem, (ulong)i), new byte[50]))];
        var memory = new MemoryNodes();
        BtrfsTree before = memory.Make(5, items);
        Assert.That(before.Root.Level, Is.GreaterThan(0));
        TreeEdits edits = MemoryNodes.Edit(before);
        foreach ((TreeKey key, _) in items)
        {
            edits.Remove(key);
        }

        BtrfsTree after = memory.Build(edits);
        Assert.That((after.Root.Level, MemoryNodes.Read(after).Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Nodes_without_edits_stay_where_they_are()
    {
        var memory = new MemoryNodes();
        BtrfsTree before = memory.Make(5, Enumerable.Range(0, 3000).Select(i => (new TreeKey((ulong)i, ItemType.InodeItem, 0), new byte[50])));
        TreeEdits edits = MemoryNodes.Edit(before);
        edits.Put(new TreeKey(1500, ItemType.InodeItem, 0), [1]);
        BtrfsTree after = memory.Build(edits);
        Assert.That(after.Root.Address, Is.Not.EqualTo(before.Root.Address));
        Assert.That(Leaves(after).Except(Leaves(before)).Count(), Is.EqualTo(1));
    }

    [Test]
    public void Edits_take_no_more_memory_than_they_may()
    {
        TreeEdits edits = MemoryNodes.Edit(new MemoryNodes().Make(5, []), 10_000);
        for (int i = 0; i < 1000; i++)
        {
            edits.Put(new TreeKey(1, ItemType.InodeItem, 0), new byte[1000]);
        }

        Assert.That(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                edits.Put(new TreeKey((ulong)i, ItemType.InodeItem, 0), new byte[1000]);
            }
        }, Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("norecovery"));
    }

    private static List<ulong> Leaves(BtrfsTree tree)
    {
        var leaves = new List<ulong>();
        using TreeCursor cursor = tree.Open();
        for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
        {
            leaves.Add(cursor.Address / 4096);
        }

        return [.. leaves.Distinct()];
    }

    private static TreeKey RandomKey(Random random) => new((ulong)random.Next(40), (ItemType)random.Next(4), (ulong)random.Next(30));

    private static byte[] RandomData(Random random)
    {
        byte[] data = new byte[random.Next(20) == 0 ? random.Next(3000) : random.Next(80)];
        random.NextBytes(data);
        return data;
    }

    private static List<(TreeKey, string)> Listed(SortedDictionary<TreeKey, byte[]> items) => [.. items.Select(item => (item.Key, Convert.ToHexString(item.Value)))];

    private static List<(TreeKey, string)> Walk(TreeEdits edits)
    {
        var items = new List<(TreeKey, string)>();
        for (TreeKey? from = TreeKey.Min; from is { } at && edits.TryFirst(at, out TreeKey key, out byte[] data); from = key.Next)
        {
            items.Add((key, Convert.ToHexString(data)));
        }

        return items;
    }
}
