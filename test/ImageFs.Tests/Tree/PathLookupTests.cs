using ImageFs.Linux;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.Tree;

/// <summary>Paths in an image, and links on the way.</summary>
public sealed class PathLookupTests
{
    private static readonly LinkTree s_disk = new(
        "etc/hostname", "etc/dir", "usr/bin/vi", "bin -> usr/bin", "vi -> /usr/bin/vi", "etc/vi -> /vi", "up -> ../../../etc/hostname", "etc/up -> ../../../../../etc/dir",
        "abs -> /", "dirlink -> etc/dir/", "filelink/ -> x", "slash -> etc/hostname/", "dot -> .", "dotted -> ./etc/./dir/..", "loop1 -> loop2", "loop2 -> /loop1",
        "dangling -> /nowhere", "empty -> ", "self -> self", "out -> ../1-other/file");

    private static readonly VolumeTree s_tree = new([("1-other", new LinkTree("file", "etc/hostname", "abs -> /file")), ("2-disk", s_disk)]);

    [TestCase("/", "")]
    [TestCase("//etc//hostname", "etc/hostname")]
    [TestCase("etc/", "etc")]
    [TestCase("etc/.", "etc")]
    [TestCase("etc/../usr/./bin", "usr/bin")]
    [TestCase("../../etc", "etc")]
    [TestCase("bin", "usr/bin")]
    [TestCase("bin/..", "usr")]
    [TestCase("bin/vi", "usr/bin/vi")]
    [TestCase("etc/vi", "usr/bin/vi")]
    [TestCase("up", "etc/hostname")]
    [TestCase("etc/up", "etc/dir")]
    [TestCase("abs/abs/bin/", "usr/bin")]
    [TestCase("dirlink", "etc/dir")]
    [TestCase("dot/dot/etc", "etc")]
    [TestCase("dotted", "etc")]
    public void Links_are_followed_in_the_volume_that_they_are_in(string path, string found)
    {
        Assert.That(s_disk.PathOf(PathLookup.Find(s_disk, path)), Is.EqualTo(found));
        NodeId node = PathLookup.Find(s_tree, $"2-disk/{path}".Replace("2-disk/../../", "2-disk/", StringComparison.Ordinal));
        Assert.That(TreeLevel.Volume.NumberOf(node), Is.EqualTo(2));
        Assert.That(s_disk.PathOf(TreeLevel.Volume.Leave(node)), Is.EqualTo(found));
    }

    [TestCase("bin", "bin")]
    [TestCase("bin/", "usr/bin")]
    [TestCase("bin/.", "usr/bin")]
    [TestCase("etc/vi", "etc/vi")]
    [TestCase("dangling", "dangling")]
    public void A_link_at_the_end_can_be_meant_itself(string path, string found) =>
        Assert.That(s_disk.PathOf(PathLookup.Find(s_disk, path, followLast: false)), Is.EqualTo(found));

    [TestCase("etc/hostname/", Errno.ENOTDIR)]
    [TestCase("etc/hostname/.", Errno.ENOTDIR)]
    [TestCase("etc/hostname/..", Errno.ENOTDIR)]
    [TestCase("slash", Errno.ENOTDIR)]
    [TestCase("vi/", Errno.ENOTDIR)]
    [TestCase("loop1", Errno.ELOOP)]
    [TestCase("self/x", Errno.ELOOP)]
    [TestCase("dangling", Errno.ENOENT)]
    [TestCase("empty", Errno.ENOENT)]
    [TestCase("out", Errno.ENOENT)]
    [TestCase("nowhere/..", Errno.ENOENT)]
    public void What_is_not_there_is_an_error_of_open(string path, Errno errno)
    {
        Assert.That(() => PathLookup.Find(s_disk, path), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(errno));
        Assert.That(() => PathLookup.Find(s_tree, $"2-disk/{path}"), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(errno));
    }

    [TestCase("hostname", "hostname")]
    [TestCase("./deep/../hostname", "hostname")]
    [TestCase("deep/down", "deep/dir")]
    public void A_path_is_followed_beneath_a_directory(string path, string found)
    {
        var tree = new LinkTree("top/etc/hostname", "top/etc/deep/dir", "top/etc/deep/down -> ../deep/dir");
        NodeId node = PathLookup.FindBeneath(tree, PathLookup.Find(tree, "top/etc"), path, out IReadOnlyList<NodeId> passed);
        Assert.That(tree.PathOf(node), Is.EqualTo($"top/etc/{found}"));
        Assert.That(passed.Select(tree.PathOf), Is.EqualTo(found.StartsWith("deep", StringComparison.Ordinal) ? ["top/etc", "top/etc/deep"] : (string[])["top/etc"]));
    }

    [TestCase("/etc/hostname")]
    [TestCase("..")]
    [TestCase("dir/../../bin")]
    [TestCase("vi")]
    [TestCase("up")]
    public void Nothing_leads_out_of_a_directory_that_binds(string path) =>
        Assert.That(
            () => PathLookup.FindBeneath(s_disk, PathLookup.Find(s_disk, "etc"), path, out _),
            Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EXDEV));

    [TestCase("2-disk/../1-other/file")]
    [TestCase("2-disk/abs/../1-other/file")]
    [TestCase("1-other/abs")]
    public void A_path_that_is_typed_goes_from_volume_to_volume(string path) =>
        Assert.That(PathLookup.Find(s_tree, path), Is.EqualTo(PathLookup.Find(s_tree, "1-other/file")));

    [TestCase(40, true)]
    [TestCase(41, false)]
    public void Forty_links_are_followed(int count, bool isFound)
    {
        var chain = new LinkTree(["0", .. Enumerable.Range(1, count).Select(number => $"{number} -> {number - 1}")]);
        Assert.That(() => PathLookup.Find(chain, $"{count}"), isFound ? Throws.Nothing : Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ELOOP));
    }
}
