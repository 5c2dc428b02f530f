using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>The outside readers against each other, without ImageFs: so that a test which fails on them is about ImageFs.</summary>
internal sealed class OracleTests
{
    [Test]
    public void Isofs_and_xorriso_agree_on_rock_ridge([Values("sample", "rockridge-joliet", "deep-xorriso", "eltorito")] string name)
    {
        string image = TestImages.Get(name);
        Assert.That(LinuxReader.List(image, "nojoliet")!.DifferencesFrom(Xorriso.List(image), Facts.All), Is.Empty);
    }

    [Test]
    public void Isofs_and_bsdtar_agree_on_rock_ridge([Values("sample", "rockridge-joliet", "eltorito")] string name)
    {
        string image = TestImages.Get(name);
        Assert.That(LinuxReader.List(image, "nojoliet")!.DifferencesFrom(Bsdtar.List(image), Facts.All), Is.Empty);
    }

    [Test]
    public void Isofs_refuses_an_option_that_it_does_not_know() =>
        Assert.That(LinuxReader.List(TestImages.Get("sample"), "no-such-option"), Is.Null);

    [Test]
    public void A_name_of_any_bytes_survives()
    {
        TreeListing listing = LinuxReader.List(TestImages.Get("rockridge"))!;
        Assert.That(listing.Contains(@"/new\x0aline"));
        Assert.That(listing.Contains(@"/invalid-utf8-\xff\xfe"));
        Assert.That(listing.Contains(@"/back\x5cslash"));
    }

    [Test]
    public void A_difference_is_told_by_path_and_fact()
    {
        TreeListing expected = TreeListing.Parse(["/ mode=40755", "/a mode=100444", "/gone mode=100444"]);
        TreeListing actual = TreeListing.Parse(["/ mode=40755", "/a mode=100644", "/new mode=100444"]);
        Assert.That(
            actual.DifferencesFrom(expected, Facts.All),
            Is.EqualTo(new[] { "/new: not expected", "/a: mode 100644 expected 100444", "/gone: missing" }));
    }

    [Test]
    public void Escaping_and_unescaping_give_the_same_bytes()
    {
        byte[] bytes = [.. Enumerable.Range(1, 255).Select(b => (byte)b)];
        Assert.That(TreeListing.Unescape(TreeListing.Escape(bytes)), Is.EqualTo(bytes));
    }
}
