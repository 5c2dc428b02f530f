using System.Buffers.Binary;
using System.Globalization;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// What fsync(2) left in the log of Btrfs when the system stopped: images copied while this kernel had them mounted, against what the kernel shows
/// of another copy once it has replayed the log there.
/// </summary>
internal sealed class BtrfsLogTests
{
    private const int Limit = 2 * Limits.Test;
    private const int LogRootOffset = 0x10060;

    private static readonly string[] s_facts = [.. Facts.Recorded, "order"];

    // One by one, of what is known to be hard (fstests); and at random.
    [TestCase("", 2, "")]
    [TestCase("-n 4096 -O ^no-holes --csum xxhash", 6, "many_names many_links punched preallocated_before fragments linked_directory_fsync only_exists")]
    [CancelAfter(Limit)]
    public void What_was_fsynced_is_there_after_a_crash_as_the_kernel_has_it(string options, int randomRounds, string scenarios)
    {
        using var folder = new TestFolder();
        string[] names = Crash(folder, options, seed: 1, randomRounds, scenarios);
        int withLog = 0;
        foreach (string name in names)
        {
            string image = folder[$"{name}.img"];
            withLog += HasLog(image) ? 1 : 0;
            DateTime replay = DateTime.UtcNow;
            TreeListing expected = KernelTree.List(image, "btrfs", $"subvol={name}", isWritable: true);
            using var mount = ImageMount.Mount(image, $"subvol={name}");
            Assert.That(mount.List().DifferencesFrom(WithoutTimesSince(replay, expected), s_facts), Is.Empty, name);
        }

        Assert.That(withLog, Is.GreaterThan(names.Length * 3 / 4), "too few images have a log");
    }

    [Test]
    [CancelAfter(Limit)]
    public void Without_recovery_it_is_what_the_last_transaction_left([Values("norecovery", "nologreplay", "rescue=nologreplay")] string option)
    {
        using var folder = new TestFolder();
        Crash(folder, "", seed: 1, randomRounds: 0, "overwritten renamed");
        foreach (string name in (string[])["overwritten", "renamed"])
        {
            string image = folder[$"{name}.img"];
            Assert.That(HasLog(image));
            TreeListing expected = KernelTree.List(image, "btrfs", $"rescue=nologreplay,subvol={name}");
            using var mount = ImageMount.Mount(image, $"{option},subvol={name}");
            TreeListing left = mount.List();
            Assert.That(left.DifferencesFrom(expected, s_facts), Is.Empty, name);
            using var replayed = ImageMount.Mount(image, $"subvol={name}");
            Assert.That(left.DifferencesFrom(replayed.List(), s_facts), Is.Not.Empty, name);
        }
    }

    // The names of the images that are then in the folder.
    private static string[] Crash(TestFolder folder, string options, int seed, int randomRounds, string scenarios)
    {
        Need.Program("mkfs.btrfs", "btrfs-progs");
        Need.Program("python3", "python3");
        string image = folder["made"];
        Tool.Shell("truncate -s 160M \"$1\" && exec mkfs.btrfs -q $2 \"$1\"", image, options).Succeeded();
        using var device = new LoopDevice(image);
        using var mount = new KernelMount(device.Path, "btrfs", "commit=3600");
        string script = Path.Combine(AppContext.BaseDirectory, "Native", "crash-btrfs.py");
        string said = Tool.Run(
            "python3",
            [script, mount.Directory, image, folder[""], seed.ToString(CultureInfo.InvariantCulture), randomRounds.ToString(CultureInfo.InvariantCulture),
                .. scenarios.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).Succeeded().Text;
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool HasLog(string image)
    {
        using FileStream file = File.OpenRead(image);
        byte[] address = new byte[sizeof(ulong)];
        file.Position = LogRootOffset;
        file.ReadExactly(address);
        return BinaryPrimitives.ReadUInt64LittleEndian(address) != 0;
    }

    // An inode that lost a name in the replay is changed at the time of that; inodes of a nested subvolume have numbers of their own here.
    private static TreeListing WithoutTimesSince(DateTime replay, TreeListing expected)
    {
        double seconds = Math.Floor((replay - DateTime.UnixEpoch).TotalSeconds);
        return expected.Select(entry => entry with
        {
            Facts = entry.Facts.Where(fact => fact.Key switch
            {
                "ctime" => double.Parse(fact.Value, CultureInfo.InvariantCulture) < seconds,
                "ino" => entry["dev"] is null,
                _ => true,
            }).ToDictionary(),
        });
    }
}
