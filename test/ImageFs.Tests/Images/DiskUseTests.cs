using ImageFs.FileSystems;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using static ImageFs.Tests.Support.DiskImage;

namespace ImageFs.Tests.Images;

/// <summary>What counts of a disk on which older structures have stayed behind: the whole or its partitions, and what is said of the other.</summary>
internal sealed class DiskUseTests
{
    private const string Linux = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
    private const string Bios = "21686148-6449-6E6F-744E-656564454649";

    private static readonly (string Name, DiskImage Disk, string Shown, bool IsInDoubt)[] s_cases =
    [
        // Something written before the table.
        ("an ISO before an MBR", new DiskImage(8 * MiB).Put("sample.iso", 0).Mbr((MiB, 6 * MiB)).Put("fat/fat16.img", MiB), "1:vfat", true),
        ("an ISO before an MBR that begins after it", new DiskImage(8 * MiB).Put("level1.iso", 0).Mbr((MiB, 6 * MiB)).Put("ext/ext2.img", MiB), "1:ext4", true),
        ("an ISO before a GPT", new DiskImage(8 * MiB).Put("sample.iso", 0).Gpt((MiB, 4 * MiB, Linux)).Put("ext/ext4.img", MiB), "1:ext4", true),
        ("a hybrid ISO before an MBR", new DiskImage(8 * MiB).Put("isohybrid.iso", 0).Mbr((MiB, 6 * MiB)).Put("fat/fat16.img", MiB), "1:vfat", true),
        ("FAT32 before a GPT", new DiskImage(36 * MiB).Put("fat/fat32.img", 0).Gpt((MiB, 4 * MiB, Linux)).Put("ext/ext4.img", MiB), "1:ext4", false),
        ("FAT16 before a GPT", new DiskImage(8 * MiB).Put("fat/fat16.img", 0).Gpt((MiB, 4 * MiB, Linux)).Put("ext/ext4.img", MiB), "1:ext4", false),
        ("FAT before a GPT with nothing in it", new DiskImage(36 * MiB).Put("fat/fat32.img", 0).Gpt((MiB, 4 * MiB, Linux)), "", false),
        ("FAT before an MBR", new DiskImage(36 * MiB).Put("fat/fat32.img", 0).Mbr((MiB, 4 * MiB)).Put("ext/ext4.img", MiB), "1:ext4", true),
        ("FAT before an MBR of old alignment", new DiskImage(36 * MiB).Put("fat/fat32.img", 0).Mbr((63 * 512, 4 * MiB)).Put("ext/ext4.img", 63 * 512), "1:ext4", false),
        ("ext4 before an MBR", new DiskImage(8 * MiB).Put("ext/ext4.img", 0).Mbr((MiB, 6 * MiB)).Put("fat/fat16.img", MiB), "1:vfat", true),
        ("ext4 before an MBR with what is not read", new DiskImage(8 * MiB).Put("ext/ext4.img", 0).Mbr((MiB, 6 * MiB)).Put("UBI#"u8, MiB), "", true),
        ("exFAT before an MBR", new DiskImage(8 * MiB).Put("exfat/filled.img", 0).Clear(446, 64).Mbr((MiB, 6 * MiB)).Put("fat/fat16.img", MiB), "1:vfat", false),
        ("UDF before an MBR", new DiskImage(10 * MiB).Put("udf/hd201.img", 0).Mbr((2 * MiB, 6 * MiB)).Put("fat/fat16.img", 2 * MiB), "1:vfat", true),
        ("FAT before an MBR with nothing in it", new DiskImage(36 * MiB).Put("fat/fat32.img", 0).Mbr((MiB, 4 * MiB)), "vfat", true),
        ("an ISO before a disk that boots", new DiskImage(8 * MiB).Put("sample.iso", 0).Gpt((34 * 512, (512 * KiB) - (34 * 512), Bios), (MiB, 4 * MiB, Linux)).Put("ext/ext4.img", MiB), "2:ext4", true),

        // Something written over a table.
        ("an ISO over a partitioned stick", new DiskImage(8 * MiB).Gpt((MiB, 4 * MiB, Linux)).Put("ext/ext4.img", MiB).Put("sample.iso", 0), "iso9660", false),
        ("an ISO over a GPT, behind the system area", new DiskImage(8 * MiB).Gpt((MiB, 4 * MiB, Linux)).Put("ext/ext4.img", MiB).Put("sample.iso", 0, 32 * KiB), "iso9660", true),
        ("ext4 over a GPT whose MBR and backup remain", new DiskImage(8 * MiB).Gpt((4 * MiB, 2 * MiB, Linux)).Put("ext/ext2.img", 4 * MiB).Put("ext/ext4.img", 0, KiB), "ext4", true),
        ("FAT over a GPT whose backup remains", new DiskImage(8 * MiB).Gpt((MiB, 4 * MiB, Linux)).Put("ext/ext4.img", MiB).Put("fat/fat16.img", 0), "vfat", false),

        // Both at once, as they were made.
        ("a hybrid ISO", new DiskImage(256 * KiB).Put("isohybrid.iso", 0), "iso9660", false),
        ("a hybrid ISO on a larger stick", new DiskImage(8 * MiB).Put("isohybrid.iso", 0), "iso9660", false),
        ("an ISO with itself as a partition and another appended", new DiskImage(384 * KiB).Put("appended.iso", 0), "iso9660", false),
        ("an ISO with itself as a small partition and a larger one appended", Enlarge(new DiskImage(16 * MiB).Put("appended.iso", 0)).Put("fat/fat16.img", MiB), "iso9660", false),
        ("an ISO of another time in its first partition", Enlarge(new DiskImage(16 * MiB).Put("appended.iso", 0).Put("sample.iso", 32 * KiB, 32 * KiB)).Put("fat/fat16.img", MiB), "1:iso9660 2:vfat", false),
        ("FAT with a table in its boot sector", new DiskImage(36 * MiB).Put("fat/fat32.img", 0).Mbr((0, 36 * MiB)), "vfat", false),
        ("FAT whose boot code looks like a table", new DiskImage(36 * MiB).Put("fat/fat32.img", 0).Mbr((40 * MiB, 100 * MiB), (1 * MiB, 512 * MiB)), "vfat", false),
        ("an ISO with a protective partition", new DiskImage(2 * MiB).Put("sample.iso", 0).Mbr((512, (2 * MiB) - 512)), "iso9660", false),

        // A file system in a partition that begins in the first sectors.
        ("an ISO in a partition at sector 1", new DiskImage(8 * MiB).Mbr((512, 4 * MiB)).Put("sample.iso", 512), "1:iso9660", false),
        ("an ISO in a partition at sector 4", new DiskImage(8 * MiB).Mbr((2 * KiB, 4 * MiB)).Put("sample.iso", 2 * KiB), "1:iso9660", false),
        ("an ISO in a partition at sector 16", new DiskImage(8 * MiB).Mbr((8 * KiB, 4 * MiB)).Put("sample.iso", 8 * KiB), "1:iso9660", false),
        ("an ISO in a partition at sector 63", new DiskImage(8 * MiB).Mbr((63 * 512, 4 * MiB)).Put("sample.iso", 63 * 512), "1:iso9660", false),
        ("an ISO in a partition at sector 64", new DiskImage(8 * MiB).Mbr((32 * KiB, 4 * MiB)).Put("sample.iso", 32 * KiB), "1:iso9660", false),
        ("an ISO in the first partition of two", new DiskImage(8 * MiB).Mbr((4 * KiB, 2 * MiB), (3 * MiB, 5 * MiB)).Put("sample.iso", 4 * KiB).Put("fat/fat16.img", 3 * MiB), "1:iso9660 2:vfat", false),
        ("ext4 in a partition at sector 2", new DiskImage(8 * MiB).Mbr((KiB, 4 * MiB)).Put("ext/ext4.img", KiB), "1:ext4", false),
    ];

