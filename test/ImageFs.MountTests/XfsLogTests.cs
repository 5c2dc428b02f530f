using System.Buffers.Binary;
using System.Security.Cryptography;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Volumes of XFS that were stopped in the middle, against what this kernel makes of another copy when it recovers that.</summary>
internal sealed class XfsLogTests
{
    private const string Type = "xfs";
    private const int Limit = Limits.Test;

    // GOINGDOWN: the log is written first, or what is on its way is lost.
    private const int WithLog = 1;
    private const int WithoutLog = 2;

    // XFS_SB_FEAT_INCOMPAT_EXCHRANGE.
    private const uint ExchangeRange = 0x40;

    // Linux frees what is still to be freed as it recovers, so what it has of free space is more than what is shown here.
    [TestCase("", 1, 600, WithLog)]
    [TestCase("", 2, 1500, WithoutLog)]
    [TestCase("--unsupported -b size=1k -m rmapbt=1 -l size=10m", 3, 2000, WithoutLog, "160M")]
    [TestCase("--unsupported -s size=4k -l size=16m,su=32k", 4, 1000, WithoutLog, "160M")]
    [TestCase("--unsupported -b size=32k -s size=32k", 10, 500, WithLog, "300M")]
    [TestCase("--unsupported -m bigtime=0,reflink=0,finobt=0,inobtcount=0 -i sparse=0 -l size=10m", 5, 1500, WithLog, "160M")]
    [TestCase("--unsupported -n size=16k -i size=1024,nrext64=1 -l size=24m,su=256k", 6, 1000, WithoutLog, "160M")]
    [CancelAfter(Limit)]
    public void What_the_log_holds_is_shown(string options, int seed, int operations, int how, string size = "300M")
    {
        using var folder = new TestFolder();
        string image = MakeStopped(folder, options, seed, operations, how, size);
        DateTime before = File.GetLastWriteTimeUtc(image);
        string recovered = folder["recovered.img"];
        TreeListing expected = Recover(image, recovered);

        using (var mount = ImageMount.Mount(image))
        {
            TreeListing shown = mount.List();
            Assert.That(shown.Count, Is.GreaterThan(50));
            Assert.That(shown.DifferencesFrom(expected, [.. Facts.All, "btime", "xattr"]), Is.Empty);
        }

        Assert.That(File.GetLastWriteTimeUtc(image), Is.EqualTo(before), "the image was changed");
        Assert.That(Tool.Run("xfs_repair", "-n", recovered).ExitCode, Is.Zero, "what Linux recovers is sound");
        ToolResult said = ImageFsProgram.Run("verify", image);
        Assert.That(said.ExitCode, Is.Zero, said.Text);
    }

    // A change may need more blocks for the tree of a file's extents, which nobody but a driver that writes can tell.
    [Test]
    [CancelAfter(Limit)]
    public void What_the_log_begins_is_finished([Values("clone", "exchange")] string how)
    {
        using var folder = new TestFolder();
        string image = MakeUnfinished(folder, how, out _);
        TreeListing expected = Recover(image, folder["recovered.img"]);
        using var mount = ImageMount.Mount(image);
        Assert.That(mount.List().DifferencesFrom(expected, [.. Facts.All.Except(["blocks"]), "btime", "xattr"]), Is.Empty);
        ToolResult said = ImageFsProgram.Run("verify", image);
        Assert.That(said.ExitCode, Is.Zero, said.Text);
    }

    // Linux 6.18 takes the size from before for the end of such a file when it has recovered it, and frees what is behind: an exchange is done or not.
    [Test]
    [CancelAfter(Limit)]
    public void An_exchange_of_contents_and_sizes_is_done_or_not()
    {
        using var folder = new TestFolder();
        string image = MakeUnfinished(folder, "sizes", out Dictionary<string, string> before);
        using var mount = ImageMount.Mount(image);
        for (int i = 0; i < 3; i++)
        {
            string[] shown = [.. ((string[])[$"source{i}", $"other{i}"]).Select(name => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(mount[name]))))];
            string[] straight = [before[$"source{i}"], before[$"other{i}"]];
            Assert.That(shown, Is.EqualTo(straight).Or.EqualTo(straight.Reverse()));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_log_on_another_device_is_replayed_from_there([Values] bool isClean)
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        string log = folder["log.img"];
        Tool.Run("truncate", "-s", "16M", log).Succeeded();
        XfsImage.MakeEmpty(image, $"--unsupported -l logdev={log}", "64M");
        using (var device = new LoopDevice(image))
        using (var logDevice = new LoopDevice(log))
        using (var kernel = new KernelMount(device.Path, Type, $"logdev={logDevice.Path}"))
        {
            Churn(kernel.Directory, 9, 400, isClean ? null : WithLog);
        }

        TreeListing expected;
        string copy = folder["copy.img"];
        string logCopy = folder["log-copy.img"];
        Tool.Shell("cp --sparse=always \"$1\" \"$2\" && cp --sparse=always \"$3\" \"$4\"", image, copy, log, logCopy).Succeeded();
        using (var device = new LoopDevice(copy))
        using (var logDevice = new LoopDevice(logCopy))
        using (var kernel = new KernelMount(device.Path, Type, $"ro,logdev={logDevice.Path}"))
        {
            expected = TreeWalker.List(kernel.Directory);
        }

        using (var mount = ImageMount.Mount(image, $"logdev={log}"))
        {
            Assert.That(mount.List().DifferencesFrom(expected, [.. Facts.All, "btime", "xattr"]), Is.Empty);
        }

