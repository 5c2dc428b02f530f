using ImageFs.Tree;

namespace ImageFs.Tests.Tree;

/// <summary>Trees in trees: which of them a node is in.</summary>
public sealed class TreeLevelTests
{
    private static readonly TreeLevel[] s_levels = [TreeLevel.Subvolume, TreeLevel.Volume, TreeLevel.Image];

    [Test]
    public void Levels_nest_and_are_left_in_the_opposite_order([Values(0UL, 7UL, ulong.MaxValue)] ulong value)
    {
        var own = new NodeId(value);
        foreach (ulong[] numbers in (ulong[][])[[1, 1, 1], [256, 0, 9], [0, 255, 65535], [TreeLevel.Subvolume.MaxNumber, 255, 65535]])
        {
            NodeId node = s_levels.Zip(numbers).Aggregate(own, (node, pair) => pair.First.Enter(node, pair.Second));
            Assert.That(s_levels.Select(level => level.NumberOf(node)), Is.EqualTo(numbers));
            Assert.That(s_levels.Reverse().Aggregate(node, (node, level) => level.Leave(node)), Is.EqualTo(own));
        }
    }

    [Test]
    public void A_number_without_room_is_refused([ValueSource(nameof(s_levels))] TreeLevel level) =>
        Assert.That(() => level.Enter(default, level.MaxNumber + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void A_tree_cannot_be_in_one_of_its_own_level([ValueSource(nameof(s_levels))] TreeLevel level) =>
        Assert.That(() => level.Enter(level.Enter(default, 1), 2), Throws.ArgumentException);

    [Test]
    public void Inode_numbers_of_two_trees_differ([ValueSource(nameof(s_levels))] TreeLevel level)
    {
        ulong[] own = [1, 2, 12345, uint.MaxValue, 1UL << 50, 1UL << 60, ulong.MaxValue];
        ulong[] all = [.. from inode in own from number in (ulong[])[1, 2, 3, level.MaxNumber] select level.Inode(inode, number)];
        Assert.That(all, Is.Unique);
    }
}
