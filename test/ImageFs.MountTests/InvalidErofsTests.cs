using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>EROFS images with one thing wrong each (images/invalid): what is damaged is told, and the rest is as this kernel shows it undamaged.</summary>
internal sealed class InvalidErofsTests
{
    private const int Limit = Limits.Test;
    private const string InputOutput = "5";
    private const string Unsupported = "95";
    private const string Damaged = "117";

    private static readonly string[] s_facts = [.. Facts.Recorded.Except(["data"])];

    private static readonly Lazy<TreeListing> s_good = new(() => KernelTree.List(TestImages.Get("erofs/full"), "erofs"));

    [TestCase("erofs-super-sum", @"erofs_super_block at 0x400: its checksum is 0x[0-9A-F]+, and its bytes come to 0x[0-9A-F]+")]
    [TestCase("erofs-feature", "not supported: EROFS with the incompatible features 0x100000")]
    [TestCase("erofs-block-size", @"erofs_super_block at 0x400: its block size is 2\^31")]
    [TestCase("erofs-root-is-a-file", "inode of node [0-9]+ at 0x[0-9A-F]+: it is the root, and no directory")]
    [TestCase("erofs-cut", "byte 0x[0-9A-F]+ lies beyond the end of the image at 0x[0-9A-F]+")]
    [CancelAfter(Limit)]
    public void A_damaged_volume_is_refused_and_it_is_said_why(string name, string problem)
    {
        string error = DamagedImage.Refusal(name, out string image);
        Assert.That(error, Does.Match($"(?m)^imagefs: {Regex.Escape(image)}: .*{problem}$"));
    }

    [TestCase("erofs-cluster-past-end", "/text", InputOutput)]
    [TestCase("erofs-index-loop", "/text", Damaged)]
    [TestCase("erofs-stream", "/text", Damaged)]
    [TestCase("erofs-bomb", "/text", Unsupported)]
    [TestCase("erofs-name-past-block", "/directory", Damaged)]
    [TestCase("erofs-is-its-parent", "/directory", InputOutput)]
    [CancelAfter(Limit)]
    public void A_damaged_part_fails_alone(string name, string part, string errno)
    {
        using var mount = ImageMount.Mount(TestImages.Get($"invalid/{name}"));
        TreeListing listing = mount.List();
        TreeEntry hurt = listing[part];
        Assert.That(hurt["error"] ?? hurt["sha256"]?.TrimStart('!') ?? hurt["list"]?.TrimStart('!'), Is.EqualTo(errno));
        Assert.That(listing.Where(IsOther).DifferencesFrom(s_good.Value.Where(IsOther), s_facts), Is.Empty);

        bool IsOther(TreeEntry entry) => entry.Path != part && !entry.Path.StartsWith($"{part}/", StringComparison.Ordinal) && entry.Path != "/hard";
    }
}
