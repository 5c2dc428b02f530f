using System.Text.Json;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>A disk of several that answers EIO under a mount: what another copy or parity has is read all the same, spliced files too.</summary>
[NonParallelizable]
internal sealed class FailingMemberTests
{
    private const int Limit = Limits.Test;
    private const string Large = "large";
    private static readonly string[] s_facts = [.. Facts.Recorded.Except(["ino"]), "order"];

    // A file of which one place fails, or all of the disk with that place, metadata too.
    [TestCase("-d dup -m dup", 1, false)]
    [TestCase("-d raid1 -m raid1", 2, true)]
    [TestCase("-d raid10 -m raid10", 4, true)]
    [TestCase("-d raid5 -m raid1", 3, true)]
    [TestCase("-d raid6 -m raid6", 4, true)]
    [CancelAfter(Limit)]
    public void The_other_copy_of_Btrfs_is_read(string options, int count, bool isWhole)
    {
        using var folder = new TestFolder();
        BtrfsDevices devices = BtrfsDevices.Make(folder, count, options);
        TreeListing expected = KernelTree.List(devices.Paths[0], BtrfsImage.Type, moreImages: devices.Paths[1..]);
        (string path, long address, long length) = devices.PlacesOf(Large)[0];
        using var failing = new FailingImage(path);
        using var mount = ImageMount.MountInForeground(failing.Path, string.Join(',', devices.Paths.Where(other => other != path).Select(other => $"device={other}")));
        failing.Fail(isWhole ? (0, long.MaxValue) : (address, address + length));

        Assert.That(mount.List().DifferencesFrom(expected, s_facts), Is.Empty);
        AssertFailed(mount);
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_other_member_of_an_array_of_Linux_is_read([Values("splice", "auto")] string reply)
    {
        using var folder = new TestFolder();
        string tree = folder.CreateDirectory("tree");
        Tool.Shell("cd \"$1\" && seq 100000 >large && for i in $(seq 50); do seq $i 400 >small-$i; done", tree).Succeeded();

        // With its super block at the end, an array's bytes are those of its members: another file system takes the place of what is there.
        Tool.Run("tar", "-xJf", Path.Combine(TestImages.Sources, "images", "volumes", "md-raid1-1.0.tar.xz"), "-C", folder.Path).Succeeded();
        string[] members = [folder["m0.img"], folder["m1.img"]];
        Tool.Run("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-d", tree, folder["fs"], "1984k").Succeeded();
        foreach (string member in members)
        {
            Tool.Run("dd", $"if={folder["fs"]}", $"of={member}", "conv=notrunc", "status=none").Succeeded();
        }

        using var failing = new FailingImage(members[0]);
        using var mount = ImageMount.MountInForeground(failing.Path, $"device={members[1]},reply={reply}");
        failing.Fail((0, long.MaxValue));
        Assert.That(mount.List().Where(entry => entry.IsFile).DifferencesFrom(Extracted.List(tree).Where(entry => entry.IsFile), "size", "sha256"), Is.Empty);
        AssertFailed(mount);

        failing.Fail(null);
        Tool.Run("cmp", Path.Combine(tree, Large), mount[Large]).Succeeded();
    }

    // That the disk was asked, and failed.
    private static void AssertFailed(ImageMount mount)
    {
        using var json = JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", mount.Directory).Succeeded().Text);
        Assert.That(json.RootElement.GetProperty("fallbacks").GetProperty("sourcefailed").GetInt64(), Is.Positive);
    }
}
