using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Damaged UDF: what is wrong is said, and the rest goes on working.</summary>
internal sealed class InvalidUdfTests
{
    private const int Limit = Limits.Test;
    private const int MountFailure = 32;

    [TestCase("udf-sequences", "", "primary volume descriptor", "3/10.1")]
    [TestCase("udf-no-anchor", "", "anchor volume descriptor pointer", "3/8.4.2.1")]
    [CancelAfter(Limit)]
    public void A_damaged_volume_is_refused_with_structure_address_and_clause(string name, string options, string structure, string clause)
    {
        string image = TestImages.Get($"invalid/{name}");
        (ToolResult said, bool mounted) = ImageMount.TryMount(image, options);
        Assert.That(mounted, Is.False);
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure), said.Error);
        Assert.That(said.Error, Does.Match($@"^imagefs: {Regex.Escape(image)}: {structure} at 0x[0-9A-F]+: .+ \(ECMA-167 {Regex.Escape(clause)}\)\n$"));
    }

    [TestCase("udf-entry-sum")]
    [TestCase("udf-extent-past-end")]
    [CancelAfter(Limit)]
    public void A_damaged_file_fails_alone(string name)
    {
        using var sound = ImageMount.MountInForeground(TestImages.Get("udf/hd150-512"));
        using var damaged = ImageMount.MountInForeground(TestImages.Get($"invalid/{name}"));
        TreeListing expected = sound.List();
        TreeListing listing = damaged.List();
        TreeEntry[] failing = [.. listing.Entries.Where(entry => expected.Contains(entry.Path) && !Same(entry, expected[entry.Path]))];
        Assert.That(failing.Select(entry => entry.Path), Is.EquivalentTo(new[] { "/long", "/deep/er/hard" }));
        Assert.That(listing.Count, Is.EqualTo(expected.Count));
        foreach (string path in (string[])["long", "deep/er/hard"])
        {
            Assert.That(Tool.Run("cat", damaged[path]).Error, Does.Contain("Structure needs cleaning"));
        }
    }

    private static bool Same(TreeEntry one, TreeEntry other) => Facts.All.All(fact => one[fact] == other[fact]);
}