    [Test]
    public void The_better_of_the_two_is_shown([ValueSource(nameof(s_cases))] (string Name, DiskImage Disk, string Shown, bool IsInDoubt) of)
    {
        Selection selection = Select(of.Disk);
        Assert.That(Text(selection), Is.EqualTo(of.Shown), of.Name);
        Assert.That(selection.Warnings.Any(warning => warning.Contains("shows", StringComparison.Ordinal)), Is.EqualTo(of.IsInDoubt), string.Join('\n', selection.Warnings));
    }

    [Test]
    public void The_option_that_a_doubt_names_shows_the_other()
    {
        Disk disk = DiskOf(new DiskImage(8 * MiB).Put("sample.iso", 0).Mbr((MiB, 6 * MiB)).Put("fat/fat16.img", MiB));
        Assert.That(disk.Select(VolumeChoice.None).Warnings, Has.Some.Contains("-o fs=iso9660"));
        FileSystemFormat iso = FileSystemFormats.All.Single(format => format.IsNamed("iso9660"));
        Selection other = disk.Select(VolumeChoice.Take(OptionList.Parse("fs=iso9660")));
        Assert.That((other.IsWhole, other.FormatOf(other.Volumes[0]), other.Warnings.Count), Is.EqualTo((true, iso, 0)));
    }

