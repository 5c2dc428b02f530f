using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Archives as trees, and disks in them.</summary>
internal sealed class ArchiveTests
{
    private const int Limit = Limits.Test;
    private const int FileLength = 8 << 20;

    [Test]
    [CancelAfter(Limit)]
    public void Tar_finds_no_difference_between_an_archive_and_its_mount()
    {
        using var folder = new TestFolder();
        Tool.Shell(
            """
            cd "$1" && mkdir -p tree/a/b && head -c 3000000 /dev/urandom >tree/a/b/data && echo hi >tree/a/small && ln -s b/data tree/a/soft && ln tree/a/small tree/hard
            mkfifo tree/fifo && mknod tree/null c 1 3 && truncate -s 5M tree/holes && echo end >>tree/holes && chown -R 12:34 tree/a/b && chmod 4711 tree/a/small
            mkdir -p "tree/$(printf '%0120d/%0120d' 1 2)" && echo long >"tree/$(printf '%0120d/%0120d/%0120d' 1 2 3)"
            for format in gnu pax; do tar --create --sparse --format=$format --file=$format.tar --directory=tree .; done; xz -k pax.tar
            """, folder.Path).Succeeded();
        foreach (string name in (string[])["gnu.tar", "pax.tar", "pax.tar.xz"])
        {
            using var mount = ImageMount.Mount(folder[name]);
            Tool.Run("tar", "--compare", $"--file={folder[name]}", "-C", mount.Directory).Succeeded();
            Tool.Run("diff", "-r", "--no-dereference", "--exclude=null", "--exclude=fifo", folder["tree"], mount.Directory).Succeeded();
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_file_in_the_disk_of_a_virtual_machine_is_spliced_from_the_archive()
    {
        Need.Program("strace", "strace");
        using var folder = new TestFolder();
        Tool.Shell(
            """
            cd "$1" && mkdir tree && head -c "$2" /dev/urandom >tree/data && mke2fs -q -t ext4 -d tree disk.img 16M && qemu-img convert -O vmdk disk.img disk.vmdk
            echo '<Envelope><References><File href="disk.vmdk" id="f"/></References><DiskSection><Disk fileRef="f"/></DiskSection></Envelope>' >vm.ovf
            tar --create --format=ustar --file=vm.ova vm.ovf disk.vmdk
            """, folder.Path, $"{FileLength}").Succeeded();
        Assert.That(ImageFsProgram.Run("ls", folder["vm.ova"]).Succeeded().Text, Does.Contain("data"));
        Assert.That(ImageFsProgram.Run("ls", $"{folder["vm.ova"]}//disk.vmdk").Succeeded().Text, Does.Contain("data"));
        var trace = new SpliceTrace(folder);
        using (var mount = ImageMount.MountInForeground(folder["vm.ova"], string.Empty, awaitAnswer: true, trace.Wrapper))
        {
            Tool.Run("cmp", folder["tree/data"], mount["data"]).Succeeded();
            Assert.That(mount.Unmount().ExitCode, Is.Zero);
            Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited));
        }

        Assert.That(trace.SplicedFrom(folder["vm.ova"]), Is.GreaterThan(FileLength * 97L / 100));
        Assert.That(trace.CopiesFrom(folder["vm.ova"]), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_volume_that_partclone_saved_is_what_it_was()
    {
        using var folder = new TestFolder();
        Tool.Shell(
            """
            cd "$1" && mkdir tree && head -c "$2" /dev/urandom >tree/data && mke2fs -q -t ext4 -d tree disk.img 16M
            partclone.ext4 -c -q -L log -s disk.img -o disk.pcl && zstd -q -c disk.pcl | split -b 1M - sda1.ext4-ptcl-img.zst.
            """, folder.Path, $"{FileLength}").Succeeded();
        using var raw = ImageMount.Mount(folder["disk.img"]);
        TreeListing expected = raw.List();
        foreach (string name in (string[])["disk.pcl", "sda1.ext4-ptcl-img.zst.aa"])
        {
            using var mount = ImageMount.Mount(folder[name]);
            Assert.That(mount.List().DifferencesFrom(expected, Facts.Recorded), Is.Empty, name);
        }

        Assert.That(ImageFsProgram.Run("verify", folder["disk.pcl"]).Succeeded().Text, Does.Contain("checksums of blocks"));
    }
}
