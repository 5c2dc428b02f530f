using ImageFs.Storage.Checking;

namespace ImageFs.Tests.Storage.Checking;

internal sealed class CellMapTests
{
    private const long Cells = 200_003;

    [Test]
    public void A_cell_is_set_once_and_can_be_cleared()
    {
        var map = new CellMap(Cells);
        foreach (long cell in (long[])[0, 63, 64, 65_535, 65_536, Cells - 1])
        {
            Assert.That((map[cell], map.Set(cell), map[cell], map.Set(cell)), Is.EqualTo((false, false, true, true)));
            map.Clear(cell);
            Assert.That(map[cell], Is.False);
        }

        map.Clear(100_000);
        Assert.That(map.Runs(areSet: true), Is.Empty);
    }

    [Test]
    public void Runs_are_what_was_set_and_what_was_not_to_the_last_cell()
    {
        var random = new Random(3);
        var map = new CellMap(Cells);
        var expected = new List<(long, long)>();
        for (long at = 0; at < Cells;)
        {
            long length = Math.Min(Cells - at, random.NextInt64(1, random.Next(4) == 0 ? 70_000 : 130));
            bool isSet = expected.Count % 2 == 1;
            for (long i = 0; isSet && i < length; i++)
            {
                map.Set(at + i);
            }

            expected.Add((at, length));
            at += length;
        }

        Assert.That(map.Runs(areSet: false), Is.EqualTo(expected.Where((_, i) => i % 2 == 0)));
        Assert.That(map.Runs(areSet: true), Is.EqualTo(expected.Where((_, i) => i % 2 == 1)));
    }
}
