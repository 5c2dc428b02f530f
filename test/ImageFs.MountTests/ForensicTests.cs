using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Forensic images: the disks that ewfacquire was given, in segments, and spliced where they are stored as they are.</summary>
internal sealed class ForensicTests
{
    private const int Limit = Limits.Test;
    private const int FileLength = 8 << 20;

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_that_of_the_raw_disk_and_the_second_reader_sees_the_same()
    {
        using TestDisk disk = TestDisk.Gpt();
        using var folder = new TestFolder();
        Tool.Run("ewfacquire", "-u", "-q", "-f", "encase6", "-c", "none", "-S", "16777216", "-d", "sha1", "-e", "J. Doe", "-t", folder["disk"], disk.Path).Succeeded();
        Assert.That(File.Exists(folder["disk.E02"]));
        using var raw = ImageMount.Mount(disk.Path);
        TreeListing expected = raw.List();
        using var mount = ImageMount.Mount(folder["disk.E01"]);
        Assert.That(mount.List().DifferencesFrom(expected, Facts.Recorded), Is.Empty);
        string info = ImageFsProgram.Run("info", folder["disk.E01"]).Succeeded().Text;
        Assert.That(info, Does.Contain("J. Doe").And.Contain("rootfs"));
        Assert.That(ImageFsProgram.Run("verify", folder["disk.E01"]).Succeeded().Text, Does.Contain("MD5 and SHA1 of the disk"));
        Tool.Run("ewfverify", "-q", folder["disk.E01"]).Succeeded();
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_file_in_ext4_in_it_is_spliced_from_it()
    {
        Need.Program("strace", "strace");
        using var folder = new TestFolder();
        Tool.Shell(
            """
            cd "$1" && mkdir tree && head -c "$2" /dev/urandom >tree/data && mke2fs -q -t ext4 -d tree disk.img 16M && ewfacquire -u -q -c empty-block -t disk disk.img
            """, folder.Path, $"{FileLength}").Succeeded();
        var trace = new SpliceTrace(folder);
        using (var mount = ImageMount.MountInForeground(folder["disk.E01"], string.Empty, awaitAnswer: true, trace.Wrapper))
        {
            Tool.Run("cmp", folder["tree/data"], mount["data"]).Succeeded();
            Assert.That(mount.Unmount().ExitCode, Is.Zero);
            Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited));
        }

        Assert.That(trace.SplicedFrom(folder["disk.E01"]), Is.GreaterThan(FileLength * 97L / 100));
        Assert.That(trace.CopiesFrom(folder["disk.E01"]), Is.Empty);
    }
}
