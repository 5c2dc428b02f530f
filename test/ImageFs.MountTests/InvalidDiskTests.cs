using System.Globalization;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// Damaged partition tables, ext, FAT, exFAT, XFS, NTFS, cramfs, romfs, Android's images, LVM, LUKS and BitLocker: an error that says what and where, in bounded time and memory, and no harm to what is
/// sound.
/// </summary>
internal sealed class InvalidDiskTests
{
    private const int Limit = Limits.Test;
    private const int MountFailure = 32;
    private const long MostMemory = 256 << 20;
    private const string Clause = @"\((ext4: |fatgen103 |exFAT |UEFI |xfs_|linux-ntfs, |md_p|LUKS[12] |BDE, |lib/format_text|romfs|cramfs_|libsparse: |liblp: |persistent-data: )[^)]+\)";

    // The error number of a part, and of what the kernel finds by itself: a directory in itself.
    private const string InputOutput = "5";
    private const string Damaged = "117";
    private const string Loop = "40";

    [TestCase("ext-block-size", "", "super block")]
    [TestCase("ext-no-inodes", "", "super block")]
    [TestCase("ext-inodes-past-end", "", "group descriptor")]
    [TestCase("fat-no-table", "", "boot sector")]
    [TestCase("xfs-block-size", "", "super block")]
    [TestCase("xfs-no-groups", "", "super block")]
    [TestCase("xfs-super-sum", "", "super block")]
    [TestCase("ntfs-boot", "", "boot sector")]
    [TestCase("ext-block-size", "fs=ext4", "super block")]
    [TestCase("fat-no-table", "fs=vfat", "boot sector")]
    [TestCase("exfat-boot-sums", "", "main boot region")]
    [TestCase("gpt-sums", "", "GPT header")]
    [TestCase("gpt-entry-size", "", "GPT header")]
    [TestCase("gpt-entries-huge", "", "GPT header")]
    [TestCase("md-members", "", "md super block")]
    [TestCase("luks1-stripes", "", "LUKS header")]
    [TestCase("luks2-sums", "", "LUKS2 header")]
    [TestCase("bitlocker-sums", "", "BitLocker metadata")]
    [TestCase("bitlocker-moved-past-end", "", "BitLocker metadata")]
    [TestCase("romfs-sum", "", "romfs super block")]
    [TestCase("cramfs-size", "", "cramfs super block")]
    [TestCase("android-sparse-chunk-past-end", "", "android-sparse chunk")]
    [TestCase("android-super-sums", "", "super geometry")]
    [TestCase("android-super-tables", "", "super metadata")]
    [TestCase("lvm-length", "", "LVM metadata")]
    [TestCase("thin-loop", "", "thin metadata B-tree node")]
    [CancelAfter(Limit)]
    public void A_damaged_volume_or_table_is_refused_with_structure_address_and_clause(string name, string options, string structure)
    {
        string image = TestImages.Get($"invalid/{name}");
        (ToolResult said, bool mounted) = ImageMount.TryMount(image, options);
        Assert.That(mounted, Is.False);
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure), said.Error);
        Assert.That(said.Error, Does.Match($"^imagefs: {Regex.Escape(image)}: {structure} at 0x[0-9A-F]+: .+ {Clause}\n$"));
    }

    [TestCase("ext-block-size", "super block")]
    [TestCase("ext-no-inodes", "super block")]
    [TestCase("fat-no-table", "boot sector")]
    [CancelAfter(Limit)]
    public void Info_says_the_same_of_a_damaged_volume(string name, string structure)
    {
        ToolResult said = ImageFsProgram.Run("info", TestImages.Get($"invalid/{name}"));
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.Match($"{structure} at 0x[0-9A-F]+: .+ {Clause}\n$"));
    }

    [TestCase("ext-tree-loop", "/bad/other", Damaged, "extent node")]
    [TestCase("ext-file-past-end", "/bad/other", Damaged, "extent tree")]
    [TestCase("ext-file-size", "/bad/other", Damaged, "inode 14")]
    [TestCase("ext-record-zero", "/bad", Damaged, "directory entry")]
    [TestCase("ext-sum", "/bad", Damaged, "directory block")]
    [TestCase("xfs-inode-sum", "/bad", Damaged, "inode [0-9]+")]
    [TestCase("xfs-file-size", "/bad/other", Damaged, "inode [0-9]+")]
    [TestCase("xfs-extent-past-end", "/bad/other", Damaged, "inode [0-9]+")]
    [TestCase("xfs-extents-overlap", "/bad/other", Damaged, "inode [0-9]+")]
    [TestCase("xfs-tree-loop", "/bad/other", Damaged, "extent tree")]
    [TestCase("ntfs-record-torn", "/bad/other", Damaged, "file record [0-9]+")]
    [TestCase("ntfs-run-past-end", "/bad/other", Damaged, "file record [0-9]+")]
    [TestCase("ntfs-list-loop", "/bad/other", Damaged, "file record [0-9]+")]
    [TestCase("ntfs-index-torn", "/bad", Damaged, "index record")]
    [TestCase("romfs-header-loop", "/bad", Damaged, "romfs file header")]
    [TestCase("romfs-file-past-end", "/bad/other", Damaged, "romfs file header")]
    [TestCase("cramfs-pointer-past-end", "/bad/other", Damaged, "cramfs inode")]
    [TestCase("cramfs-bomb", "/bad/other", Damaged, "cramfs inode")]
    [TestCase("fat-chain-loop", "/bad/other", Damaged, "cluster chain")]
    [TestCase("fat-chain-free", "/bad/other", Damaged, "cluster chain")]
    [TestCase("fat-chain-past-end", "/bad/other", Damaged, "cluster chain")]
    [TestCase("fat-file-size", "/bad/other", Damaged, "cluster chain")]
    [TestCase("fat-directory-loop", "/bad", Damaged, "cluster chain")]
    [TestCase("exfat-chain-loop", "/docs/first", Damaged, "cluster chain")]
    [TestCase("exfat-file-size", "/docs/first", Damaged, "file directory entry")]
    [TestCase("exfat-contiguous-past-end", "/docs/deep/third", Damaged, "contiguous file")]
    [TestCase("exfat-set-sum", "/docs", Damaged, "file directory entry")]
    [CancelAfter(Limit)]
    public void A_damaged_part_fails_alone_and_the_log_says_where(string name, string part, string errno, string structure)
    {
        TreeListing listing = ListOf(name, out string log);
        AssertHurtAndSound(listing, name, part, errno);
        Assert.That(log, Does.Match($"{structure} at 0x[0-9A-F]+: .+ {Clause}"));
    }

    [TestCase("ext-cut", "/")]
    [TestCase("fat-cut", "/top")]
    [TestCase("exfat-cut", "/")]
    [CancelAfter(Limit)]
    public void Of_an_image_that_is_cut_short_what_is_gone_is_an_error(string name, string part)
    {
        TreeListing listing = ListOf(name, out string log);
        AssertHurtAndSound(listing, name, part, InputOutput);
        Assert.That(log, Does.Match("the image (only|has)").And.Match("byte 0x[0-9A-F]+ lies beyond the end of the image"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void An_image_that_ends_before_its_root_directory_is_refused_and_called_cut_short()
    {
        string image = TestImages.Get("invalid/xfs-cut");
        (ToolResult said, bool mounted) = ImageMount.TryMount(image);
        Assert.That(mounted, Is.False);
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure), said.Error);
        Assert.That(said.Error, Does.Contain("it is cut short").And.Match("byte 0x[0-9A-F]+ lies beyond the end of the image"));
    }

    [TestCase("ext-is-its-parent", "/bad/bad")]
    [TestCase("fat-is-its-parent", "/bad/other/other")]
    [TestCase("xfs-is-its-parent", "/bad/other")]
    [TestCase("ntfs-is-its-parent", "/bad/other")]
    [TestCase("cramfs-is-its-parent", "/bad/other/other")]
    [CancelAfter(Limit)]
    public void A_directory_that_is_in_itself_has_an_end(string name, string again)
    {
        TreeListing listing = ListOf(name, out _);
        Assert.That(listing[again]["error"] ?? listing[again]["list"], Does.EndWith(Loop));
        TreeListing good = Good(name);
        Assert.That(listing.Where(IsSound).DifferencesFrom(good.Where(IsSound), Facts.All), Is.Empty);

        static bool IsSound(TreeEntry entry) => !entry.Path.StartsWith("/bad", StringComparison.Ordinal);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_table_that_is_too_short_for_its_volume_gives_errors_and_no_wrong_bytes()
    {
        // All clusters are at other places than they were.
        TreeListing good = Good("fat");
        TreeListing listing = ListOf("fat-table-too-short", out string log);
        Assert.That(listing.Entries.Where(entry => entry.IsFile && good.Contains(entry.Path)).Select(entry => entry["sha256"]), Is.All.StartWith("!"));
        Assert.That(log, Does.Match($"cluster chain at 0x[0-9A-F]+: .+ {Clause}"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void An_up_case_table_that_is_damaged_is_warned_of_and_the_tree_is_whole()
    {
        TreeListing listing = ListOf("exfat-upcase-sum", out string log);
        Assert.That(listing.DifferencesFrom(Good("exfat"), Facts.All), Is.Empty);
        Assert.That(log, Does.Match($"up-case table at 0x[0-9A-F]+: .+ {Clause}"));
    }

    [TestCase("gpt-primary-sum", "GPT header at 0x200: its checksum is wrong; the backup at 0xFFE00 is used", "1-ext", "2-TEST LABEL")]
    [TestCase("gpt-partition-past-end", "", "1-ext", "2-TEST LABEL")]
    [TestCase("mbr-logical-loop", "extended boot record at 0x[0-9A-F]+ leads backward to 0x[0-9A-F]+", "1-ext", "5-TEST LABEL")]
    [TestCase("mbr-logical-past-end", "extended boot record at 0x[0-9A-F]+ lies beyond the end of the disk", "1-ext", "5-TEST LABEL")]
    [TestCase("mbr-partition-past-end", "", "1-ext", "5-TEST LABEL")]
    [CancelAfter(Limit)]
    public void What_is_sound_in_a_damaged_table_is_shown(string name, string warning, params string[] directories)
    {
        TreeListing listing = ListOf(name, out string log);
        string[] top = [.. listing.Entries.Where(entry => entry.Path.LastIndexOf('/') == 0 && entry.Path != "/").Select(entry => entry.Path)];
        Assert.That(top, Has.Length.EqualTo(directories.Length));
        Assert.That(top.Zip(directories), Is.All.Matches<(string Told, string Expected)>(pair => pair.Told.StartsWith($"/{TreeListing.Escape(System.Text.Encoding.UTF8.GetBytes(pair.Expected))}", StringComparison.Ordinal)));
        Assert.That(listing.DifferencesFrom(Good(name), Facts.All), Is.Empty);
        Assert.That(log, Does.Match(warning));
    }

    // All that there is of a mount is read, and the server has not grown nor ended by it.
    private static TreeListing ListOf(string name, out string log)
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get($"invalid/{name}"));
        TreeListing listing = mount.List();
        string status = File.ReadAllText($"/proc/{mount.Server!.Id}/status");
        long kibibytes = long.Parse(Regex.Match(status, @"VmHWM:\s+(\d+) kB").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.That(kibibytes << 10, Is.LessThan(MostMemory));
        mount.Unmount().Succeeded();
        log = mount.Server.StandardError.ReadToEnd();
        return listing;
    }

    private static TreeListing Good(string name)
    {
        string image = name.Split('-')[0] switch
        {
            "ext" => "invalid/ext-good",
            "fat" => "invalid/fat-good",
            "gpt" => "invalid/gpt-good",
            "mbr" => "invalid/mbr-good",
            "xfs" => "invalid/xfs-good",
            "romfs" => "invalid/romfs-good",
            "cramfs" => "invalid/cramfs-good",
            "ntfs" => "ntfs/tree",
            _ => "exfat/filled",
        };
        using var mount = ImageMount.Mount(TestImages.Get(image));
        return mount.List();
    }

    private static void AssertHurtAndSound(TreeListing listing, string name, string part, string errno)
    {
        TreeListing hurt = listing.Where(entry => new[] { $"!{entry["error"]}", entry["list"], entry["sha256"] }.Contains($"!{errno}"));
        Assert.That(hurt.Count, Is.Positive);
        Assert.That(hurt.Where(IsSound).Entries, Is.Empty);

        // The image with checksums was made from the same tree, but the sizes of its directories are its own.
        string[] facts = name == "ext-sum" ? ["mode", "mtime", "sha256"] : Facts.All;
        Assert.That(listing.Where(IsSound).DifferencesFrom(Good(name).Where(IsSound), facts), Is.Empty);

        bool IsSound(TreeEntry entry) => entry.Path != part && !entry.Path.StartsWith(part == "/" ? part : $"{part}/", StringComparison.Ordinal);
    }
}
