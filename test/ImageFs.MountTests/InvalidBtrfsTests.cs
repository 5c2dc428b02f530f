using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Damaged Btrfs: what is wrong is said, and the rest goes on working.</summary>
internal sealed class InvalidBtrfsTests
{
    private const int Limit = Limits.Test;
    private const string InputOutput = "5";
    private const string Damaged = "117";

    [TestCase("btrfs-super-sum", @"super block at 0x10000: .+ \(btrfs_super_block\)")]
    [TestCase("btrfs-no-nodes", @"super block at 0x10000: .+ \(btrfs_super_block\)")]
    [TestCase("btrfs-chunks-past-end", "logical address 0x[0-9A-F]+ lie on device 1 .+")]
    [CancelAfter(Limit)]
    public void A_damaged_volume_is_refused_and_it_is_said_where(string name, string problem)
    {
        string error = DamagedImage.Refusal(name, out string image);
        Assert.That(error, Does.Match($"^imagefs: {Regex.Escape(image)}: .*{problem}\n$"));
    }

    [TestCase("btrfs-node-sum", "/volume", Damaged, @"node of tree 256 at 0x[0-9A-F]+: .+ \(btrfs_header\)")]
    [TestCase("btrfs-tree-loop", "/volume", Damaged, @"node of tree 256 at 0x[0-9A-F]+: .+ \(btrfs_header\)")]
    [TestCase("btrfs-extent-past-end", "/compressed", Damaged, @"logical address at 0x10000000000: .+ \(btrfs_chunk\)")]
    [TestCase("btrfs-bomb", "/compressed", Damaged, @"btrfs_file_extent_item of tree 5 at 0x[0-9A-F]+: .+ \(btrfs_file_extent_item\)")]
    [TestCase("btrfs-is-its-parent", "/directory", InputOutput, "")]
    [CancelAfter(Limit)]
    public void A_damaged_part_fails_alone_and_the_log_says_where(string name, string part, string errno, string problem)
    {
        TreeListing listing = DamagedImage.List(name, out string log);
        TreeListing sound = Sound();
        TreeEntry hurt = listing[part];
        Assert.That(hurt["error"] ?? hurt["sha256"]?.TrimStart('!'), Is.EqualTo(errno));
        Assert.That(listing.Where(IsOther).DifferencesFrom(sound.Where(IsOther), Facts.Recorded), Is.Empty);
        Assert.That(log, Does.Match(problem));

        bool IsOther(TreeEntry entry) => entry.Path != part && !entry.Path.StartsWith($"{part}/", StringComparison.Ordinal);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_name_with_a_slash_is_left_out_and_told_of()
    {
        TreeListing listing = DamagedImage.List("btrfs-name", out string log);
        Assert.That(listing["/"]["list"], Is.EqualTo($"!{Damaged}"));
        Assert.That(listing.Where(IsFile).DifferencesFrom(Sound().Where(IsFile), Facts.Recorded), Is.Empty);
        Assert.That(log, Does.Match("directory entry at 0x[0-9A-F]+: its name \"dir/ctory\" .+ \\(btrfs_dir_item\\)"));

        static bool IsFile(TreeEntry entry) => entry.Path is "/file" or "/compressed" or "/volume" or "/snapshot" or "/volume/file";
    }

    private static TreeListing Sound()
    {
        using var mount = ImageMount.Mount(TestImages.Get("btrfs/sha256"));
        return mount.List();
    }
}
