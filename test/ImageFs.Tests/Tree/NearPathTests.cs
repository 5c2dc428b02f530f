using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.Tree;

public sealed class NearPathTests
{
    private static readonly LinkTree s_disk = new("etc/hostname", "etc/hosts", "live/filesystem.squashfs", "usr/bin/vi", "bin -> usr/bin");

    private static readonly string[] s_mounted = ["/mnt/iso", "/mnt/deep/debian", "/", "/srv/debian.iso", "https://host/debian.iso", "-"];

    [TestCase("etc/hostnam", ExpectedResult = "etc/hostname")]
    [TestCase("/ect/hosts", ExpectedResult = "/etc/hosts")]
    [TestCase("ect/nothing", ExpectedResult = "etc")]
    [TestCase("bin/vo", ExpectedResult = "bin/vi")]
    [TestCase("live/filesystem.sqashfs/etc", ExpectedResult = "live/filesystem.squashfs")]
    [TestCase("live//filesystem.sqashfs", ExpectedResult = "live//filesystem.squashfs")]
    [TestCase("etc/hosts", ExpectedResult = null, Description = "it is there")]
    [TestCase("etc/hosts/x", ExpectedResult = null, Description = "a file has nothing in it")]
    [TestCase("etc/frobnicate", ExpectedResult = null)]
    [TestCase("/", ExpectedResult = null)]
    public string? In_a_tree_it_is_the_nearest_name_in_the_deepest_directory(string path) => NearPath.Find(s_disk, path);

    [TestCase("2-dosk", ExpectedResult = null, Description = "the names of volumes are told anyway")]
    [TestCase("2-dosk/etc/hosts", ExpectedResult = "2-disk/etc/hosts")]
    [TestCase("2-disk/etc/host", ExpectedResult = "2-disk/etc/hosts")]
    public string? Of_several_volumes_too(string path) => NearPath.Find(new VolumeTree([("1-other", new LinkTree("file")), ("2-disk", s_disk)]), path);

    [TestCase("/mnt/is", ExpectedResult = "/mnt/iso")]
    [TestCase("/mmt/iso", ExpectedResult = "/mnt/iso")]
    [TestCase("/mnt/deep/debain", ExpectedResult = "/mnt/deep/debian")]
    [TestCase("/srv/debain.iso", ExpectedResult = "/srv/debian.iso")]
    [TestCase("https://host/debain.iso", ExpectedResult = "https://host/debian.iso")]
    [TestCase("/mnt/dep", ExpectedResult = null, Description = "a folder on the way is none of them")]
    [TestCase("/mnt/deep", ExpectedResult = null)]
    [TestCase("/", ExpectedResult = null)]
    [TestCase("", ExpectedResult = null)]
    [TestCase("/home/frobnicate", ExpectedResult = null)]
    public string? Among_paths_it_is_one_of_them(string path) => NearPath.Among(path, s_mounted);

    [Test]
    public void Among_none_there_is_none() => Assert.That(NearPath.Among("/", []), Is.Null);
}
