using System.Text.Json;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Volumes of LVM's own tools, mounted.</summary>
[NonParallelizable]
internal sealed class LvmTests
{
    private const int Limit = Limits.Test;
    private const int MiB = 1 << 20;
    private const int Chunk = 64 << 10;
    private const int PartitionStart = MiB;
    private const int DataStart = MiB;
    private const int VolumeLength = 50 * MiB;
    private const int FileLength = 40 * MiB;

    // A volume group on two devices, as lvm2 describes it: without the device mapper, so nothing is active.
    private const string MakeGroup =
        """
        export LVM_SYSTEM_DIR="$1/lvm" LVM_SUPPRESS_FD_WARNINGS=1
        mkdir "$1/lvm"
        cat >"$1/lvm/lvm.conf" <<end
        devices { dir = "/dev" scan = [ "/dev" ] use_devicesfile = 0 filter = [ "a|^$2\$|", "a|^$3\$|", "r|.*|" ] obtain_device_list_from_udev = 0 external_device_info_source = "none" }
        activation { udev_sync = 0 udev_rules = 0 }
        backup { backup = 0 archive = 0 }
        global { activation = 0 use_lvmpolld = 0 locking_dir = "$1/lvm" }
        end
        vgcreate -q --dataalignment 1m -s 1m vg "$2" "$3" && lvcreate -q -an -Zn -Wn -i 2 -I 64k -l 50 -n root vg
        """;

    [Test]
    [CancelAfter(Limit)]
    public void A_file_in_ext4_on_a_striped_volume_in_partitions_in_qcow2_is_spliced_and_every_layer_named()
    {
        Need.Program("strace", "strace");
        using var folder = new TestFolder();
        string[] images = Make(folder, out string source);

        var trace = new SpliceTrace(folder);
        using (var mount = ImageMount.MountInForeground(images[0], $"device={images[1]}", awaitAnswer: true, trace.Wrapper))
        {
            Tool.Run("cmp", source, mount["data"]).Succeeded();
            Assert.That(mount.Unmount().ExitCode, Is.Zero);
            Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited));
        }

        foreach (string image in images)
        {
            Assert.That(trace.SplicedFrom(image), Is.GreaterThan(FileLength / 2 * 97L / 100), $"bytes that were spliced from {image}");
            Assert.That(trace.ReadFrom(image), Is.LessThan(FileLength / 50), $"bytes of {image} that were read: tables, inodes, directories");
            Assert.That(trace.CopiesFrom(image), Is.Empty);
        }

        using JsonDocument json = JsonDocument.Parse(ImageFsProgram.Run("extents", "--json", "-o", $"device={images[1]}", images[0], "data").Succeeded().Text);
        JsonElement[] layers = [.. json.RootElement.GetProperty("layers").EnumerateArray()];
        Assert.That(layers.Select(NamesIn), Is.EqualTo((string[])["vg/root", "array", "volume", "volume", "qcow2", string.Join('+', images)]), "volume, stripes, extents, partition, disk, files");
    }

    [Test]
    [CancelAfter(Limit)]
    public void Info_shows_the_group_and_what_is_missing()
    {
        using var folder = new TestFolder();
        string[] images = Make(folder, out _);
        string whole = ImageFsProgram.Run(["info", .. images]).Succeeded().Text;
        Assert.That(ImageFsProgram.Run("info", "-o", $"device={images[1]}", images[0]).Succeeded().Text, Is.EqualTo(whole));
        Assert.That(whole, Does.Match(@"vg/root +lvm +50 MiB +ext4 +lvmtest").And.Match(@"parttype +striped"));
        using var group = JsonDocument.Parse(ImageFsProgram.Run("info", "--json", images[0]).Succeeded().Text);
        Assert.That(group.RootElement.GetRawText(), Does.Match("\"missing\": true"));

        (ToolResult said, bool mounted) = ImageMount.TryMount(images[0], "part=vg/root");
        Assert.That((mounted, said.ExitCode), Is.EqualTo((false, 32)), said.Error);
        Assert.That(said.Error, Does.Match(@"physical volume [0-9A-Za-z-]{38} \(last seen as /dev/loop\d+\) is missing \(-o device=FILE"));
    }

    // The file system is written to where the stripes are, for nothing but the device mapper writes volumes.
    private static string[] Make(TestFolder folder, out string source)
    {
        Need.Program("vgcreate", "lvm2");
        string files = folder.CreateDirectory("files");
        source = Path.Combine(files, "data");
        Tool.Shell("seq -f 'line %.0f of a file with nothing but lines' 4000000 | head -c \"$2\" >\"$1\"", source, $"{FileLength}");
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-L", "lvmtest", "-d", files, folder["fs.raw"], $"{VolumeLength / MiB}M").Succeeded();
        string[] disks = [folder["a.raw"], folder["b.raw"]];
        foreach (string disk in disks)
        {
            Sfdisk.Write(disk, 34, "label: gpt\nstart=2048, size=65536", 512);
        }

        using (var first = new LoopDevice(disks[0], "-o", $"{PartitionStart}", "--sizelimit", $"{32 * MiB}"))
        using (var second = new LoopDevice(disks[1], "-o", $"{PartitionStart}", "--sizelimit", $"{32 * MiB}"))
        {
            Tool.Shell(MakeGroup, folder.Path, first.Path, second.Path).Succeeded();
        }

        using (FileStream from = File.OpenRead(folder["fs.raw"]))
        {
            FileStream[] to = [.. disks.Select(disk => new FileStream(disk, FileMode.Open))];
            byte[] chunk = new byte[Chunk];
            for (int i = 0; i < VolumeLength / Chunk; i++)
            {
                from.ReadExactly(chunk);
                to[i % 2].Position = PartitionStart + DataStart + ((long)(i / 2) * Chunk);
                to[i % 2].Write(chunk);
            }

            Array.ForEach(to, file => file.Dispose());
        }

        string[] images = [folder["a.qcow2"], folder["b.qcow2"]];
        for (int i = 0; i < images.Length; i++)
        {
            VirtualDisk.Make(disks[i], images[i], "qcow2");
        }

        return images;
    }

    private static string NamesIn(JsonElement layer) => string.Join('+', layer.EnumerateArray()
        .Where(extent => extent.GetProperty("kind").GetString() == "mapped").Select(extent => extent.GetProperty("in").GetString()).Distinct().Order());
}
