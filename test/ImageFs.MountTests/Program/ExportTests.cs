using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary><c>imagefs export</c>: the bytes that qemu-img and sfdisk know.</summary>
internal sealed class ExportTests
{
    [Test]
    public void A_virtual_disk_becomes_a_plain_one_with_holes()
    {
        using var folder = new TestFolder();
        Tool.Run("bash", "-ec", "cd \"$1\"; truncate -s 200M raw; mkfs.ext4 -q raw; qemu-img convert -O qcow2 -c raw disk.qcow2", "bash", folder.Path).Succeeded();
        ImageFsProgram.Run("export", folder["disk.qcow2"], folder["out"]).Succeeded();

        Tool.Run("cmp", folder["raw"], folder["out"]).Succeeded();
        Assert.That(DiskBlocks.Of(folder["out"]), Is.LessThanOrEqualTo(DiskBlocks.Of(folder["raw"]) * 2));
    }

    [Test]
    public void A_partition_comes_by_its_number_and_by_a_pipe()
    {
        using var folder = new TestFolder();
        Tool.Run(
            "bash",
            "-ec",
            "cd \"$1\"; truncate -s 64M disk; printf 'label: gpt\\nstart=2048,size=20480\\nstart=40960,size=40960\\n' | sfdisk -q disk; mkfs.ext4 -q -F -E offset=$((40960*512)) disk 20M; dd if=disk of=part bs=512 skip=40960 count=40960 status=none",
            "bash",
            folder.Path).Succeeded();
        ImageFsProgram.Run("export", "-o", "part=2", folder["disk"], folder["out"]).Succeeded();
        Tool.Run("cmp", folder["part"], folder["out"]).Succeeded();
        Tool.Run("bash", "-o", "pipefail", "-c", "\"$1\" export -o part=2 \"$2\" - | cmp - \"$3\"", "bash", ImageFsProgram.Path, folder["disk"], folder["part"]).Succeeded();

        // Without a partition it is the disk, and its holes stay.
        ImageFsProgram.Run("export", folder["disk"], folder["whole"]).Succeeded();
        Tool.Run("cmp", folder["disk"], folder["whole"]).Succeeded();
        Assert.That(DiskBlocks.Of(folder["whole"]) * 512, Is.LessThan(32 << 20));
    }

    [Test]
    public void An_image_that_is_cut_short_leaves_no_file()
    {
        using var folder = new TestFolder();
        Tool.Run("bash", "-ec", "cd \"$1\"; head -c 8000000 /dev/urandom >raw; qemu-img convert -O qcow2 raw disk.qcow2; truncate -s 4000000 disk.qcow2", "bash", folder.Path).Succeeded();
        ToolResult said = ImageFsProgram.Run("export", folder["disk.qcow2"], folder["out"]);

        Assert.That(said.ExitCode, Is.EqualTo(32), said.Error);
        Assert.That(Directory.GetFiles(folder.Path, "out*"), Is.Empty);
    }

    [Test]
    public void A_full_disk_leaves_no_file()
    {
        Need.Root();
        using var folder = new TestFolder();
        Tool.Run("bash", "-ec", "cd \"$1\"; head -c 8000000 /dev/urandom >raw; mkdir full", "bash", folder.Path).Succeeded();
        ToolResult said = Tool.Run(
            "unshare", "-m", "--propagation", "slave", "sh", "-c", "mount -t tmpfs -o size=4m none \"$1/full\"; \"$2\" export \"$1/raw\" \"$1/full/out\"; s=$?; ls \"$1/full\"; exit $s", "sh", folder.Path, ImageFsProgram.Path);

        Assert.That(said.ExitCode, Is.EqualTo(2), said.Error);
        Assert.That(said.Error, Does.Contain("No space left"));
        Assert.That(said.Text, Is.Empty);
    }

    [Test]
    public void A_device_is_not_written_to()
    {
        Need.Root();
        using var folder = new TestFolder();
        Tool.Run("mknod", folder["device"], "c", "1", "3").Succeeded();
        ToolResult said = ImageFsProgram.Run("export", TestImages.Get("sample"), folder["device"]);
        Assert.That(said.ExitCode, Is.EqualTo(2));
        Assert.That(said.Error, Does.Contain("not a regular file"));
        Tool.Run("test", "-c", folder["device"]).Succeeded();
    }
}
