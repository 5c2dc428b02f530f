using System.Text.Json;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;
using static ImageFs.MountTests.Support.InfoReport;

namespace ImageFs.MountTests;

/// <summary>Disks with partitions: the tables against sfdisk and blkid, the trees against those of the images that lie in the partitions.</summary>
internal sealed class VolumeTests
{
    private const int Limit = Limits.Test;

    /// <summary>A kind of disk.</summary>
    public enum Kind
    {
        /// <summary>An MBR with logical partitions.</summary>
        Mbr,

        /// <summary>A GPT.</summary>
        Gpt,

        /// <summary>A GPT on sectors of 4096 bytes.</summary>
        Gpt4096,
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_partitions_are_those_of_sfdisk([Values] Kind kind)
    {
        using TestDisk disk = Make(kind);
        JsonElement info = Of(disk.Path);
        Assert.That(Text(info, "pttype"), Is.EqualTo(disk.Table.Type));
        Assert.That($"0x{Text(info, "ptuuid")}", Does.EndWith(disk.Table.Id[2..]));
        Assert.That(
            Partitions(info).Select(part => new Sfdisk.Partition(
                (int)Number(part, "partn"),
                Number(part, "start"),
                Number(part, "size"),
                Sfdisk.TypeOf(Text(part, "parttype")),
                Text(part, "partlabel"),
                disk.Table.Type == "gpt" ? Text(part, "partuuid") : string.Empty)),
            Is.EqualTo(disk.Table.Partitions));
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_file_systems_are_those_of_blkid([Values] Kind kind)
    {
        using TestDisk disk = Make(kind);
        JsonElement[] partitions = [.. Partitions(Of(disk.Path))];
        foreach (Sfdisk.Partition partition in disk.Table.Partitions)
        {
            JsonElement told = partitions.Single(part => Number(part, "partn") == partition.Number);
            Dictionary<string, string> expected = Blkid.OfPart(disk.Path, partition.Start, partition.Size);
            string at = $"partition {partition.Number}";
            Assert.That(Text(told, "fstype"), Is.EqualTo(expected.GetValueOrDefault("TYPE", string.Empty)), at);
            Assert.That(Text(told, "label"), Is.EqualTo(expected.GetValueOrDefault("LABEL", string.Empty)), at);
            Assert.That(Text(told, "uuid"), Is.EqualTo(expected.GetValueOrDefault("UUID", string.Empty)), at);
            Assert.That(Text(told, "unknown"), expected.ContainsKey("TYPE") ? Is.Empty : Is.Not.Empty, $"{at}: the reason why it is not shown");
        }
    }

    [TestCase(Kind.Mbr, "1-TEST LABEL", "2-ext4", "5-TEST LABEL", "6-ext2")]
    [TestCase(Kind.Gpt, "1-EFI", "2-rootfs", "3-TEST LABEL", "4-a_b ü")]
    [TestCase(Kind.Gpt4096, "1-EFI", "2-rootfs", "3-TEST LABEL", "4-a_b ü")]
    [CancelAfter(Limit)]
    public void Several_file_systems_are_shown_at_once_with_all_that_is_in_each(Kind kind, params string[] directories)
    {
        using TestDisk disk = Make(kind);
        using var mount = ImageMount.Mount(disk.Path);
        string[] names = Tool.Run("ls", "-A", mount.Directory).Succeeded().Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(names, Is.EqualTo(directories));
        foreach (string name in names)
        {
            AssertIs(disk.Contents[name[0] - '0'], TreeWalker.List(mount[name]));
        }

        Assert.That(mount.List().Entries.Where(entry => entry["readdir"] is not null && entry.Path != "/"), Is.Empty, "readdir and stat differ");
    }

    [Test]
    [CancelAfter(Limit)]
    public void One_partition_is_chosen_by_its_number([Values] Kind kind)
    {
        using TestDisk disk = Make(kind);
        foreach ((int number, string image) in disk.Contents.Where(content => !content.Value.StartsWith("invalid", StringComparison.Ordinal)))
        {
            AssertShows(disk, $"part={number}", image);
        }
    }

    [TestCase("label=EFI", "fat/fat16")]
    [TestCase("label=rootfs", "ext/ext4")]
    [TestCase("label=ext4", "ext/ext4")]
    [TestCase("uuid=6578745f-7465-7374-8000-000000000001,part=4", "ext/hash-tea")]
    [TestCase("uuid=6578745F-7465-7374-8000-000000000001,label=ext4", "ext/ext4")]
    [TestCase("partuuid=aaaaaaaa-0000-4000-8000-000000000003", "exfat/filled")]
    [TestCase("partuuid=AAAAAAAA-0000-4000-8000-000000000004", "ext/hash-tea")]
    [TestCase("type=c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "fat/fat16")]
    [TestCase("type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "fat/fat16")]
    [TestCase("type=exfat", "exfat/filled")]
    [TestCase("type=vfat", "fat/fat16")]
    [TestCase("offset=1M", "fat/fat16")]
    [TestCase("offset=11534336,sizelimit=10M", "ext/ext4")]
    [TestCase("start=11M,size=10485760", "ext/ext4")]
    [TestCase("start=11264K", "ext/ext4")]
    [CancelAfter(Limit)]
    public void One_file_system_is_chosen_by(string options, string image)
    {
        using TestDisk disk = TestDisk.Gpt();
        AssertShows(disk, options, image);
    }

    [TestCase("part=9", "9")]
    [TestCase("part=x", "part=x")]
    [TestCase("label=none", "none")]
    [TestCase("uuid=1234", "1234")]
    [TestCase("offset=-1", "offset=-1")]
    [TestCase("offset=1Q", "offset=1Q")]
    [TestCase("offset=1000G", "offset")]
    [CancelAfter(Limit)]
    public void A_choice_of_what_is_not_there_is_refused_by_its_words(string options, string word)
    {
        using TestDisk disk = TestDisk.Gpt();
        (ToolResult said, bool mounted) = ImageMount.TryMount(disk.Path, options);
        Assert.That(mounted, Is.False);
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.StartWith("imagefs: ").And.Contain(word));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_partition_without_a_known_file_system_is_refused_by_its_number()
    {
        using TestDisk disk = TestDisk.Mbr();
        (ToolResult said, bool mounted) = ImageMount.TryMount(disk.Path, "part=7");
        Assert.That(mounted, Is.False);
        Assert.That(said.Error, Does.Contain("part=7"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_only_file_system_of_a_disk_is_its_tree()
    {
        using TestDisk disk = TestDisk.Single();
        AssertShows(disk, "", "ext/inline");
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_backup_of_a_gpt_is_read_when_the_primary_is_gone()
    {
        using TestDisk disk = TestDisk.Gpt();
        Tool.Run("dd", "if=/dev/zero", $"of={disk.Path}", "bs=512", "seek=1", "count=1", "conv=notrunc", "status=none").Succeeded();
        AssertShows(disk, "part=2", "ext/ext4");
    }

    [Test]
    [CancelAfter(Limit)]
    public void An_isohybrid_image_is_an_iso_first_though_it_has_partitions()
    {
        string image = TestImages.Get("isohybrid");
        using var whole = ImageMount.Mount(image);
        Assert.That(whole.List().DifferencesFrom(LinuxReader.List(image)!, Facts.All), Is.Empty);
        Assert.That(Partitions(Of(image)), Is.Not.Empty);
    }

    [TestCase("dos")]
    [TestCase("gpt")]
    [CancelAfter(Limit)]
    public void A_partition_that_is_appended_to_an_iso_is_chosen_by_its_number(string table)
    {
        Need.Program("xorriso", "xorriso");
        Need.Program("mkfs.fat", "dosfstools");
        Need.Program("mcopy", "mtools");
        using var folder = new TestFolder();
        string image = folder["hybrid.iso"];
        string extracted = folder.CreateDirectory("extracted");
        const string Script =
            """
            cd "$1" && mkdir -p tree/boot efi/EFI/BOOT
            seq 20000 >tree/boot/kernel && seq 5000 >efi/EFI/BOOT/BOOTX64.EFI && echo 'a long name' >'efi/EFI/long name.conf' && : >efi/EFI/empty
            truncate -s 4M efi.img && mkfs.fat -n ESP efi.img && MTOOLS_SKIP_CHECK=1 mcopy -s -m -i efi.img efi/EFI ::/
            [ "$2" = gpt ] && gpt=-appended_part_as_gpt
            xorriso -no_rc -as mkisofs -R -V HYBRID -o hybrid.iso -append_partition 2 0xef efi.img $gpt \
                -e --interval:appended_partition_2:all:: -no-emul-boot -isohybrid-gpt-basdat tree
            MTOOLS_SKIP_CHECK=1 mcopy -s -m -i efi.img ::/EFI extracted
            """;
        Tool.Shell(Script, folder.Path, table).Succeeded();

        JsonElement info = Of(image);
        JsonElement[] children = [.. Children(info)];
        Assert.That(Text(info, "pttype"), Is.EqualTo(table));
        Assert.That(Text(info, "fstype"), Is.EqualTo("iso9660"));
        Assert.That(Text(children[0], "type"), Is.EqualTo("iso9660"), "the ISO comes first");
        Assert.That(
            children[1..].Select(part => (Number(part, "partn"), Number(part, "start"), Number(part, "size"))),
            Is.EqualTo(Sfdisk.Read(image).Partitions.Select(part => ((long)part.Number, part.Start, part.Size))));
        Assert.That(Text(children.Single(child => Text(child, "type") == "part" && Number(child, "partn") == 2), "fstype"), Is.EqualTo("vfat"));

        using (var whole = ImageMount.Mount(image))
        {
            Assert.That(whole.List().DifferencesFrom(LinuxReader.List(image)!, Facts.All), Is.Empty);
        }

        foreach (string options in new[] { "part=2", "label=ESP" })
        {
            using var part = ImageMount.Mount(image, options);
            Assert.That(Files(part.Directory).DifferencesFrom(Files(extracted), "size", "mtime", "sha256"), Is.Empty, options);
        }
    }

    // mcopy makes directories anew.
    private static TreeListing Files(string directory) => TreeWalker.List(directory).Where(entry => entry.IsFile);

    private static TestDisk Make(Kind kind) => kind switch
    {
        Kind.Mbr => TestDisk.Mbr(),
        Kind.Gpt => TestDisk.Gpt(),
        _ => TestDisk.Gpt(4096),
    };

    private static void AssertShows(TestDisk disk, string options, string image)
    {
        using var mount = ImageMount.Mount(disk.Path, options);
        AssertIs(image, mount.List());
    }

    private static void AssertIs(string image, TreeListing listing)
    {
        using var mount = ImageMount.Mount(TestImages.Get(image));
        Assert.That(listing.DifferencesFrom(mount.List(), [.. Facts.Recorded.Except(["ino"])]), Is.Empty, image);
    }
}
