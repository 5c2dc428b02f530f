using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Tree;

/// <summary>Nodes of a tree of trees as numbers of 64 bits.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NodeNumbersTests
{
    private static readonly ulong[] s_values =
    [
        0, 1, 2, 3, 0x8000, uint.MaxValue, 1UL << 44, (1UL << 49) - 1, (1UL << 55) - 1, 1UL << 55, 1UL << 62, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    private static readonly NodeNumbers s_shared = new();

    private readonly NodeNumbers _numbers = new();

    [Test]
    public void Every_node_has_a_number_of_its_own_and_is_found_by_it()
    {
        List<NodeId> nodes = [.. from value in s_values from space in Spaces() select new NodeId(value, space)];
        ulong[] numbers = [.. nodes.Select(_numbers.ToNumber)];
        Assert.That(numbers, Is.Unique);
        Assert.That(numbers, Is.All.GreaterThan(1));
        Assert.That(numbers.Select(_numbers.ToNode), Is.EqualTo(nodes));
        Assert.That(nodes.Select(_numbers.ToNumber), Is.EqualTo(numbers), "asked again");
    }

    [TestCase(2UL)]
    [TestCase(0x12345678UL)]
    [TestCase((1UL << 55) - 1)]
    public void A_number_that_fits_stands_for_itself_without_a_table(ulong value)
    {
        Assert.That(_numbers.ToNumber(new NodeId(value)), Is.EqualTo(value));
        Assert.That(new NodeNumbers().ToNode(_numbers.ToNumber(TreeLevel.Volume.Enter(new NodeId(value), 255))), Is.EqualTo(TreeLevel.Volume.Enter(new NodeId(value), 255)));
        Assert.That(_numbers.Windows, Is.Zero);
    }

    [Test]
    public void Nodes_that_lie_together_share_a_window()
    {
        for (ulong value = 0; value < 100_000; value++)
        {
            _numbers.ToNumber(TreeLevel.Image.Enter(new NodeId(value), 7));
        }

        Assert.That(_numbers.Windows, Is.EqualTo(1));
    }

    [Test]
    public void A_number_that_was_never_given_is_of_no_node()
    {
        ulong number = _numbers.ToNumber(new NodeId(ulong.MaxValue));
        Assert.That(
            () => _numbers.ToNode(number + (1UL << 44)),
            Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ESTALE));
        Assert.That(() => new NodeNumbers().ToNode(ulong.MaxValue), Throws.TypeOf<LinuxException>());
    }

    [Test]
    public void The_table_has_a_bound_and_what_was_given_stays_good()
    {
        ulong first = _numbers.ToNumber(TreeLevel.Subvolume.Enter(new NodeId(5), 1));
        for (ulong number = 2; number <= NodeNumbers.MaxWindows; number++)
        {
            _numbers.ToNumber(TreeLevel.Subvolume.Enter(new NodeId(5), number));
        }

        Assert.That(() => _numbers.ToNumber(TreeLevel.Subvolume.Enter(new NodeId(5), NodeNumbers.MaxWindows + 1)), Throws.TypeOf<UnsupportedFeatureException>());
        Assert.That(_numbers.ToNode(first), Is.EqualTo(TreeLevel.Subvolume.Enter(new NodeId(5), 1)));
        Assert.That(_numbers.ToNumber(TreeLevel.Subvolume.Enter(new NodeId(6), 1)), Is.EqualTo(first + 1));
    }

    [Test]
    public void Threads_agree()
    {
        Parallel.For(0, 64, i =>
        {
            for (ulong value = 0; value < 1000; value++)
            {
                NodeId node = TreeLevel.Image.Enter(new NodeId(value << 50), 1 + (value % 50));
                Assert.That(s_shared.ToNode(s_shared.ToNumber(node)), Is.EqualTo(node));
            }
        });
    }

    [Test]
    public void A_known_node_costs_no_memory()
    {
        NodeId one = TreeLevel.Image.Enter(new NodeId(8), 3);
        NodeId other = TreeLevel.Image.Enter(new NodeId(ulong.MaxValue), 4);
        ulong sum = _numbers.ToNumber(one) ^ _numbers.ToNumber(other);
        Assert.That(
            Allocations.Of(() =>
            {
                for (int i = 0; i < 10_000; i++)
                {
                    sum ^= _numbers.ToNode(_numbers.ToNumber(one)).Value ^ _numbers.ToNode(_numbers.ToNumber(other)).Value;
                }
            }),
            Is.Zero);
        GC.KeepAlive(sum);
    }

    private static ulong[] Spaces() =>
    [
        0,
        TreeLevel.Subvolume.Enter(default, 256).Space,
        TreeLevel.Volume.Enter(default, 1).Space,
        TreeLevel.Volume.Enter(default, 255).Space,
        TreeLevel.Image.Enter(default, 1).Space,
        TreeLevel.Image.Enter(TreeLevel.Volume.Enter(TreeLevel.Subvolume.Enter(default, (1UL << 40) - 1), 3), 65535).Space,
    ];
}
