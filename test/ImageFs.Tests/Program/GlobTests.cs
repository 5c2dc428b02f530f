using ImageFs.Reading;

namespace ImageFs.Tests.Program;

/// <summary>Patterns of the shell.</summary>
public sealed class GlobTests
{
    [TestCase("", "", ExpectedResult = true)]
    [TestCase("", "a", ExpectedResult = false)]
    [TestCase("*", "", ExpectedResult = true)]
    [TestCase("*", ".a/b", ExpectedResult = true)]
    [TestCase("a*b*c", "aXbYbZc", ExpectedResult = true)]
    [TestCase("a*b*c", "aXbYbZ", ExpectedResult = false)]
    [TestCase("*.conf", "a.conf", ExpectedResult = true)]
    [TestCase("*.conf", "a.conf~", ExpectedResult = false)]
    [TestCase("?", "\U0001F4BF", ExpectedResult = true)]
    [TestCase("??", "a", ExpectedResult = false)]
    [TestCase("?\udce9", "a\udce9", ExpectedResult = true)]
    [TestCase("[a-c]", "b", ExpectedResult = true)]
    [TestCase("[!a-c]", "b", ExpectedResult = false)]
    [TestCase("[^a-c]", "d", ExpectedResult = true)]
    [TestCase("[]a]", "]", ExpectedResult = true)]
    [TestCase("[!]a]", "]", ExpectedResult = false)]
    [TestCase("[a-]", "-", ExpectedResult = true)]
    [TestCase("[a", "[a", ExpectedResult = true)]
    [TestCase("[", "[", ExpectedResult = true)]
    [TestCase(@"\*", "*", ExpectedResult = true)]
    [TestCase(@"\*", "a", ExpectedResult = false)]
    [TestCase(@"[\]]", "]", ExpectedResult = true)]
    [TestCase(@"a\", @"a\", ExpectedResult = true)]
    [TestCase("[[:digit:]x]", "7", ExpectedResult = true)]
    [TestCase("[[:digit:]x]", "x", ExpectedResult = true)]
    [TestCase("[![:upper:]]", "Q", ExpectedResult = false)]
    [TestCase("[[:nothing:]]", "n", ExpectedResult = false)]
    public bool Matches_as_fnmatch_does(string pattern, string text) => new Glob(pattern).Matches(text);

    [TestCase("*.IMG", "a.img", ExpectedResult = true)]
    [TestCase("[A-C]*", "bx", ExpectedResult = true)]
    [TestCase("Ä", "ä", ExpectedResult = true)]
    public bool Case_may_not_count(string pattern, string text) => new Glob(pattern, ignoresCase: true).Matches(text);

    [Test]
    public void Many_stars_take_no_time() =>
        Assert.That(new Glob(string.Concat(Enumerable.Repeat("*a", 200)) + "b").Matches(new string('a', 5000)), Is.False);
}
