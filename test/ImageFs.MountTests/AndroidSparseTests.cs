using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Sparse images of Android: the disks that img2simg was given, whole and in parts, and spliced.</summary>
internal sealed class AndroidSparseTests
{
    private const int Limit = Limits.Test;
    private const int FileLength = 8 << 20;

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_that_of_the_raw_disk_in_parts_too()
    {
        using TestDisk disk = TestDisk.Gpt();
        using var folder = new TestFolder();
        Tool.Run("img2simg", disk.Path, folder["disk.simg"]).Succeeded();
        Tool.Run("simg2simg", folder["disk.simg"], folder["super.img_sparsechunk"], "150000").Succeeded();
        Assert.That(File.Exists(folder["super.img_sparsechunk.1"]));
        using var raw = ImageMount.Mount(disk.Path);
        TreeListing expected = raw.List();
        foreach (string name in (string[])["disk.simg", "super.img_sparsechunk.0", "super.img_sparsechunk.1"])
        {
            using var mount = ImageMount.Mount(folder[name]);
            Assert.That(mount.List().DifferencesFrom(expected, Facts.Recorded), Is.Empty, name);
        }

        string info = ImageFsProgram.Run("info", folder["super.img_sparsechunk.0"]).Succeeded().Text;
        Assert.That(info, Does.Contain("android-sparse").And.Contain("rootfs"));
        Assert.That(ImageFsProgram.Run("verify", folder["disk.simg"]).Text, Does.Contain("CRC-32 of the disk (the image has none)"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_file_in_ext4_in_it_is_spliced_from_it()
    {
        Need.Program("strace", "strace");
        using var folder = new TestFolder();
        Tool.Shell(
            """
            cd "$1" && mkdir tree && head -c "$2" /dev/urandom >tree/data && mke2fs -q -t ext4 -d tree disk.img 16M && img2simg disk.img disk.simg
            """, folder.Path, $"{FileLength}").Succeeded();
        var trace = new SpliceTrace(folder);
        using (var mount = ImageMount.MountInForeground(folder["disk.simg"], string.Empty, awaitAnswer: true, trace.Wrapper))
        {
            Tool.Run("cmp", folder["tree/data"], mount["data"]).Succeeded();
            Assert.That(mount.Unmount().ExitCode, Is.Zero);
            Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited));
        }

        Assert.That(trace.SplicedFrom(folder["disk.simg"]), Is.GreaterThan(FileLength * 97L / 100));
        Assert.That(trace.CopiesFrom(folder["disk.simg"]), Is.Empty);
    }
}
