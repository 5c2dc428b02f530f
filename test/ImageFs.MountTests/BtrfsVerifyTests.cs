using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary><c>verify</c> of Btrfs finds nothing where btrfs check finds nothing, and what it finds is in another copy as well.</summary>
internal sealed class BtrfsVerifyTests
{
    private const int Limit = 2 * Limits.Test;

    [TestCase("", "compress=zstd:3")]
    [TestCase("-n 4096 -O ^no-holes,^skinny-metadata -R ^free-space-tree", "")]
    [TestCase("-n 65536 --csum sha256", "compress-force=lzo")]
    [CancelAfter(Limit)]
    public void What_the_kernel_has_written_is_sound(string options, string mountOptions)
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        BtrfsImage.MakeFull(image, options, mountOptions);
        Tool.Run("btrfs", "check", "--readonly", image).Succeeded();
        ToolResult said = ImageFsProgram.Run("verify", image).Succeeded();
        Assert.That(said.Text, Does.Contain("sound").And.Contain("data checksums").And.Contain("not checked").And.Contain("quota groups"));
    }

    [TestCase(2, "-d raid1 -m raid1")]
    [TestCase(3, "-d raid5 -m raid1c3")]
    [TestCase(4, "-d raid10 -m raid6")]
    [TestCase(2, "-d raid0 -m raid0 -n 4096")]
    [CancelAfter(Limit)]
    public void So_it_is_on_several_devices(int count, string options)
    {
        Need.Program("mkfs.btrfs", "btrfs-progs");
        using var folder = new TestFolder();
        string[] images = [.. Enumerable.Range(0, count).Select(i => folder[$"{i}.img"])];
        Tool.Run("truncate", ["-s", "300M", .. images]).Succeeded();
        using (var devices = new LoopDevices(images))
        {
            Tool.Run("mkfs.btrfs", ["-q", .. options.Split(' '), .. devices.All.Select(device => device.Path)]).Succeeded();
            using var mount = new KernelMount(devices.All[0].Path, BtrfsImage.Type, devices.OptionsOfFirst("rw"));
            BtrfsImage.Fill(mount);
        }

        ToolResult said = ImageFsProgram.Run("verify", "-o", string.Join(',', images.Skip(1).Select(image => $"device={image}")), images[0]).Succeeded();
        Assert.That(said.Text, Does.Contain("sound").And.Contain("extents and references"));
    }
}
