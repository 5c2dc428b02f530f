using System.Buffers.Binary;
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

    // Linux frees what is still to be freed as it recovers, so what it has of free space is more than what is shown here.
    [TestCase("", 1, 600, WithLog)]
    [TestCase("", 2, 1500, WithoutLog)]
    [TestCase("--unsupported -b size=1k -m rmapbt=1 -l size=10m", 3, 2000, WithoutLog)]
    [TestCase("--unsupported -s size=4k -l size=16m,su=32k", 4, 1000, WithoutLog)]
    [TestCase("--unsupported -m bigtime=0,reflink=0,finobt=0,inobtcount=0 -i sparse=0 -l size=10m", 5, 1500, WithLog)]
    [TestCase("--unsupported -n size=16k -i size=1024,nrext64=1 -l size=24m,su=256k", 6, 1000, WithoutLog)]
    [CancelAfter(Limit)]
    public void What_the_log_holds_is_shown(string options, int seed, int operations, int how)
    {
        using var folder = new TestFolder();
        string image = MakeStopped(folder, options, seed, operations, how);
        string before = Tool.Run("sha256sum", image).Succeeded().Text;
        TreeListing expected = KernelTree.List(image, Type, isWritable: true);

        using (var mount = ImageMount.Mount(image))
        {
            TreeListing shown = mount.List();
            Assert.That(shown.Count, Is.GreaterThan(50));
            Assert.That(shown.DifferencesFrom(expected, [.. Facts.All, "btime", "xattr"]), Is.Empty);
        }

        Assert.That(Tool.Run("sha256sum", image).Succeeded().Text, Is.EqualTo(before), "the image was changed");
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

    private static string MakeStopped(TestFolder folder, string options, int seed, int operations, int how)
    {
        string image = folder["made.img"];
        XfsImage.MakeEmpty(image, options);
        Need.Program("python3", "python3");
        string script = Path.Combine(AppContext.BaseDirectory, "Native", "churn.py");
        XfsImage.Change(image, directory => Tool.Run("python3", script, directory, $"{seed}", $"{operations}", $"{how}").Succeeded());
        return image;
    }
}
