using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>A mounted tree against readers that are not Linux, on images on which they and Linux agree.</summary>
internal sealed class SecondReaderTests
{
    [Test]
    public void The_tree_is_what_xorriso_extracts(
        [Values("sample", "rockridge-joliet", "joliet-utf16", "deep-xorriso", "eltorito", "isohybrid", "longest-names", "grub-rescue-cdrom")] string name) =>
        Compare(name, Xorriso.List(TestImages.Get(name)));

    [Test]
    public void The_tree_is_what_bsdtar_extracts([Values("sample", "rockridge-joliet", "eltorito", "grub-rescue-cdrom")] string name) =>
        Compare(name, Bsdtar.List(TestImages.Get(name)));

    [TestCase("sample", "", "-R")]
    [TestCase("grub-rescue-cdrom", "", "-R")]
    [TestCase("level1", "map=o")]
    [TestCase("joliet", "", "-J")]
    public void The_names_are_those_of_isoinfo(string name, string options, params string[] names)
    {
        string image = TestImages.Get(name);
        using var mount = ImageMount.Mount(image, options);
        IEnumerable<string> paths = mount.List().Entries.Select(entry => entry.Path).Where(path => path != "/");
        IEnumerable<string> expected = Isoinfo.Paths(image, names).Select(path => TreeListing.Escape(System.Text.Encoding.UTF8.GetBytes(path)));
        Assert.That(paths, Is.EquivalentTo(expected));
    }

    private static void Compare(string name, TreeListing expected)
    {
        using var mount = ImageMount.Mount(TestImages.Get(name));
        Assert.That(mount.List().DifferencesFrom(expected, Facts.All), Is.Empty);
    }
}
