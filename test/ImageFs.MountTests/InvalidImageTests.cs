using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Damaged ISO images: an error that says what and where, never a hang, a crash or a wrong byte, and no harm to what is sound.</summary>
internal sealed class InvalidImageTests
{
    private const int MountFailure = 32;
    private static readonly string[] s_errors = ["!117", "!5"];
    private static readonly Lazy<TreeListing> s_good = new(() => ListOf("invalid/good"));
    private static readonly Lazy<TreeListing> s_goodZisofs = new(() => ListOf("zisofs1"));

    [TestCase("block-size-zero")]
    [TestCase("block-size-odd")]
    [TestCase("root-past-end")]
    [TestCase("root-zeroed")]
    [TestCase("cut-in-descriptor")]
    [TestCase("no-primary")]
    public void A_damaged_volume_is_refused_with_structure_address_and_clause(string name)
    {
        string error = Refused(name);
        Assert.That(error, Does.Match(@"0x[0-9a-f]+").And.Match(@"\((ECMA-119|ISO 9660|SUSP|RRIP)[^)]* \d[\d.]*\)"));
    }

    [TestCase("no-descriptors")]
    [TestCase("cut-before-descriptors")]
    [TestCase("empty")]
    [TestCase("text")]
    public void What_is_no_image_is_refused(string name) => Assert.That(Refused(name), Does.Match("empty|known|recogni|no file system"));

    [TestCase("record-too-short", "/bad")]
    [TestCase("name-past-record", "/bad")]
    [TestCase("directory-past-end", "/bad")]
    [TestCase("directory-size-huge", "/bad")]
    public void A_damaged_directory_fails_alone(string name, string directory)
    {
        TreeListing listing = ListOf($"invalid/{name}");
        Assert.That(Fails(listing[directory]), $"{directory} has an error");
        AssertTheRestIsGood(listing, directory);
    }

    [Test]
    public void A_directory_that_is_its_own_parent_does_no_harm_to_the_others() =>
        AssertTheRestIsGood(ListOf("invalid/directory-is-its-parent"), "/bad");

    [TestCase("file-past-end", "/bad/other")]
    [TestCase("file-size-huge", "/bad/other")]
    [TestCase("cut-in-file", "/top")]
    public void A_damaged_file_fails_alone(string name, string path)
    {
        TreeListing listing = ListOf($"invalid/{name}");
        Assert.That(listing.Contains(path), $"{path} is missing");
        Assert.That(Fails(listing[path]), $"{path} has an error");
        AssertTheRestIsGood(listing, path);
    }

    [TestCase("continuation-loop")]
    [TestCase("continuation-past-end")]
    [TestCase("continuation-offset-huge")]
    public void A_link_whose_entries_are_lost_fails_alone(string name)
    {
        // Its Rock Ridge name may be lost with them.
        TreeListing listing = ListOf($"invalid/{name}");
        TreeEntry[] links = [.. listing.Entries.Where(entry => entry.Path is "/good/long-link" or "/good/long_link")];
        Assert.That(links, Has.Length.EqualTo(1), $"names of the link; the directory: {listing["/good"]["list"]}");
        TreeEntry link = links[0];
        Assert.That(Fails(link), $"{link.Path} has an error");
        AssertTheRestIsGood(listing.Where(entry => entry != link), "/good/long-link");
    }

    [Test]
    public void A_root_whose_record_is_no_directorys_is_what_isofs_shows() =>
        Assert.That(
            ListOf("invalid/root-is-a-file").DifferencesFrom(LinuxReader.List(TestImages.Get("invalid/root-is-a-file"))!, Facts.All), Is.Empty);

    [Test]
    public void A_file_whose_last_extent_is_missing_is_not_given_as_whole()
    {
        TreeListing listing = ListOf("invalid/multi-extent-unfinished");
        string? error = listing["/bad"]["list"];
        Assert.That(error is not null || Fails(listing["/bad/other"]));
        AssertTheRestIsGood(listing, error is null ? "/bad/other" : "/bad");
    }

