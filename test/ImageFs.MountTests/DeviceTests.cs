using System.Text.Json;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Block devices, and images that are taken away while they are mounted.</summary>
[NonParallelizable]
internal sealed class DeviceTests
{
    private const int Limit = Limits.Test;
    private const string InputOutputError = "Input/output error";

    [Test]
    [CancelAfter(Limit)]
    public void A_device_with_partitions_and_each_of_its_nodes_can_be_mounted()
    {
        using TestDisk disk = TestDisk.Gpt();
        using var device = new LoopDevice(disk.Path, "-r", "-P");
        using var whole = ImageMount.Mount(device.Path);
        AssertIs("ext/ext4", TreeWalker.List(whole["2-rootfs"]));
        foreach ((int number, string image) in disk.Contents)
        {
            using var part = ImageMount.Mount(device.Partition(number));
            AssertIs(image, part.List());
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_device_that_begins_inside_an_image_has_the_tree_that_begins_there()
    {
        using TestDisk disk = TestDisk.Gpt();
        using var device = new LoopDevice(disk.Path, "-r", "-o", $"{disk[2].Start}", "--sizelimit", $"{disk[2].Size}");
        using var mount = ImageMount.Mount(device.Path);
        AssertIs("ext/ext4", mount.List());
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_device_with_sectors_of_4096_bytes_has_its_partitions()
    {
        using TestDisk disk = TestDisk.Gpt(4096);
        using var device = new LoopDevice(disk.Path, "-r", "-b", "4096");
        using var mount = ImageMount.Mount(device.Path, "part=4");
        AssertIs("ext/hash-tea", mount.List());
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_sizes_of_a_devices_sectors_are_those_of_lsblk([Values(512, 4096)] int sectorSize)
    {
        using TestDisk disk = TestDisk.Gpt(sectorSize);
        using var device = new LoopDevice(disk.Path, "-r", "-b", $"{sectorSize}");
        AssertSectorsAreThoseOfLsblk(device.Path);
        Assert.That(InfoReport.Number(InfoReport.Of(device.Path), "log-sec"), Is.EqualTo(sectorSize));
    }

    [TestCase("ext/ext4", "ext4")]
    [TestCase("fat/fat16", "vfat")]
    [CancelAfter(Limit)]
    public void A_zram_device_gives_the_tree_of_its_image(string name, string type)
    {
        using var device = new ZramDevice(TestImages.Get(name));
        using (var mount = ImageMount.Mount(device.Path))
        {
            AssertIs(name, mount.List());
            mount.Unmount().Succeeded();
        }

        AssertSectorsAreThoseOfLsblk(device.Path);
        Assert.That(InfoReport.Text(InfoReport.Of(device.Path), "fstype"), Is.EqualTo(type));
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_the_kernel_has_mounted_is_mounted_with_a_warning()
    {
        using var device = new LoopDevice(TestImages.Get("ext/ext4"), "-r");
        using var kernel = new KernelMount(device.Path, "ext4", "ro");
        using var mount = ImageMount.Mount(device.Path);
        Assert.That(mount.Said!.Error, Does.Contain(device.Path).And.Contain("in use"));
        Assert.That(mount.List().DifferencesFrom(TreeWalker.List(kernel.Directory), Facts.Recorded), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_nobody_has_mounted_is_mounted_without_a_warning()
    {
        using var device = new LoopDevice(TestImages.Get("ext/ext4"), "-r");
        using var mount = ImageMount.Mount(device.Path);
        Assert.That(mount.Said!.Error, Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_device_that_is_detached_under_a_mount_stays_until_the_unmount()
    {
        // The kernel detaches a device that is open when it is closed (loop: LO_FLAGS_AUTOCLEAR).
        using var device = new LoopDevice(TestImages.Get("ext/ext4"), "-r");
        using var mount = ImageMount.Mount(device.Path);
        device.Detach();
        AssertIs("ext/ext4", mount.List());
        mount.Unmount().Succeeded();
        Assert.That(ImageMount.Eventually(() => Tool.Run("losetup", device.Path).ExitCode != 0), "still attached");
    }

    [Test]
    [CancelAfter(Limit)]
    public void Of_an_image_that_is_truncated_under_a_mount_only_what_is_gone_fails([Values] bool asDevice)
    {
        using var folder = new TestFolder();
        string image = folder["cut.img"];
        string tree = folder.CreateDirectory("tree");
        const string Script =
            "cd \"$1\" && seq 10000000 | split -b 1M -a 2 - f && rm -f f[c-z]? && truncate -s 80M \"$2\" && exec mke2fs -q -F -t ext4 -b 4096 -O ^has_journal -d . \"$2\"";
        Tool.Shell(Script, tree, image).Succeeded();
        using var device = asDevice ? new LoopDevice(image, "-r") : null;
        using var mount = ImageMount.Mount(device?.Path ?? image);
        string[] names = [.. Directory.GetFiles(tree).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        Tool.Run("ls", "-l", mount.Directory).Succeeded();

        Tool.Run("truncate", "-s", "20M", image).Succeeded();
        Tool.Run("sh", "-c", "echo 3 >/proc/sys/vm/drop_caches").Succeeded();
        ToolResult first = Tool.Run("cmp", Path.Combine(tree, names[0]), mount[names[0]]);
        ToolResult last = Tool.Run("cat", mount[names[^1]]);
        Assert.That(first.ExitCode, Is.Zero, first.Error);
        Assert.That(last.Error, Does.Contain(InputOutputError));

        // What is there of a file that is cut is there whole, and then comes an error, not an end.
        foreach (string name in names)
        {
            ToolResult read = Tool.Run("cat", mount[name]);
            byte[] expected = File.ReadAllBytes(Path.Combine(tree, name));
            Assert.That(read.Output.AsSpan().SequenceEqual(expected.AsSpan(0, read.Output.Length)), name);
            Assert.That(read.ExitCode == 0, Is.EqualTo(read.Output.Length == expected.Length), name);
        }

        mount.Unmount().Succeeded();
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Twenty_mounts_side_by_side_have_each_its_own_tree()
    {
        string[] images = [.. TestImages.Names("ext").Concat(TestImages.Names("fat")).Concat(TestImages.Names("exfat")).Append("sample").Append("isohybrid")];
        Dictionary<string, TreeListing> expected = images.Distinct().ToDictionary(name => name, List);
        var mounts = new List<ImageMount>();
        try
        {
            for (int i = 0; i < 20; i++)
            {
                mounts.Add(ImageMount.Mount(TestImages.Get(images[i % images.Length])));
            }

            for (int i = 0; i < mounts.Count; i++)
            {
                string name = images[i % images.Length];
                Assert.That(mounts[i].List().DifferencesFrom(expected[name], Facts.Recorded), Is.Empty, name);
            }
        }
        finally
        {
            mounts.ForEach(mount => mount.Dispose());
        }

        Assert.That(mounts.Where(mount => mount.IsMounted), Is.Empty);
    }

    private static void AssertSectorsAreThoseOfLsblk(string device)
    {
        JsonElement info = InfoReport.Of(device);
        using var lsblk = JsonDocument.Parse(Tool.Run("lsblk", "-J", "-b", "-d", "-o", "SIZE,LOG-SEC,PHY-SEC", device).Succeeded().Text);
        JsonElement expected = lsblk.RootElement.GetProperty("blockdevices")[0];
        foreach (string key in new[] { "size", "log-sec", "phy-sec" })
        {
            Assert.That(InfoReport.Number(info, key), Is.EqualTo(InfoReport.Number(expected, key)), key);
        }
    }

    private static TreeListing List(string image)
    {
        using var mount = ImageMount.Mount(TestImages.Get(image));
        return mount.List();
    }

    private static void AssertIs(string image, TreeListing listing) => Assert.That(listing.DifferencesFrom(List(image), Facts.All), Is.Empty, image);
}