        ToolResult alone = ImageFsProgram.Run("ls", image);
        Assert.That(alone.Error, Does.Contain("logdev="), "nobody said where the log is");
        using var left = ImageMount.Mount(image, "norecovery");
        Assert.That(left.List().DifferencesFrom(expected, Facts.All), isClean ? Is.Empty : Is.Not.Empty);
    }

    // Linux cannot recover such a volume ("Bad dir data magic"): it is compared with the names before it stopped.
    [Test]
    [CancelAfter(Limit)]
    public void Blocks_of_directories_that_lie_in_pieces_are_whole_after_a_replay()
    {
        using var folder = new TestFolder();
        string image = folder["pieces.img"];
        XfsImage.MakeEmpty(image, "--unsupported -d agcount=1 -m reflink=0,finobt=0,inobtcount=0,rmapbt=0 -i sparse=0 -b size=1k -n size=4k -l size=10m", "40M");
        Need.Program("python3", "python3");
        string script = Path.Combine(AppContext.BaseDirectory, "Native", "scatter-xfs.py");
        XfsImage.Change(image, directory => Tool.Run("python3", script, directory, folder["names"]).Succeeded());
        string[] names = File.ReadAllLines(folder["names"]);
        Assert.That(names, Has.Length.GreaterThan(2000));
        Assert.That(ImageFsProgram.Run(["ls", image, "/d"]).Succeeded().Text.TrimEnd('\n').Split('\n'), Is.EqualTo(names));
        Assert.That(ImageFsProgram.Run(["verify", image]).Succeeded().Text, Does.Contain("sound"));
        Assert.That(ImageFsProgram.Run(["ls", "-o", "norecovery", image, "/d"]).Text.TrimEnd('\n').Split('\n'), Is.Not.EqualTo(names), "nothing was left to the log");
    }

    [Test]
    [CancelAfter(Limit)]
    public void Without_recovery_the_volume_is_shown_as_it_lies()
    {
        using var folder = new TestFolder();
        string image = MakeStopped(folder, string.Empty, 7, 300, WithLog);
        using var recovered = ImageMount.Mount(image);
        using var left = ImageMount.Mount(image, "norecovery");
        Assert.That(recovered.List().Count, Is.GreaterThan(left.List().Count));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_record_that_is_damaged_is_told_and_nothing_is_made_up()
    {
        using var folder = new TestFolder();
        string image = MakeStopped(folder, string.Empty, 8, 2000, WithLog);
        long start = FindLog(image);
        using (FileStream file = File.Open(image, FileMode.Open, FileAccess.ReadWrite))
        {
            // Inside the first records, long before those that may have been on their way.
            file.Position = start + (64 * 512);
            file.Write(new byte[512]);
        }

        ToolResult said = ImageFsProgram.Run(["ls", image]);
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.Contain("log").And.Contain("norecovery"));
    }

    // sb_logstart: the group is in the upper bits (sb_agblklog).
    private static long FindLog(string image)
    {
        byte[] superBlock = new byte[512];
        using FileStream file = File.OpenRead(image);
        file.ReadExactly(superBlock);
        long block = BinaryPrimitives.ReadInt64BigEndian(superBlock.AsSpan(48));
        int bits = superBlock[124];
        return (((block >> bits) * BinaryPrimitives.ReadUInt32BigEndian(superBlock.AsSpan(84))) + (block & ((1L << bits) - 1)))
            * BinaryPrimitives.ReadUInt32BigEndian(superBlock.AsSpan(4));
    }

    // As Linux makes it of a copy, which stays.
    private static TreeListing Recover(string image, string copy)
    {
        Tool.Run("cp", "--sparse=always", image, copy).Succeeded();
        using var device = new LoopDevice(copy);
        using var kernel = new KernelMount(device.Path, Type, "ro");
        return TreeWalker.List(kernel.Directory);
    }

    // When the machine stops is a matter of luck: until it does in the middle of a change.
    private static string MakeUnfinished(TestFolder folder, string how, out Dictionary<string, string> before)
    {
        Need.Program("python3", "python3");
        string script = Path.Combine(AppContext.BaseDirectory, "Native", "unfinished-xfs.py");
        string image = folder["unfinished.img"];
        for (int delay = 3; delay < 100; delay += 4)
        {
            XfsImage.MakeEmpty(image, "--unsupported -l size=16m", "96M");
            if (how != "clone")
            {
                XfsImage.AddFeatures(image, ExchangeRange);
            }

            string said = string.Empty;
            XfsImage.Change(image, directory => said = Tool.Run("python3", script, directory, how, $"{delay}", "200").Succeeded().Text);
            if (ImageFsProgram.Run("info", image).Succeeded().Text.Contains("it had begun", StringComparison.Ordinal))
            {
                before = said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToDictionary(words => words[0], words => words[1]);
                return image;
            }
        }

        throw new AssertionException("no log of so many had anything unfinished");
    }

    private static string MakeStopped(TestFolder folder, string options, int seed, int operations, int how, string size = "300M")
    {
        string image = folder["made.img"];
        XfsImage.MakeEmpty(image, options, size);
        XfsImage.Change(image, directory => Churn(directory, seed, operations, how));
        return image;
    }

    private static void Churn(string directory, int seed, int operations, int? how)
    {
        Need.Program("python3", "python3");
        string script = Path.Combine(AppContext.BaseDirectory, "Native", "churn.py");
        Tool.Run("python3", [script, directory, $"{seed}", $"{operations}", .. how is { } word ? (string[])[$"{word}"] : []]).Succeeded();
    }
}
