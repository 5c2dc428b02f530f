using System.Globalization;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>A Btrfs of many names, extents and snapshots: right, and in memory that does not grow with them.</summary>
[NonParallelizable]
internal sealed class BtrfsLargeTests
{
    private const int Names = 20_000;
    private const int Files = 2;
    private const int Extents = 10_000;
    private const int Snapshots = 150;

    // What a mount may keep of metadata if nobody says otherwise (cache-size=), and decoded blocks.
    private const long MaxGrowth = 16 << 20;

    [Test]
    [CancelAfter(Limits.Test)]
    public void Many_names_extents_and_snapshots_are_what_the_kernel_shows_and_take_no_memory()
    {
        using var folder = new TestFolder();
        string image = folder["large.img"];
        string script = Path.Combine(AppContext.BaseDirectory, "Native", "fill-btrfs-large.py");
        BtrfsImage.Make(
            image, volume => Tool.Run("python3", script, volume.Directory, $"{Names}", $"{Files}", $"{Extents}", $"{Snapshots}").Succeeded(), size: "1G");
        TreeListing expected = KernelTree.List(image, BtrfsImage.Type);
        Assert.That(expected.Count, Is.GreaterThan(Names + (Snapshots * 20)));

        using var mount = ImageMount.MountInForeground(image);
        Tool.Run("ls", mount.Directory).Succeeded();
        long before = AnonymousMemory(mount);
        TreeListing listing = mount.List();
        Assert.That(TreeWalker.CheckPositions(mount["names"]), Is.EqualTo(Names + 2));
        Assert.That(AnonymousMemory(mount), Is.LessThan(before + MaxGrowth));
        string[] facts = [.. Facts.Recorded.Except(["ino"]), "order", "statfs"];
        Assert.That(listing.DifferencesFrom(expected, facts), Is.Empty);
        Assert.That(listing.Entries.Select(entry => entry["ino"]), Is.Unique);
    }

    private static long AnonymousMemory(ImageMount mount)
    {
        string line = File.ReadLines($"/proc/{mount.Server!.Id}/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
