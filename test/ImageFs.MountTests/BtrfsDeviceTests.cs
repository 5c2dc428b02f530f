using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Btrfs on several devices, those that are missing and those that are damaged, against this kernel's own driver.</summary>
internal sealed partial class BtrfsDeviceTests
{
    private const int Limit = Limits.Test;

    // EIO, where the contents' sum would be.
    private const string InputOutputError = "!5";

    private static readonly string[] s_facts = [.. Facts.Recorded.Except(["ino"]), "order"];

    // The devices that are left in the second run: as many are missing as the profile survives.
    [TestCase("-d single -m raid1", 2, new int[0])]
    [TestCase("-d raid0 -m raid1c3", 3, new int[0])]
    [TestCase("-d raid1 -m raid1", 2, new[] { 2 })]
    [TestCase("-d raid1c4 -m raid1c4", 4, new[] { 3 })]
    [TestCase("-d raid10 -m raid10", 4, new[] { 1, 2, 4 })]
    [TestCase("-d raid5 -m raid5 --csum xxhash", 3, new[] { 3, 1 })]
    [TestCase("-d raid6 -m raid6", 4, new[] { 4, 2 })]
    [TestCase("-d raid6 -m raid1c3 --csum blake2", 6, new[] { 2, 3, 5, 6 })]
    [CancelAfter(Limit)]
    public void The_tree_on_several_devices_is_what_the_kernel_shows_with_some_missing_too(string options, int count, int[] left)
    {
        using var folder = new TestFolder();
        BtrfsDevices devices = BtrfsDevices.Make(folder, count, options);
        Compare(devices);
        if (left.Length > 0)
        {
            Compare(devices.Only(left), "degraded");
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void Profiles_that_were_converted_and_devices_that_were_added_removed_and_replaced_are_followed()
    {
        using var folder = new TestFolder();
        string fourth = folder["4.img"];
        Tool.Run("truncate", "-s", "256M", fourth).Succeeded();
        BtrfsDevices devices = BtrfsDevices.Make(folder, 3, "-d single -m dup", (mount, loops) =>
        {
            // The third is replaced by another one, and the second emptied: three profiles of data are left.
            using var added = new LoopDevice(fourth);
            const string Script =
                """
                btrfs -q balance start -f -dconvert=raid0 -mconvert=raid1 "$1" && seq 400000 >"$1/striped" && sync
                btrfs -q balance start -dconvert=raid1,limit=1 "$1"
                btrfs replace start -B -f "$2" "$3" "$1" && btrfs -q device remove "$4" "$1"
                """;
            Tool.Shell(Script, mount.Directory, loops[2].Path, added.Path, loops[1].Path).Succeeded();
            Tool.Run("umount", mount.Directory).Succeeded();
        });
        string[] paths = [devices.Paths[0], fourth];
        Compare(paths, "");

        // What is not of the file system any more is not taken for it.
        using var mount = ImageMount.Mount(paths[0], $"device={fourth},device={devices.Paths[1]}");
        Assert.That(mount.List().Count, Is.GreaterThan(100));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_device_that_is_missing_is_named_and_what_has_no_other_copy_is_an_error()
    {
        using var folder = new TestFolder();
        BtrfsDevices devices = BtrfsDevices.Make(folder, 3, "-d raid0 -m raid1c3");
        BtrfsDevices left = devices.Only(1, 2);

        (ToolResult said, bool mounted) = ImageMount.TryMount(left.Paths[0], left.Options());
        Assert.That((mounted, said.ExitCode != 0), Is.EqualTo((false, true)));
        Assert.That(said.Error, Does.Match(@"device 3 \(UUID [0-9a-f-]{36}\) of 3 devices is missing: .*device=FILE.*degraded"));

        TreeListing expected = KernelTree.List(devices.Paths[0], BtrfsImage.Type, moreImages: devices.Paths[1..]);
        using var mount = ImageMount.Mount(left.Paths[0], left.Options("degraded"));
        TreeListing listing = mount.List();
        Assert.That(listing.DifferencesFrom(expected, [.. s_facts.Except(["sha256"])]), Is.Empty);
        Assert.That(listing["/large"]["sha256"], Is.EqualTo(InputOutputError));
        AssertTheRestIsEqual(listing, expected);
    }

    [TestCase("-d raid5 -m raid1", 3, "degraded", "rebuilt", "parity")]
    [TestCase("-d raid0 -m raid1c3", 3, "degraded", "missing", "nothing that is there")]
    [TestCase("-d single -m dup", 1, "data_csum=check", "checked", "logical addresses")]
    [CancelAfter(Limit)]
    public void Extents_tell_what_is_put_together_what_is_missing_and_what_is_checked(string options, int count, string how, string kind, string source)
    {
        using var folder = new TestFolder();
        BtrfsDevices devices = BtrfsDevices.Make(folder, count, options);
        BtrfsDevices left = devices.Only([.. Enumerable.Range(1, Math.Max(count - 1, 1))]);
        string[] arguments = [left.Paths[0], "large", "-o", left.Options(how)];
        using var json = JsonDocument.Parse(ImageFsProgram.Run(["extents", "--json", .. arguments]).Succeeded().Text);
        JsonElement[] extents = [.. json.RootElement.GetProperty("layers").EnumerateArray().Last().EnumerateArray()];
        JsonElement[] told = [.. extents.Where(extent => Text(extent, "kind") == kind)];
        JsonElement[] mapped = [.. extents.Where(extent => Text(extent, "kind") == "mapped")];

        Assert.That(told.Select(extent => Text(extent, "in")).Distinct(), Is.EqualTo((string[])[source]));
        Assert.That(told.Length + mapped.Length, Is.EqualTo(extents.Length));
        Assert.That(extents.Sum(extent => Number(extent, "length")), Is.EqualTo(5_000_000));
        Assert.That(told.Sum(extent => Number(extent, "length")), count == 1 ? Is.EqualTo(5_000_000) : Is.InRange(1_400_000, 1_900_000), "what a device of three had");
        Assert.That(ImageFsProgram.Run(["extents", .. arguments]).Succeeded().Text, Does.Match($@"\d+ +\d+  {kind} +- +{source}\n"));

        // What it says of the others is so: the file is known.
        byte[] expected = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 1_000_000).Select(i => $"{i}\n")));
        foreach (JsonElement extent in mapped)
        {
            using FileStream file = File.OpenRead(Text(extent, "in"));
            byte[] bytes = new byte[Number(extent, "length")];
            file.Position = Number(extent, "address");
            file.ReadExactly(bytes);
            Assert.That(bytes.AsSpan().SequenceEqual(expected.AsSpan((int)Number(extent, "offset"), bytes.Length)), $"at {Number(extent, "offset")}");
        }

        static string Text(JsonElement extent, string name) => extent.GetProperty(name).GetString()!;
        static long Number(JsonElement extent, string name) => extent.GetProperty(name).GetInt64();
    }

