using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

public sealed class ExtentMapTests
{
    private const long GiB = 1L << 30;

    [Test]
    public void Runs_that_follow_each_other_become_one()
    {
        ExtentMap map = new ExtentMapBuilder().AppendMapped(100, 1000).AppendMapped(50, 1100).AppendMapped(50, 2000).Build();

        Assert.That(map.Extents.ToArray(), Is.EqualTo((Extent[])[Extent.Mapped(0, 150, 1000), Extent.Mapped(150, 50, 2000)]));
    }

    [Test]
    public void Holes_at_start_middle_and_end_are_kept()
    {
        ExtentMap map = new ExtentMapBuilder().PadTo(10).AppendMapped(5, 77).PadTo(20).AppendMapped(5, 99).Build(30);

        Assert.That(
            map.Extents.ToArray(),
            Is.EqualTo((Extent[])[Extent.Hole(0, 10), Extent.Mapped(10, 5, 77), Extent.Hole(15, 5), Extent.Mapped(20, 5, 99), Extent.Hole(25, 5)]));
    }

    [Test]
    public void Addresses_past_4_GiB_are_kept_whole()
    {
        ExtentMap map = new ExtentMapBuilder().AppendMapped(4 * GiB, 6 * GiB).AppendMapped(4 * GiB, 20 * GiB).Build();

        Assert.That(map.Find((4 * GiB) - 1, 10), Is.EqualTo(Extent.Mapped((4 * GiB) - 1, 1, (10 * GiB) - 1)));
        Assert.That(map.Find(4 * GiB, 10), Is.EqualTo(Extent.Mapped(4 * GiB, 10, 20 * GiB)));
    }

    [Test]
    public void A_run_that_would_overlap_is_refused() =>
        Assert.That(() => new ExtentMapBuilder().AppendMapped(10, 0).PadTo(9), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase(-1)]
    [TestCase(100)]
    public void An_offset_outside_is_refused(long offset)
    {
        ExtentMap map = new ExtentMapBuilder().AppendMapped(100, 0).Build();
        Assert.That(() => map.Find(offset, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void An_empty_map_has_no_extents() => Assert.That(new ExtentMapBuilder().Build().Extents.Length, Is.Zero);
}
