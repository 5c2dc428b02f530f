using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Damaged SquashFS images: an error that says what and where, and no harm to what is sound.</summary>
internal sealed class InvalidSquashFsTests
{
    private const int Limit = Limits.Test;

    // The error number of a part, and of what the kernel finds by itself: a directory in itself.
    private const string Loop = "40";
    private const string Damaged = "117";

    [TestCase("squashfs-block-size", @"super block at 0x0: .+ \(squashfs_super_block\)")]
    [TestCase("squashfs-tables-past-end", @"super block at 0x0: .+ \(squashfs_super_block\)")]
    [TestCase("squashfs-ids", @"super block at 0x0: .+ \(squashfs_super_block\)")]
    [TestCase("squashfs-root-past-end", @"inode table at 0x[0-9A-F]+: .+ \(squashfs_inode\)")]
    [TestCase("squashfs-version", "not supported: SquashFS 5\\.0")]
    [CancelAfter(Limit)]
    public void A_file_system_that_cannot_be_read_is_refused_with_structure_address_and_clause(string name, string problem)
    {
        string error = DamagedImage.Refusal(name, out string image);
        Assert.That(error, Does.Match($"^imagefs: {Regex.Escape(image)}: {problem}\n$"));
    }

    [TestCase("squashfs-data", "/bad/other", Damaged, @"data block at 0x[0-9A-F]+: .+ \(squashfs_inode\)")]
    [TestCase("squashfs-bomb", "/bad/other", Damaged, @"data block at 0x[0-9A-F]+: .+ \(squashfs_inode\)")]
    [TestCase("squashfs-file-size", "/bad/other", Damaged, @"inode at 0x[0-9A-F]+: .+ \(squashfs_inode\)")]
    [TestCase("squashfs-block-past-end", "/bad/other", Damaged, @"inode at 0x[0-9A-F]+: .+ \(squashfs_inode\)")]
    [TestCase("squashfs-inode-type", "/bad/other", Damaged, @"inode at 0x[0-9A-F]+: .+ \(squashfs_inode\)")]
    [TestCase("squashfs-owner", "/bad/other", Damaged, @"inode at 0x[0-9A-F]+: .+ \(squashfs_inode\)")]
    [TestCase("squashfs-is-its-parent", "/bad/other", Loop, "")]
    [CancelAfter(Limit)]
    public void A_damaged_part_fails_alone_and_the_log_says_where(string name, string part, string errno, string problem)
    {
        TreeListing listing = DamagedImage.List(name, out string log);
        TreeEntry hurt = listing[part];
        Assert.That(hurt["error"] ?? hurt["sha256"]?.TrimStart('!'), Is.EqualTo(errno));
        Assert.That(listing.Where(IsOther).DifferencesFrom(Sound().Where(IsOther), Facts.Recorded), Is.Empty);
        Assert.That(log, Does.Match(problem));

        bool IsOther(TreeEntry entry) => entry.Path != part;
    }

    [TestCase("squashfs-name", "directory entry at 0x[0-9A-F]+: its name \"oth/r\" .+ \\(squashfs_dir_entry\\)")]
    [TestCase("squashfs-count", @"directory header at 0x[0-9A-F]+: .+ 1001 entries \(squashfs_dir_header\)")]
    [CancelAfter(Limit)]
    public void A_damaged_directory_is_told_and_the_others_are_as_they_were(string name, string problem)
    {
        TreeListing listing = DamagedImage.List(name, out string log);
        Assert.That(listing["/bad"]["list"], Is.EqualTo($"!{Damaged}"));
        Assert.That(listing.Where(IsOther).DifferencesFrom(Sound().Where(IsOther), Facts.Recorded), Is.Empty);
        Assert.That(log, Does.Match(problem));

        static bool IsOther(TreeEntry entry) => !entry.Path.StartsWith("/bad", StringComparison.Ordinal);
    }

    [TestCase("squashfs-data")]
    [TestCase("squashfs-bomb")]
    [TestCase("squashfs-count")]
    [TestCase("squashfs-owner")]
    [TestCase("squashfs-is-its-parent")]
    [CancelAfter(Limit)]
    public void Verify_calls_none_of_them_sound(string name)
    {
        Assert.That(ImageFsProgram.Run("verify", TestImages.Get($"invalid/{name}")).ExitCode, Is.EqualTo(1));
        Assert.That(ImageFsProgram.Run("verify", TestImages.Get("invalid/squashfs-good")).ExitCode, Is.Zero);
    }

    private static TreeListing Sound()
    {
        using var mount = ImageMount.Mount(TestImages.Get("invalid/squashfs-good"));
        return mount.List();
    }
}
