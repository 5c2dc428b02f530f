using ImageFs.FileSystems.Checking;

namespace ImageFs.Tests.FileSystems.Checking;

internal sealed class BucketSumsTests
{
    [Test]
    public void What_both_sides_state_is_even_in_any_order_and_number()
    {
        var sums = new BucketSums();
        for (ulong i = 0; i < 1000; i++)
        {
            sums.Add((int)(i % 7), BucketSums.Fact(i, i / 3), i);
        }

        for (ulong i = 999; i > 0; i--)
        {
            for (ulong times = 0; times < i; times++)
            {
                sums.Remove((int)(i % 7), BucketSums.Fact(i, i / 3));
            }
        }

        Assert.That(sums.IsEven);
        Assert.That(sums.Differences, Is.Empty);
    }

    [Test]
    public void A_fact_of_one_side_or_another_one_of_the_other_is_a_difference_in_its_bucket()
    {
        var sums = new BucketSums();
        sums.Add(3, BucketSums.Fact(1, 2));
        sums.Remove(3, BucketSums.Fact(1, 2));
        sums.Add(5, BucketSums.Fact(1, 2));
        sums.Remove(5, BucketSums.Fact(2, 1));
        sums.Add(9, BucketSums.Fact(4));
        Assert.That(sums.IsEven, Is.False);
        Assert.That(sums.Differences, Is.EqualTo((int[])[5, 9]));
        Assert.That((sums.IsEvenAt(3), sums.IsEvenAt(5)), Is.EqualTo((true, false)));
    }
}