    [Test]
    [CancelAfter(Limit)]
    public void Members_are_found_among_the_partitions_of_one_disk()
    {
        using var folder = new TestFolder();
        BtrfsDevices devices = BtrfsDevices.Make(folder, 2, "-d raid0 -m raid1");
        string disk = folder["disk.img"];
        Sfdisk.Write(disk, 530, "label: gpt\nstart=2048, size=524288\nstart=526336, size=524288\n", 512);
        Tool.Shell(
            "dd if=\"$1\" of=\"$3\" bs=1M seek=1 conv=notrunc,sparse status=none && dd if=\"$2\" of=\"$3\" bs=1M seek=257 conv=notrunc,sparse status=none",
            devices.Paths[0], devices.Paths[1], disk).Succeeded();

        TreeListing expected = KernelTree.List(devices.Paths[0], BtrfsImage.Type, moreImages: devices.Paths[1..]);
        using var mount = ImageMount.Mount(disk);
        Assert.That(mount.List().DifferencesFrom(expected, s_facts), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_device_that_was_left_behind_is_told_and_not_believed()
    {
        using var folder = new TestFolder();
        BtrfsDevices devices = BtrfsDevices.Make(folder, 2, "-d raid1 -m raid1");
        BtrfsDevices old = devices.Copy(folder, "old");
        devices.Change((mount, _) => Tool.Shell("cd \"$1\" && seq 7 400000 >large && sync && rm -r small && sync && seq 9 >small && sync", mount.Directory).Succeeded());
        TreeListing expected = KernelTree.List(devices.Paths[0], BtrfsImage.Type, moreImages: devices.Paths[1..]);

        foreach ((string first, string second) in new[] { (devices.Paths[0], old.Paths[1]), (old.Paths[0], devices.Paths[1]) })
        {
            using var mount = ImageMount.Mount(first, $"device={second}");
            Assert.That(mount.Said!.Error, Does.Contain("was left behind"));
            Assert.That(mount.List().DifferencesFrom(expected, s_facts), Is.Empty);
        }

        using var doubled = ImageMount.Mount(devices.Paths[0], $"device={devices.Paths[1]},device={old.Paths[1]}");
        Assert.That(doubled.Said!.Error, Does.Contain("is there twice"));
        Assert.That(doubled.List().DifferencesFrom(expected, s_facts), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_file_system_that_grew_from_a_seed_is_read_with_it()
    {
        using var folder = new TestFolder();
        BtrfsDevices seed = BtrfsDevices.Make(folder, 1, "-d single -m dup");
        Tool.Run("btrfstune", "-S", "1", seed.Paths[0]).Succeeded();
        string sprout = folder["sprout.img"];
        Tool.Run("truncate", "-s", "256M", sprout).Succeeded();
        using (var below = new LoopDevice(seed.Paths[0], "-r"))
        using (var above = new LoopDevice(sprout))
        using (var mount = new KernelMount(below.Path, BtrfsImage.Type, "ro"))
        {
            Tool.Shell(
                "btrfs -q device add -f \"$2\" \"$1\" && mount -o remount,rw \"$1\" && rm \"$1/small/7\" && seq 100000 >\"$1/added\" && sync",
                mount.Directory, above.Path).Succeeded();
        }

        Compare([sprout, seed.Paths[0]], "");
        (ToolResult said, bool mounted) = ImageMount.TryMount(sprout);
        Assert.That(mounted, Is.False);
        Assert.That(said.Error, Does.Contain("device 1 (UUID"));

        // Both on one disk: the seed is found beside what grew from it, and shown itself, too.
        string disk = folder["disk.img"];
        Sfdisk.Write(disk, 530, "label: gpt\nstart=2048, size=524288\nstart=526336, size=524288\n", 512);
        Tool.Shell(
            "dd if=\"$1\" of=\"$3\" bs=1M seek=1 conv=notrunc,sparse status=none && dd if=\"$2\" of=\"$3\" bs=1M seek=257 conv=notrunc,sparse status=none",
            seed.Paths[0], sprout, disk).Succeeded();
        using (var both = ImageMount.Mount(disk, "part=2"))
        {
            Assert.That(both.List().DifferencesFrom(KernelTree.List(sprout, BtrfsImage.Type, moreImages: seed.Paths), s_facts), Is.Empty);
        }

        using (var alone = ImageMount.Mount(disk, "part=1"))
        {
            Assert.That(alone.List().DifferencesFrom(KernelTree.List(seed.Paths[0], BtrfsImage.Type), s_facts), Is.Empty);
        }

        using var stranger = ImageMount.Mount(seed.Paths[0], $"device={sprout}");
        Assert.That(stranger.Said!.Error, Does.Contain("is left out"));
    }

    [TestCase("-d raid1 -m raid1", 2, false)]
    [TestCase("-d dup -m dup", 1, false)]
    [TestCase("-d raid5 -m raid1", 3, false)]
    [TestCase("-d raid6 -m raid1", 4, true)]
    [CancelAfter(Limit)]
    public void Data_that_does_not_have_its_checksum_is_taken_from_elsewhere_or_an_error(string options, int count, bool isSurvived)
    {
        using var folder = new TestFolder();
        BtrfsDevices devices = BtrfsDevices.Make(folder, count, options);
        TreeListing expected = KernelTree.List(devices.Paths[0], BtrfsImage.Type, moreImages: devices.Paths[1..]);
        BtrfsDevices damaged = devices.Copy(folder, "damaged");

        // In the place that is read first two sectors of the file are damaged, one in part.
        (string path, long address, long length) = damaged.PlacesOf("large")[0];
        Flip(path, address + 5000, 4096);
        using (var plain = ImageMount.Mount(damaged.Paths[0], damaged.Options("data_csum=off")))
        {
            Assert.That(plain.List().DifferencesFrom(expected, "sha256"), Has.Exactly(1).Items);
        }

        using (var mount = ImageMount.Mount(damaged.Paths[0], damaged.Options("data_csum=check")))
        {
            Assert.That(mount.List().DifferencesFrom(expected, s_facts), Is.Empty);
        }

        // All data of the file, as far as a place tells: of copies what is the same in the others; of parity only the data, of which RAID 6
        // with two columns can lose all.
        Flip(path, address + 5000, 4096);
        foreach ((string Path, long Address, long Length) place in damaged.PlacesOf("large"))
        {
            Flip(place.Path, place.Address, (int)place.Length);
        }

        if (!options.Contains("raid5", StringComparison.Ordinal) && !isSurvived)
        {
            damaged.Paths.ToList().ForEach(image => FlipAll(image, "500000\n500001\n500002\n"u8));
        }

        using var last = ImageMount.Mount(damaged.Paths[0], damaged.Options("data_csum=check"));
        TreeListing listing = last.List();
        if (isSurvived)
        {
            Assert.That(listing.DifferencesFrom(expected, s_facts), Is.Empty);
            return;
        }

        Assert.That(listing["/large"]["sha256"], Is.EqualTo(InputOutputError));
        AssertTheRestIsEqual(listing, expected);
    }

    [Test]
    [CancelAfter(Limit)]
    public void What_is_compressed_is_checked_before_it_is_decoded()
    {
        using var folder = new TestFolder();
        BtrfsDevices devices = BtrfsDevices.Make(folder, 1, "-d single -m dup");
        TreeListing expected = KernelTree.List(devices.Paths[0], BtrfsImage.Type);
        BtrfsDevices damaged = devices.Copy(folder, "damaged");
        (string path, long address, _) = damaged.PlacesOf("compressed/2")[0];
        Flip(path, address + 100, 1);

        using var mount = ImageMount.Mount(damaged.Paths[0]);
        TreeListing listing = mount.List();
        Assert.That(listing["/compressed/2"]["sha256"], Is.EqualTo(InputOutputError));
        AssertTheRestIsEqual(listing, expected);
    }

    [Test]
    [NonParallelizable]
    [CancelAfter(Limit)]
    public void Stripes_are_spliced_from_the_files_of_all_devices()
    {
        Need.Program("strace", "strace");
        using var folder = new TestFolder();
        BtrfsDevices devices = BtrfsDevices.Make(folder, 3, "-d raid0 -m raid1");
        string trace = folder["trace"];
        string[] strace = ["strace", "-ff", "-qq", "-y", "-s", "0", "-o", trace, "-e", "trace=splice,pread64,preadv,preadv2,read"];
        using (var mount = ImageMount.MountInForeground(devices.Paths[0], devices.Options(), awaitAnswer: true, strace))
        {
            Tool.Shell("seq 1000000 | head -c 5000000 | cmp - \"$1\"", mount["large"]).Succeeded();
            Assert.That(mount.Unmount().ExitCode, Is.Zero);
            Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited));
        }

        string[] lines = [.. Directory.GetFiles(folder.Path, "trace.*").SelectMany(File.ReadAllLines)];
        long[] spliced = [.. devices.Paths.Select(path => Sum(lines.Select(line => SpliceFromFile().Match(line)).Where(match => match.Groups["file"].Value == path)))];
        Assert.That(spliced, Has.All.GreaterThan(1_000_000), "bytes by reference from each device");
        Assert.That(spliced.Sum(), Is.GreaterThanOrEqualTo(5_000_000));
        long read = Sum(lines.Select(line => ReadOfFile().Match(line)).Where(match => devices.Paths.Contains(match.Groups["file"].Value)));
        Assert.That(read, Is.LessThan(2_000_000), "bytes that were read: metadata");
    }

    private static void Compare(BtrfsDevices devices, string options = "") => Compare(devices.Paths, options);

    private static void Compare(string[] images, string options)
    {
        TreeListing expected = KernelTree.List(images[0], BtrfsImage.Type, options, moreImages: images[1..]);
        using var mount = ImageMount.Mount(images[0], string.Join(',', [options, .. images[1..].Select(path => $"device={path}")]).Trim(','));
        Assert.That(mount.List().DifferencesFrom(expected, s_facts), Is.Empty);
    }

    // What has an error is not what was damaged alone, where that lies in many files; none may have other bytes.
    private static void AssertTheRestIsEqual(TreeListing listing, TreeListing expected)
    {
        TreeListing rest = listing.Where(entry => entry["sha256"] != InputOutputError);
        Assert.That(rest.Where(entry => entry.IsFile).Count, Is.GreaterThan(20));
        Assert.That(rest.DifferencesFrom(expected.Where(entry => rest.Contains(entry.Path)), s_facts), Is.Empty);
    }

    private static void Flip(string path, long address, int length)
    {
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        byte[] bytes = new byte[length];
        file.Position = address;
        file.ReadExactly(bytes);
        file.Position = address;
        file.Write(Array.ConvertAll(bytes, value => (byte)(value ^ 0xFF)));
    }

    // Wherever a text is in the data.
    private static void FlipAll(string path, ReadOnlySpan<byte> text)
    {
        byte[] bytes = File.ReadAllBytes(path);
        for (int at = bytes.AsSpan().IndexOf(text); at >= 0;)
        {
            Flip(path, at, text.Length);
            int next = bytes.AsSpan(at + text.Length).IndexOf(text);
            at = next < 0 ? -1 : at + text.Length + next;
        }
    }

    private static long Sum(IEnumerable<Match> matches) =>
        matches.Where(match => match.Success).Sum(match => long.Parse(match.Groups["bytes"].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^splice\(\d+<(?<file>/[^>]*)>, .*\)\s+= (?<bytes>\d+)$")]
    private static partial Regex SpliceFromFile();

    [GeneratedRegex(@"^(pread64|preadv2?|read)\(\d+<(?<file>/[^>]*)>, .*\)\s+= (?<bytes>\d+)$")]
    private static partial Regex ReadOfFile();
}
