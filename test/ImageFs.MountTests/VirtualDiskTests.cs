using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;
using static ImageFs.MountTests.Support.InfoReport;

namespace ImageFs.MountTests;

/// <summary>Disks with partitions inside virtual disks that qemu made: the trees are those of the raw disks.</summary>
internal sealed class VirtualDiskTests
{
    private const int Limit = Limits.Test;

    [TestCase("qcow2", "")]
    [TestCase("qcow2", "cluster_size=512")]
    [TestCase("qcow2", "cluster_size=2M,extended_l2=on")]
    [TestCase("qcow2", "compression_type=zlib", "-c")]
    [TestCase("qcow2", "compression_type=zstd", "-c")]
    [TestCase("qcow2", "data_file=data.raw")]
    [TestCase("vpc", "subformat=dynamic,force_size=on")]
    [TestCase("vpc", "subformat=fixed,force_size=on")]
    [TestCase("vhdx", "subformat=dynamic")]
    [TestCase("vhdx", "subformat=fixed")]
    [TestCase("vmdk", "subformat=monolithicSparse")]
    [TestCase("vmdk", "subformat=monolithicFlat")]
    [TestCase("vmdk", "subformat=twoGbMaxExtentSparse")]
    [TestCase("vmdk", "subformat=streamOptimized")]
    [TestCase("vdi", "")]
    [TestCase("vdi", "static=on")]
    [CancelAfter(Limit)]
    public void The_tree_is_that_of_the_raw_disk(string format, string options, params string[] flags)
    {
        using TestDisk disk = TestDisk.Gpt();
        using var folder = new TestFolder();
        string image = folder["disk"];
        VirtualDisk.Make(disk.Path, image, format, options, flags);
        using var raw = ImageMount.Mount(disk.Path);
        using var mount = ImageMount.Mount(image);
        Assert.That(mount.List().DifferencesFrom(raw.List(), Facts.Recorded), Is.Empty);
        JsonElement info = Of(image);
        JsonElement told = Children(info).Single();
        Assert.That(Text(told, "type"), Is.EqualTo(format));
        Assert.That(Number(told, "size"), Is.EqualTo(64 << 20));
        Assert.That(Partitions(told).Count(), Is.EqualTo(4));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_chain_of_backing_files_with_a_snapshot_is_mounted()
    {
        using TestDisk disk = TestDisk.Single();
        using var folder = new TestFolder();
        VirtualDisk.Make(disk.Path, folder["lower.vmdk"], "vmdk");
        VirtualDisk.Image(folder.Path, "create", "-q", "-f", "qcow2", "-b", "lower.vmdk", "-F", "vmdk", "middle.qcow2");
        VirtualDisk.Image(folder.Path, "snapshot", "-c", "sound", "middle.qcow2");
        VirtualDisk.Image(folder.Path, "create", "-q", "-f", "qcow2", "-b", "middle.qcow2", "-F", "qcow2", "upper.qcow2");
        using var raw = ImageMount.Mount(disk.Path);
        using (var upper = ImageMount.Mount(folder["upper.qcow2"]))
        {
            Assert.That(upper.List().DifferencesFrom(raw.List(), Facts.Recorded), Is.Empty);
        }

        // The disk is wiped, and its snapshot is not.
        VirtualDisk.Io(folder["middle.qcow2"], "qcow2", "write -z 0 30M");
        using var snapshot = ImageMount.Mount(folder["middle.qcow2"], "snapshot=sound");
        Assert.That(snapshot.List().DifferencesFrom(raw.List(), Facts.Recorded), Is.Empty);
        Assert.That(ImageMount.TryMount(folder["middle.qcow2"]).Mounted, Is.False);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_backing_file_elsewhere_wants_to_be_allowed()
    {
        using TestDisk disk = TestDisk.Single();
        using var folder = new TestFolder();
        VirtualDisk.Image(folder.Path, "create", "-q", "-f", "qcow2", "-b", disk.Path, "-F", "raw", "upper.qcow2");
        (ToolResult said, bool mounted) = ImageMount.TryMount(folder["upper.qcow2"]);
        Assert.That(mounted, Is.False);
        Assert.That(said.Error, Does.Contain(disk.Path).And.Contain("backing=any"));
        using var allowed = ImageMount.Mount(folder["upper.qcow2"], "backing=any");
        using var raw = ImageMount.Mount(disk.Path);
        Assert.That(allowed.List().DifferencesFrom(raw.List(), Facts.Recorded), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_virtual_disk_inside_another_is_stepped_into()
    {
        using TestDisk disk = TestDisk.Single();
        using var folder = new TestFolder();
        string inner = folder.CreateDirectory("files");
        VirtualDisk.Make(disk.Path, Path.Combine(inner, "inner.vmdk"), "vmdk", "subformat=monolithicSparse");
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", inner, folder["outer.raw"], "64M").Succeeded();
        VirtualDisk.Make(folder["outer.raw"], folder["outer.qcow2"], "qcow2");
        using var raw = ImageMount.Mount(disk.Path);
        using var mount = ImageMount.Mount($"{folder["outer.qcow2"]}//inner.vmdk");
        Assert.That(mount.List().DifferencesFrom(raw.List(), Facts.Recorded), Is.Empty);
    }

    /// <summary>Seen from outside, by system calls: a file in ext4 in a GPT in a qcow2 is spliced out of the qcow2.</summary>
    [Test]
    [CancelAfter(Limit)]
    public void A_file_in_ext4_in_a_partition_in_a_qcow2_is_spliced_and_never_read()
    {
        const long Length = 64 << 20;
        Need.Program("strace", "strace");
        using var folder = new TestFolder();
        string files = folder.CreateDirectory("files");
        string source = Path.Combine(files, "data");
        Tool.Shell("seq -f 'line %.0f of a file with nothing but lines' 4000000 | head -c \"$2\" >\"$1\"", source, $"{Length}");
        Sfdisk.Write(folder["disk.raw"], 100, "label: gpt\nstart=2048", 512);
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", files, "-E", "offset=1048576", folder["disk.raw"], "90M").Succeeded();
        string image = folder["disk.qcow2"];
        VirtualDisk.Make(folder["disk.raw"], image, "qcow2");

        string trace = folder["trace"];
        string[] strace = ["strace", "-ff", "-qq", "-y", "-s", "0", "-o", trace, "-e", "trace=splice,vmsplice,writev,pread64,preadv,preadv2,read,readv,sendfile,copy_file_range"];
        using (var mount = ImageMount.MountInForeground(image, "", awaitAnswer: true, strace))
        {
            Tool.Run("cmp", source, mount["data"]).Succeeded();
            Assert.That(mount.Unmount().ExitCode, Is.Zero);
            Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited));
        }

        string[] lines = [.. Directory.GetFiles(folder.Path, "trace.*").SelectMany(File.ReadAllLines)];
        string name = Regex.Escape(image);
        long spliced = Sum(lines, new Regex($@"^splice\(\d+<{name}>, .*\)\s+= (?<bytes>\d+)"));
        Assert.That(spliced, Is.GreaterThan(Length * 98 / 100), "bytes that were spliced from the image");

        // Tables, inodes and directories are read, a block at a time.
        Regex read = new($@"^(pread64|preadv2?|read|readv)\(\d+<{name}>.*\)\s+= (?<bytes>\d+)");
        Assert.That(Sum(lines, read), Is.LessThan(Length / 100), "bytes of the image that were read");
        Assert.That(lines.Where(line => read.Match(line) is { Success: true } match && BytesOf(match) > 65536), Is.Empty);
        Assert.That(lines.Where(line => Regex.IsMatch(line, $@"(sendfile|copy_file_range)\(.*<{name}>")), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_fragmented_disk_is_read_right()
    {
        const int Cluster = 64 << 10;
        const int Count = 400;
        using var folder = new TestFolder();
        string files = folder.CreateDirectory("files");
        string source = Path.Combine(files, "data");
        Tool.Shell("seq -f 'line %.0f of a file with nothing but lines' 4000000 | head -c 20000000 >\"$1\"", source);
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", files, folder["disk.raw"], "25M").Succeeded();
        VirtualDisk.Image(folder.Path, "create", "-q", "-f", "qcow2", "disk.qcow2", $"{Count * Cluster}");

        // Each cluster is written before it is known where its neighbours will lie.
        int[] order = [.. Enumerable.Range(0, Count)];
        new Random(3).Shuffle(order);
        VirtualDisk.Io(folder["disk.qcow2"], "qcow2", order.Select(cluster => $"write -P 1 {(long)cluster * Cluster} {Cluster}"));
        VirtualDisk.Image(folder.Path, "convert", "-n", "-f", "raw", "-O", "qcow2", "disk.raw", "disk.qcow2");
        string map = Tool.Run("qemu-img", "map", "--output=json", folder["disk.qcow2"]).Succeeded().Text;
        using (var pieces = JsonDocument.Parse(map))
        {
            Assert.That(pieces.RootElement.GetArrayLength(), Is.GreaterThan(Count / 2), "pieces of the disk");
        }

        using var mount = ImageMount.Mount(folder["disk.qcow2"]);
        Tool.Run("cmp", source, mount["data"]).Succeeded();
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_decoder_that_is_not_installed_is_named()
    {
        Need.Root();
        const string Hide = "for l in /usr/lib/*/libzstd.so.1 /lib/*/libzstd.so.1; do [ ! -e \"$l\" ] || mount --bind /dev/null \"$l\" || exit 9; done";
        using TestDisk disk = TestDisk.Single();
        using var folder = new TestFolder();
        string image = folder["disk.qcow2"];
        VirtualDisk.Make(disk.Path, image, "qcow2", "compression_type=zstd", "-c");
        ToolResult said = Tool.Run("unshare", "-m", "--propagation", "slave", "sh", "-c", $"{Hide}; exec \"$@\"", "sh", ImageFsProgram.Path, "ls", image);
        Assert.That(said.ExitCode, Is.Not.Zero.And.Not.EqualTo(9));
        Assert.That(said.Error, Does.Contain("libzstd.so.1").And.Contain("not supported"));
        Assert.That(ImageFsProgram.Run("ls", image).ExitCode, Is.Zero);
    }

    [TestCase("qcow2", "")]
    [TestCase("qcow2", "cluster_size=4k")]
    [TestCase("qcow2", "", "-c")]
    [TestCase("vmdk", "")]
    [TestCase("vpc", "subformat=dynamic,force_size=on")]
    [TestCase("vdi", "")]
    [CancelAfter(Limit)]
    public void Extents_are_those_of_qemu_img_map(string format, string options, params string[] flags)
    {
        // Runs of noise, of text that compresses, and of nothing.
        const int Piece = 96 << 10;
        byte[] noise = new byte[Piece];
        new Random(5).NextBytes(noise);
        using var folder = new TestFolder();
        using (FileStream raw = File.Create(folder["disk.raw"]))
        {
            for (int i = 0; i < 90; i++)
            {
                raw.Position = (long)i * Piece;
                raw.Write(i % 3 == 0 ? noise : i % 5 == 0 ? Enumerable.Repeat((byte)'t', Piece).ToArray() : []);
            }

            raw.SetLength(90 * Piece);
        }

        VirtualDisk.Make(folder["disk.raw"], folder["disk"], format, options, flags);
        using var map = JsonDocument.Parse(Tool.Run("qemu-img", "map", "--output=json", "-f", format, folder["disk"]).Succeeded().Text);
        using var extents = JsonDocument.Parse(ImageFsProgram.Run("extents", "--json", folder["disk"]).Succeeded().Text);
        string[] expected = [.. Runs(map.RootElement.EnumerateArray().Select(run => (Number(run, "start"), Number(run, "length"), Place(run))))];
        JsonElement last = extents.RootElement.GetProperty("layers").EnumerateArray().Last();
        string[] said = [.. Runs(last.EnumerateArray().Select(run => (Number(run, "offset"), Number(run, "length"), Kind(run))))];
        Assert.That(expected, Has.Length.GreaterThan(format is "qcow2" or "vmdk" ? 20 : 0));
        Assert.That(said, Is.EqualTo(expected));

        // Compressed bytes have no offset in qemu's map, and what reads as zeros no place.
        static long? Place(JsonElement run) => run.TryGetProperty("offset", out JsonElement offset) && run.GetProperty("data").GetBoolean()
            ? offset.GetInt64()
            : run.GetProperty("zero").GetBoolean() ? null : -1;
        static long? Kind(JsonElement run) => Text(run, "kind") switch
        {
            "mapped" => Number(run, "address"),
            "encoded" => -1,
            _ => null,
        };
    }

    // Runs that continue each other are one, as lines: qemu ends a run at each of its tables.
    private static IEnumerable<string> Runs(IEnumerable<(long Start, long Length, long? Place)> runs)
    {
        (long Start, long Length, long? Place)? open = null;
        foreach ((long Start, long Length, long? Place) run in runs)
        {
            if (open is { } begun && (begun.Place is null or -1 ? run.Place == begun.Place : run.Place == begun.Place + begun.Length))
            {
                open = begun with { Length = begun.Length + run.Length };
                continue;
            }

            if (open is { } ended)
            {
                yield return $"{ended}";
            }

            open = run;
        }

        yield return $"{open}";
    }

    private static long Sum(string[] lines, Regex call) => lines.Select(line => call.Match(line)).Where(match => match.Success).Sum(BytesOf);

    private static long BytesOf(Match match) => long.Parse(match.Groups["bytes"].Value, CultureInfo.InvariantCulture);
}
