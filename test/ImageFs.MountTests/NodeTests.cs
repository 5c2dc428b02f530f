using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>What a mounted tree must hold beyond what isofs shows, or unlike it.</summary>
internal sealed class NodeTests
{
    [Test]
    public void Readdir_tells_the_inode_number_and_type_that_stat_tells([Values("rockridge", "deep-xorriso", "joliet", "zisofs1")] string name)
    {
        using var mount = ImageMount.Mount(TestImages.Get(name));
        Assert.That(mount.List().Entries.Where(entry => entry["readdir"] is not null), Is.Empty);
    }

    [Test]
    public void Hard_links_share_an_inode_number_and_nothing_else_does()
    {
        using var mount = ImageMount.Mount(TestImages.Get("rockridge"));
        string[][] shared =
        [
            .. mount.List().Entries
                .Where(entry => !entry.IsDirectory)
                .GroupBy(entry => entry["ino"])
                .Where(group => group.Count() > 1)
                .Select(group => group.Select(entry => entry.Path).ToArray()),
        ];
        Assert.That(
            shared,
            Is.EquivalentTo(new string[][] { ["/hard/pair-two", "/pair-one"], ["/hard/triple-one", "/hard/triple-two", "/triple-three"] }));
    }

    [TestCase("time-1900", "-2208988800.000000000")]
    [TestCase("time-1901", "-2147483648.000000000")]
    [TestCase("time-1969", "-1.000000000")]
    [TestCase("time-2038", "2147483648.000000000")]
    [TestCase("time-2106", "4294967296.000000000")]
    [TestCase("time-2155", "5869583999.000000000")]
    [TestCase("time-east", "320947567.000000000")]
    [TestCase("time-west", "321037567.000000000")]
    public void A_time_is_that_of_the_record_however_far_off(string name, string time)
    {
        using var mount = ImageMount.Mount(TestImages.Get("rockridge"));
        Assert.That(mount.List()[$"/times/{name}"]["mtime"], Is.EqualTo(time));
    }

    [Test]
    public void A_name_may_be_as_long_as_linux_allows()
    {
        // isofs cuts names of more than 253 bytes at the end of an NM entry; xorriso and bsdtar do not.
        using var mount = ImageMount.Mount(TestImages.Get("longest-names"));
        string[] expected = [.. new[] { 250, 253, 254, 255 }.Select(length => $"/{length}-".PadRight(length + 1, 'n'))];
        Assert.That(mount.List().Entries.Where(entry => entry.IsFile).Select(entry => entry.Path), Is.EqualTo(expected));
    }

    [Test]
    public void Inode_numbers_are_the_same_from_mount_to_mount()
    {
        string image = TestImages.Get("rockridge");
        string[] first = Inodes(image);
        Assert.That(Inodes(image), Is.EqualTo(first));
    }

    [Test]
    public void Zisofs_of_either_version_gives_the_plain_bytes([Values("zisofs1", "zisofs2")] string name)
    {
        using var mount = ImageMount.Mount(TestImages.Get(name));
        TreeListing listing = mount.List();
        Assert.That(Below(listing, "/packed/"), Is.EqualTo(Below(listing, "/plain/")).And.Length.EqualTo(5));
    }

    [Test]
    public void Zisofs_gives_the_right_bytes_from_any_offset([Values(0, 1, 32767, 32768, 65536, 131073, 199999, 200000)] int offset)
    {
        using var mount = ImageMount.Mount(TestImages.Get("zisofs1"));
        const string Script = "dd if=\"$1\" iflag=skip_bytes bs=7001 count=2 skip=\"$2\" status=none | sha256sum";
        string packed = Tool.Shell(Script, mount["packed/text"], $"{offset}").Succeeded().Text;
        Assert.That(packed, Is.EqualTo(Tool.Shell(Script, mount["plain/text"], $"{offset}").Succeeded().Text));
    }

    private static string[] Inodes(string image)
    {
        using var mount = ImageMount.Mount(image);
        return [.. mount.List().Entries.Select(entry => $"{entry.Path} {entry["ino"]}")];
    }

    private static string[] Below(TreeListing listing, string folder) =>
    [
        .. listing.Entries
            .Where(entry => entry.Path.StartsWith(folder, StringComparison.Ordinal))
            .Select(entry => $"{entry.Path[folder.Length..]} {entry["size"]} {entry["sha256"]}"),
    ];
}
