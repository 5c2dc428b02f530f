using ImageFs.FileSystems;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using static ImageFs.Tests.Support.DiskImage;

namespace ImageFs.Tests.FileSystems;

/// <summary>What a volume may be on which older file systems have stayed behind, and which of it is the likeliest.</summary>
internal sealed class RecogniserTests
{
    private static readonly (string Name, DiskImage Volume, string Expected)[] s_cases =
    [
        ("exFAT over an ISO", new DiskImage(4 * MiB).Put("sample.iso", 0).Put(Read("exfat/filled.img").AsSpan(0, 12 * KiB), 0).Put("exfat/filled.img", 0, 64 * KiB), "exfat -iso9660"),
        ("FAT over an ISO, which it leaves whole", new DiskImage(4200 * KiB).Put("sample.iso", 0).Put(Read("fat/fat12.img").AsSpan(0, 32 * KiB), 0), "vfat iso9660"),
        ("FAT over an ISO, which it destroys", new DiskImage(34816000).Put("sample.iso", 0).Put("fat/fat32.img", 0), "vfat"),
        ("FAT over exFAT", new DiskImage(4300800).Put("exfat/filled.img", 0).Put(Read("fat/fat16.img").AsSpan(0, 4 * KiB), 0).Put("fat/fat16.img", 0, 4 * KiB), "vfat"),
        ("an ISO over FAT", new DiskImage(4300800).Put("fat/fat16.img", 0).Put("sample.iso", 0), "iso9660"),
        ("an ISO over FAT, behind the system area", new DiskImage(4300800).Put("fat/fat16.img", 0).Put("sample.iso", 0, 16 * KiB), "iso9660 -vfat"),
        ("ext4 with the boot sector of FAT16", new DiskImage(4300800).Put("ext/ext4.img", 0).Put(Read("fat/fat16.img").AsSpan(0, 512), 0), "ext4 -vfat"),
        ("ext4 with the boot sector of FAT32", new DiskImage(34816000).Put("ext/ext4.img", 0).Put(Read("fat/fat32.img").AsSpan(0, 512), 0), "ext4 -vfat"),
        ("FAT32 with the super block of ext4", new DiskImage(34816000).Put("fat/fat32.img", 0).Put(Read("ext/ext4.img").AsSpan(1024, 7 * KiB), 1024), "vfat -ext4"),
        ("ext4 in front of an ISO", new DiskImage(4 * MiB).Put("sample.iso", 0).Put(Read("ext/ext2.img").AsSpan(1024, 31 * KiB), 1024), "ext4 iso9660"),
        ("NTFS over an ISO", new DiskImage(4 * MiB).Put("sample.iso", 0).Put("ntfs/tree.img", 0), "ntfs"),
        ("a boot sector of NTFS over an ISO, and no more", new DiskImage(4 * MiB).Put("sample.iso", 0).Put(Read("ntfs/tree.img").AsSpan(0, 8 * KiB), 0), "iso9660 -ntfs"),
        ("ReFS over an ISO", new DiskImage(4 * MiB).Put("sample.iso", 0).Put([0xEB, 0x52, 0x90, .. "ReFS\0"u8], 0), "ReFS iso9660"),
        ("SquashFS in front of an ISO", new DiskImage(4 * MiB).Put("sample.iso", 0).Put("invalid/squashfs-good.img", 0), "squashfs iso9660"),
        ("a mark of SquashFS over an ISO, without a super block", new DiskImage(4 * MiB).Put("sample.iso", 0).Put("hsqs"u8, 0), "iso9660"),
        ("a mark of swap in FAT", new DiskImage(34816000).Put("fat/fat32.img", 0).Put("SWAPSPACE2"u8, 4086), "vfat swap"),
        ("a mark of UBI in front of ext4", new DiskImage(4 * MiB).Put("ext/ext4.img", 0).Put("UBI#"u8, 0), "ext4 ubi"),
        ("a mark of Btrfs in an ISO, without a super block", new DiskImage(4 * MiB).Put("sample.iso", 0).Put("_BHRfS_M"u8, 65600), "iso9660"),
        ("a mark of ReiserFS in an ISO", new DiskImage(4 * MiB).Put("sample.iso", 0).Put("ReIsEr2Fs"u8, 65536 + 52), "iso9660 reiserfs"),
        ("a bridge disc", new DiskImage(931840).Put("udf/bridge.iso", 0), "udf iso9660"),
        ("an ISO with a Mac's file system", new DiskImage(4 * MiB).Put("sample.iso", 0).Put("H+\0\u0004"u8, 1024), "iso9660 hfsplus"),
        ("an ISO with a text in its system area", new DiskImage(4 * MiB).Put("sample.iso", 0).Put("<html>"u8, 0), "iso9660"),
    ];

    [Test]
    public void Evidence_decides([ValueSource(nameof(s_cases))] (string Name, DiskImage Volume, string Expected) of)
    {
        IReadOnlyList<Recognition> found = Recogniser.Recognise(of.Volume.Source);
        string text = string.Join(' ', found.Select(candidate => candidate.Weight.Evidence == Evidence.Overwritten ? $"-{candidate.Type}" : candidate.Type));
        Assert.That(Sorted(text), Is.EqualTo(Sorted(of.Expected)), of.Name);
        Assert.That(found[0].Type, Is.EqualTo(of.Expected.Split(' ').First(type => type[0] != '-')), text);
    }

    [Test]
    public void Whole_volumes_are_not_taken_for_remains([Values(
        "sample.iso", "level1.iso", "multisession.iso", "zisofs2.iso", "udf/hd201.img", "udf/hd150-512.img", "udf/dvdr260.img", "udf/cdr150.img",
        "ext/ext2.img", "ext/ext4.img", "ext/bigalloc.img", "exfat/empty.img", "exfat/filled.img", "fat/fat12.img", "fat/fat16.img", "fat/fat32.img", "fat/fat16-4096.img")] string name)
    {
        Recognition found = Recogniser.Recognise(new MemorySource(Read(name)))[0];
        Assert.That(found.Weight, Is.EqualTo(new Weight(Evidence.Structures, found.Weight.Length)));
    }

    [Test]
    public void A_volume_that_is_cut_short_is_not_taken_for_remains([Values("sample.iso", "fat/fat32.img", "ext/ext4.img", "exfat/filled.img")] string name)
    {
        byte[] bytes = Read(name);
        Assert.That(Recogniser.Recognise(new MemorySource(bytes.AsMemory(0, 40 * KiB)))[0].Weight.Evidence, Is.Not.EqualTo(Evidence.Overwritten));
    }

    private static string Sorted(string types) => string.Join(' ', types.Split(' ').Order(StringComparer.Ordinal));
}