    [TestCase("isw_raid_member", "an Intel RAID")]
    [TestCase("ddf_raid_member", "a DDF RAID")]
    public void A_raid_of_firmware_is_told_beside_its_partitions_and_refused_alone(string type, string name)
    {
        bool isIntel = type == "isw_raid_member";
        DiskImage image = new DiskImage(8 * MiB).Put(isIntel ? "Intel Raid ISM Cfg Sig. "u8 : [0xDE, 0x11, 0xDE, 0x11], (8 * MiB) - (isIntel ? KiB : 512));
        Assert.That(DiskOf(image).Whole.Obstacle, Does.Contain($"a part of {name}").And.Contain("is not supported"));
        Selection selection = Select(image.Mbr((MiB, 6 * MiB)).Put("ext/ext2.img", MiB));
        Assert.That(Text(selection), Is.EqualTo("1:ext4"));
        Assert.That(selection.Warnings.Single(), Does.StartWith($"the disk is a part of {name}: its partitions are those of the array"));
    }

    [Test]
    public void A_partition_behind_a_hybrid_disc_is_told_and_its_boot_image_is_not()
    {
        DiskImage image = new DiskImage(8 * MiB).Put("appended.iso", 0);
        Assert.That(Select(image).LeftOut.Select(leftOut => leftOut.Volume.Partition!.Number), Is.SubsetOf((int[])[2]));
        int third = 446 + 32;
        image.Put((ReadOnlySpan<byte>)[0, 0, 0, 0, 0x83, 0, 0, 0, 0, 0x10, 0, 0, 0, 0x20, 0, 0], third).Put("ext/ext2.img", 2 * MiB);
        Selection selection = Select(image);
        Assert.That(Text(selection), Is.EqualTo("iso9660"));
        Assert.That(selection.LeftOut.Select(leftOut => leftOut.ToString()), Has.Some.StartsWith("3-ext2 (ext2, 4 MiB) is left out: ").And.Some.Contains("-o part=3"));
    }