    [TestCase("entry-length-zero")]
    [TestCase("entry-past-record")]
    public void A_damaged_system_use_entry_gives_an_error_or_what_isofs_gives(string name)
    {
        TreeListing listing = ListOf($"invalid/{name}");
        AssertTheRestIsGood(listing, "/bad/other");
        if (listing.Contains("/bad/other") && !Fails(listing["/bad/other"]))
        {
            TreeListing expected = LinuxReader.List(TestImages.Get($"invalid/{name}"))!;
            Assert.That(listing.DifferencesFrom(expected, Facts.All), Is.Empty);
        }
    }

    [Test]
    public void Of_a_file_that_is_cut_short_what_is_left_reads_well_and_the_rest_is_an_error()
    {
        string whole = TestImages.Get("invalid/good");
        using var good = ImageMount.Mount(whole);
        using var cut = ImageMount.Mount(TestImages.Get("invalid/cut-in-file"));
        const string Head = "dd if=\"$1\" bs=2048 count=6 iflag=direct status=none | sha256sum";
        Assert.That(Tool.Shell(Head, cut["top"]).Text, Is.EqualTo(Tool.Shell(Head, good["top"]).Text));
        ToolResult tail = Tool.Shell("dd if=\"$1\" bs=2048 skip=10 status=none", cut["top"]);
        Assert.That(tail.Error, Does.Contain("Input/output error"));
        Assert.That(tail.Output, Is.Empty);
    }

    [TestCase("zisofs-bad-header")]
    [TestCase("zisofs-bad-pointer")]
    [TestCase("zisofs-bad-data")]
    public void Damaged_zisofs_gives_an_error_or_the_right_bytes(string name)
    {
        TreeListing listing = ListOf($"invalid/{name}");
        TreeListing sound = listing.Where(entry => !Fails(entry));
        TreeListing expected = s_goodZisofs.Value.Where(entry => sound.Contains(entry.Path));
        Assert.That(sound.DifferencesFrom(expected, Facts.All), Is.Empty);
        Assert.That(listing.Count, Is.EqualTo(s_goodZisofs.Value.Count));
        int damaged = listing.Count - sound.Count;
        Assert.That(damaged, Is.EqualTo(1).Or.Zero);
        Assert.That(damaged, name == "zisofs-bad-header" ? Is.LessThan(2) : Is.EqualTo(1));
    }

    [Test]
    public void A_damaged_image_does_not_end_the_server([Values("continuation-loop", "directory-size-huge", "file-past-end")] string name)
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get($"invalid/{name}"));
        mount.List();
        Assert.That(mount.Server!.HasExited, Is.False);
        mount.Unmount().Succeeded();
    }

    [Test]
    public void Every_image_has_its_test()
    {
        string folder = Path.Combine(TestImages.Sources, "test", "ImageFs.MountTests");
        string source = string.Concat(Directory.GetFiles(folder, "Invalid*Tests.cs").Select(File.ReadAllText));
        Assert.That(TestImages.Names("invalid").Where(name => !source.Contains(Path.GetFileName(name), StringComparison.Ordinal)), Is.Empty);
    }

    private static string Refused(string name)
    {
        string image = TestImages.Get($"invalid/{name}");
        (ToolResult said, bool mounted) = ImageMount.TryMount(image);
        Assert.That(mounted, Is.False);
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure), said.Error);
        string[] lines = said.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(1));
        Assert.That(lines[0], Does.Match($"^imagefs: {Regex.Escape(image)}: "));
        return lines[0];
    }

    private static TreeListing ListOf(string name)
    {
        using var mount = ImageMount.Mount(TestImages.Get(name));
        return mount.List();
    }

    private static bool Fails(TreeEntry entry) =>
        s_errors.Any(error => $"!{entry["error"]}" == error || new[] { "sha256", "target", "list" }.Any(fact => entry[fact] == error));

    private static void AssertTheRestIsGood(TreeListing listing, string damaged)
    {
        bool IsSound(TreeEntry entry) => entry.Path != damaged && !entry.Path.StartsWith($"{damaged}/", StringComparison.Ordinal);
        Assert.That(listing.Where(IsSound).DifferencesFrom(s_good.Value.Where(IsSound), Facts.All), Is.Empty);
    }
}
