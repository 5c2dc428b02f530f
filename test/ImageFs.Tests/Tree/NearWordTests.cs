using ImageFs.Tree;

namespace ImageFs.Tests.Tree;

public sealed class NearWordTests
{
    // Those of the literature; of the last the form that changes no letter twice says 3, where the other says 2.
    [TestCase("kitten", "sitting", ExpectedResult = 3)]
    [TestCase("saturday", "sunday", ExpectedResult = 3)]
    [TestCase("teh", "the", ExpectedResult = 1)]
    [TestCase("hosnta", "hostna", ExpectedResult = 1)]
    [TestCase("ca", "abc", ExpectedResult = 3)]
    [TestCase("", "abc", ExpectedResult = 3)]
    [TestCase("README", "readme", ExpectedResult = 0)]
    [TestCase("same", "same", ExpectedResult = 0)]
    public int Distances_are_those_of_the_literature(string one, string other)
    {
        Assert.That(NearWord.Distance(other, one, limit: 9), Is.EqualTo(NearWord.Distance(one, other, limit: 9)));
        return NearWord.Distance(one, other, limit: 9);
    }

    [Test]
    public void A_limit_changes_nothing_within_it()
    {
        string[] words = ["mount", "mounts", "umount", "manifest", "extents", "extract", "export", "ls", "", "tree", "mountain", "tnuom"];
        foreach (string one in words)
        {
            foreach (string other in words)
            {
                int distance = NearWord.Distance(one, other, limit: 99);
                for (int limit = 0; limit < 10; limit++)
                {
                    int limited = NearWord.Distance(one, other, limit);
                    Assert.That(distance <= limit ? limited == distance : limited > limit, $"{one}, {other}, {limit}");
                }
            }
        }
    }

    [TestCase("mout", ExpectedResult = "mount")]
    [TestCase("EXTENTS", ExpectedResult = "extents")]
    [TestCase("lz", ExpectedResult = "ls")]
    [TestCase("xy", ExpectedResult = null)]
    [TestCase("x", ExpectedResult = null)]
    [TestCase("frobnicate", ExpectedResult = null)]
    [TestCase("", ExpectedResult = null)]
    public string? The_nearest_is_found_where_one_is_near(string word) => NearWord.Find(word, ["ls", "umount", "mount", "extents", "extract"]);
}