    [Test]
    public void A_partition_that_leaves_the_image_is_cut_short_whatever_is_on_it()
    {
        DiskImage image = new DiskImage(3 * MiB).Mbr((MiB, 6 * MiB), (7 * MiB, MiB)).Put("ext/ext2.img", MiB);
        Disk disk = DiskOf(image);
        Selection selection = disk.Select(VolumeChoice.None);
        Assert.That(selection.Warnings, Is.EqualTo((string[])
        [
            "partition 1 has 6291456 bytes, the image only 2097152 of them: it is cut short, and what lies beyond cannot be read",
            "partition 2 has 1048576 bytes, the image only 0 of them: it is cut short, and what lies beyond cannot be read",
        ]));
        Assert.That(Text(selection), Is.EqualTo("1:ext4"));
        Assert.That(selection.LeftOut.Select(leftOut => leftOut.ToString()), Is.EqualTo((string[])["2-unknown (1 MiB) is left out: no known file system"]));
        Selection chosen = disk.Select(VolumeChoice.Take(OptionList.Parse("part=1")));
        Assert.That(chosen.Warnings, Has.Count.EqualTo(1));

        // The file system says nothing of it again.
        var warnings = new List<string>();
        DiskImage cut = new DiskImage(3 * MiB).Mbr((MiB, 6 * MiB)).Put(Read("ext/ext4.img").AsSpan(0, 2 * MiB), MiB);
        DiskOf(cut).Volumes[0].Open(OpenContext.Of(null, warnings.Add));
        Assert.That(warnings, Is.Empty);
    }

    [Test]
    public void What_is_left_out_is_told_with_type_size_and_reason()
    {
        DiskImage image = new DiskImage(32 * MiB).Gpt(
            (MiB, 6 * MiB, Linux), (8 * MiB, MiB, Linux), (10 * MiB, MiB, Linux), (12 * MiB, MiB, Linux), (14 * MiB, MiB, Bios), (16 * MiB, MiB, Linux), (18 * MiB, MiB, Linux))
            .Put("fat/fat16.img", MiB).Put("UBI#"u8, 8 * MiB).Put("SWAPSPACE2"u8, (10 * MiB) + 4086).Put([.. "LUKS"u8, 0xBA, 0xBE], 12 * MiB).Put((ReadOnlySpan<byte>)[1, 2, 3], 18 * MiB);
        Selection selection = Select(image);
        Assert.That(Text(selection), Is.EqualTo("1:vfat"));
        var lines = new List<string>();
        selection.Tell(lines.Add, isStrict: false);
        Assert.That(lines, Is.EqualTo((string[])
        [
            "2-ubi (ubi, 1 MiB) is left out: a UBI image (ubireader_extract_images unpacks it) is not supported",
            "3-swap (swap, 1 MiB) is left out: swap space has no files",
            "4-crypto_LUKS (crypto_LUKS, 1 MiB) is left out: not supported: LUKS of version 0",
            "6-unknown (1 MiB) is left out: a volume of nothing but zeros has no files",
            "7-unknown (1 MiB) is left out: no known file system",
        ]));
        Assert.That(() => selection.Tell(lines.Add, isStrict: true), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("3 volumes"));
    }

    [Test]
    public void Swap_and_zeros_are_no_failure_for_who_wants_all_files()
    {
        Selection selection = Select(new DiskImage(16 * MiB).Gpt((MiB, 6 * MiB, Linux), (8 * MiB, MiB, Linux), (10 * MiB, MiB, Linux)).Put("fat/fat16.img", MiB).Put("SWAPSPACE2"u8, (10 * MiB) + 4086));
        Assert.That(selection.LeftOut, Has.Count.EqualTo(2));
        Assert.That(() => selection.Tell(_ => { }, isStrict: true), Throws.Nothing);
    }

    // An ISO that says that it is of 8 MiB, with a second partition of most of it.
    private static DiskImage Enlarge(DiskImage iso) => iso
        .Put((ReadOnlySpan<byte>)[0, 0x10, 0, 0, 0, 0, 0x10, 0], (32 * KiB) + 80)
        .Put((ReadOnlySpan<byte>)[0, 0, 0, 0, 0xEF, 0, 0, 0, 0, 8, 0, 0, 0, 0x30, 0, 0], 446 + 16);

    private static Disk DiskOf(DiskImage image) => new(image.Source, null);

    private static Selection Select(DiskImage image) => DiskOf(image).Select(VolumeChoice.None);

    private static string Text(Selection selection) => string.Join(
        ' ', selection.Volumes.Select(volume => volume.Partition is null ? $"{selection.FormatOf(volume)?.Name}" : $"{volume.Partition.Number}:{volume.Format!.Name}"));
}
