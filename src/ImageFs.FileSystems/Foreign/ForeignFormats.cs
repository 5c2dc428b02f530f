using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems.Foreign;

/// <summary>
/// What is recognised but not read, as file(1) and blkid(8) know it: by marks at fixed places. Where several fit, the first one counts.
/// </summary>
public static class ForeignFormats
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ForeignFormat> All { get; } =
    [
        // File systems.
        FileSystem("f2fs", "an F2FS file system", "mount -t f2fs -o ro,loop mounts it", At(KiB, 0x10, 0x20, 0xF5, 0xF2)),
        FileSystem("ReFS", "a ReFS file system", "", At(3, "ReFS\0")),
        FileSystem("hpfs", "an HPFS file system", "", At(0x2000, 0x49, 0xE8, 0x95, 0xF9)),
        FileSystem("apfs", "an APFS container", "apfs-fuse mounts it", At(32, "NXSB")),
        Hfs("hfsplus", "an HFS+ file system", "", At(KiB, "H+\0\u0004")),
        Hfs("hfsplus", "an HFS+ file system", "", At(KiB, "HX\0\u0005")),
        Hfs("hfsplus", "an HFS+ file system", "", At(KiB, "BD"), At(KiB + 124, "H+")),
        Hfs("hfs", "an HFS file system", "hmount of hfsutils reads it", At(KiB, "BD")),
        FileSystem("bcachefs", "a bcachefs file system", "bcachefs fuse or mount -t bcachefs -o ro mounts it",
            At(4096 + 24, 0xC6, 0x85, 0x73, 0xF6, 0x66, 0xCE, 0x90, 0xA9, 0xD9, 0x6A, 0x60, 0xCF, 0x80, 0x3D, 0xF7, 0xEF)),
        FileSystem("nilfs2", "a NILFS2 file system", "mount -t nilfs2 -o ro,loop mounts it", At(KiB, 2, 0, 0, 0, 0, 0, 0x34, 0x34)),
        FileSystem("jfs", "a JFS file system", "mount -t jfs -o ro,loop mounts it", At(32 * KiB, "JFS1")),
        FileSystem("reiserfs", "a ReiserFS file system", "mount -t reiserfs -o ro,loop mounts it", At((64 * KiB) + 52, "ReIsEr")),
        FileSystem("reiserfs", "a ReiserFS file system", "mount -t reiserfs -o ro,loop mounts it", At((8 * KiB) + 52, "ReIsEr")),
        FileSystem("reiser4", "a Reiser4 file system", "", At(64 * KiB, "ReIsEr4")),
        .. Ufs(0x54, 0x19, 0x01, 0x00),
        .. Ufs(0x19, 0x01, 0x54, 0x19),
        FileSystem("VMFS", "a VMFS file system", "vmfs-fuse or vmfs6-fuse mounts it", At(2 * MiB, 0x5E, 0xF1, 0xAB, 0x2F)),
        FileSystem("ocfs2", "an OCFS2 file system", "", new Mark(KiB, "OCFSV2") { Places = 4, Step = KiB }),
        FileSystem("ocfs2", "an OCFS2 file system", "", At(8 * KiB, "OCFSV2")),
        FileSystem("gfs2", "a GFS2 file system", "", At(64 * KiB, 0x01, 0x16, 0x19, 0x70)),
        FileSystem("befs", "a BFS file system of BeOS or Haiku", "", At(512 + 32, "1SFB")),
        FileSystem("ubifs", "a UBIFS file system", "ubireader_extract_files unpacks it", At(0, 0x31, 0x18, 0x10, 0x06)),
        FileSystem("ubi", "a UBI image", "ubireader_extract_images unpacks it", At(0, "UBI#")),
        FileSystem("xbox", "an Xbox disc (XDVDFS)", "extract-xiso unpacks it", At(64 * KiB, "MICROSOFT*XBOX*MEDIA")),
        .. Minix(16, 0x7F, 0x13),
        .. Minix(16, 0x8F, 0x13),
        .. Minix(16, 0x68, 0x24),
        .. Minix(16, 0x78, 0x24),
        .. Minix(24, 0x5A, 0x4D),

        // What takes a volume and has no files.
        Empty("swap", "swap space", "", At(4096 - 10, "SWAPSPACE2")),
        Empty("swap", "swap space", "", At(4096 - 10, "SWAP-SPACE")),
        Empty("swap", "swap space", "", At((64 * KiB) - 10, "SWAPSPACE2")),
        Empty("swap", "swap space", "", At((16 * KiB) - 10, "SWAPSPACE2")),
        Empty("swsuspend", "swap space with a suspended system", "", At(4096 - 10, "S1SUSPEND")),

        // Parts of something larger.
        Member("zfs_member", "a part of a ZFS pool", "zpool import -o readonly=on -d shows it",
            At((16 * KiB) + 20, (byte[])[0, 0, 0, 7, .. "version"u8])),
        Member("zfs_member", "a part of a ZFS pool", "zpool import -o readonly=on -d shows it",
            new Mark(128 * KiB, (byte[])[0x0C, 0xB1, 0xBA, 0, 0, 0, 0, 0]) { Or = (byte[])[0, 0, 0, 0, 0, 0xBA, 0xB1, 0x0C], Places = 128, Step = KiB }),
        Member("VMFS_volume_member", "a part of a VMFS volume", "vmfs-fuse or vmfs6-fuse mounts it", At(MiB, 0x0D, 0xD0, 0x01, 0xC0)),
        RaidOfDisks("isw_raid_member", "a part of an Intel RAID", new Mark(-KiB, "Intel Raid ISM Cfg Sig. ") { Alignment = 512 }),
        RaidOfDisks("ddf_raid_member", "a part of a DDF RAID", new Mark(-512, (byte[])[0xDE, 0x11, 0xDE, 0x11]) { Alignment = 512 }),
        Member("bcache", "a device of bcache", "",
            At(4096 + 24, 0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA, 0x82, 0x65, 0xF5, 0x7F, 0x48, 0xBA, 0x6D, 0x81)),
        Member("vdo", "a VDO volume", "", At(0, "dmvdo001")),
        Member("stratis", "a part of a Stratis pool", "", At(512 + 4, [.. "!Stra0tis"u8, 0x86, 0xFF, 0x02])),
        Member("DM_verity_hash", "the hashes of a dm-verity device", "", At(0, "verity\0\0")),

        // Other divisions into volumes.
        Table("amiga-rdb", "an Amiga disk (Rigid Disk Block)", "rdbtool and xdftool of amitools read it", new Mark(0, "RDSK") { Places = 16, Step = 512 }),

        // Disk images of other programs.
        File("affs", "an Amiga floppy (ADF)", "xdftool of amitools or unadf reads it", At(0, "DOS")).When(static source => source.From(3) is [<= 7, ..]),
        File("ewf2", "a forensic image (Ex01, EnCase)", "ewfmount shows the disk in it", At(0, [.. "EVF2"u8, 0x0D, 0x0A, 0x81, 0x00])),
        File("ewf-files", "a forensic collection of files (L01, EnCase)", "ewfmount -f files shows them", At(0, [.. "LVF"u8, 0x09, 0x0D, 0x0A, 0xFF, 0x00])),
        File("ewf-files", "a forensic collection of files (Lx01, EnCase)", "ewfmount -f files shows them", At(0, [.. "LEF2"u8, 0x0D, 0x0A, 0x81, 0x00])),
        File("aff", "a forensic image (AFF)", "affuse shows the disk in it", At(0, "AFF")).When(static source => source.From(3) is [>= (byte)'0' and <= (byte)'9', ..]),
        File("aff4", "a forensic image (AFF4)", "aff4imager or aff4.py extracts the disk in it", At(0, "PK\u0003\u0004"), At(30, "container.description")),
        File("qed", "a disk image of QEMU (QED)", "convert it: qemu-img convert -O qcow2", At(0, "QED\0")),
        File("parallels", "a disk image of Parallels", "convert it: qemu-img convert -f parallels -O qcow2", At(0, "WithoutFreeSpace")),
        File("parallels", "a disk image of Parallels", "convert it: qemu-img convert -f parallels -O qcow2", At(0, "WithouFreSpacExt")),
        File("bochs", "a disk image of Bochs", "convert it: qemu-img convert -O qcow2", At(0, "Bochs Virtual HD Image")),
        File("cloop", "a compressed loop image (cloop)", "convert it: qemu-img convert -O raw", At(0, "#!/bin/sh\n#V2.0 Format\n")),
        File("sparseimage", "a sparse disk image of Apple", "convert it: hdiutil convert -format UDTO, on a Mac", At(0, "sprs")),
        File("encrypted-dmg", "an encrypted disk image of Apple", "convert it: dmg2img -p, or hdiutil convert on a Mac", At(0, "encrcdsa")),
        File("encrypted-dmg", "an encrypted disk image of Apple", "convert it: dmg2img -p, or hdiutil convert on a Mac", At(-8, "cdsaencr")),
        File("partimage", "an image of Partimage", "restore it with partimage", At(0, "PaRtImAgE-VoLuMe")),
        File("ntfsclone", "an image of ntfsclone", "restore it: ntfsclone --restore-image --overwrite FILE IMAGE", At(0, "\0ntfsclone-image")),
        File("android-super-empty", "the metadata of an Android super partition without its contents (super_empty.img)", "", At(0, "gDla")),
        File("android-cow", "an update of Android that is not merged (snapshot of Virtual A/B)", "", At(0, 0x21, 0x21, 0x57, 0x4F, 0x63, 0x77, 0x6F, 0x43)),
        File("android-boot", "a boot image of Android", "unpack it with unpack_bootimg or abootimg -x", At(0, "ANDROID!")),
        File("android-boot", "a vendor boot image of Android", "unpack it with unpack_bootimg", At(0, "VNDRBOOT")),
        File("vma", "a backup of Proxmox (VMA)", "unpack it: vma extract", At(0, "VMA\0")),
        File("wim", "a Windows image (WIM, ESD)", "unpack it with wimlib: wimapply or wimmount", At(0, "MSWIM\0\0\0")),

        // Discs' images of other programs.
        File("chd", "a disk image of MAME (CHD)", "convert it: chdman extractcd, extractdvd or extracthd", At(0, "MComprHD")),
        File("cso", "a compressed disc (CSO)", "convert it: maxcso --decompress", At(0, "CISO")),
        File("zso", "a compressed disc (ZSO)", "convert it: maxcso --decompress", At(0, "ZISO")),
        File("isz", "a compressed disc (ISZ)", "convert it with UltraISO or AcetoneISO", At(0, "IsZ!")),
        File("daa", "a compressed disc of PowerISO (DAA)", "convert it with PowerISO or daa2iso", At(0, "DAA\0")),
        File("gbi", "a compressed disc of gBurner (GBI)", "convert it with daa2iso", At(0, "GBI\0")),
        File("ecm", "a disc without its error correction (ECM)", "convert it: unecm", At(0, "ECM\0")),
        File("uif", "a compressed disc of MagicISO (UIF)", "convert it with uif2iso", At(-64, "bbis")),
        File("cdi", "an image of DiscJuggler (CDI)", "convert it with cdirip or iat", At(-8, 4, 0, 0, 0x80)),
        File("cdi", "an image of DiscJuggler (CDI)", "convert it with cdirip or iat", At(-8, 5, 0, 0, 0x80)),
        File("cdi", "an image of DiscJuggler (CDI)", "convert it with cdirip or iat", At(-8, 6, 0, 0, 0x80)),
        File("wbfs", "a Wii disc (WBFS)", "convert it: wit copy --iso", At(0, "WBFS")),
        File("rvz", "a Wii or GameCube disc (RVZ)", "convert it: dolphin-tool convert", At(0, "RVZ\u0001")),

        // Compressed files and archives.
        Compressed("xz", "xz -d", At(0, [0xFD, .. "7zXZ"u8, 0])),
        Compressed("gzip", "gzip -d", At(0, 0x1F, 0x8B, 8)),
        Compressed("zstd", "zstd -d", At(0, 0x28, 0xB5, 0x2F, 0xFD)),
        Compressed("zstd", "zstd -d", At(1, 0x2A, 0x4D, 0x18), At(12, 0x28, 0xB5, 0x2F, 0xFD)),
        Compressed("bzip2", "bzip2 -d", At(0, "BZh"), At(4, "1AY&SY")),
        Compressed("lz4", "lz4 -d", At(0, 0x04, 0x22, 0x4D, 0x18)),
        Compressed("lz4", "lz4 -d", At(0, 0x02, 0x21, 0x4C, 0x18)),
        Compressed("lzip", "lzip -d", At(0, "LZIP")),
        Compressed("lzop", "lzop -d", At(0, 0x89, 0x4C, 0x5A, 0x4F, 0x00, 0x0D, 0x0A, 0x1A, 0x0A)),
        Compressed("lzma", "xz -d --format=lzma", At(0, 0x5D, 0x00, 0x00), At(5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)),
        Compressed("compress", "gzip -d", At(0, 0x1F, 0x9D)),
        Archive("zip", "unzip", At(0, "PK\u0003\u0004")),
        Archive("7z", "7z x", At(0, [.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C])),
        Archive("rar", "unrar x", At(0, "Rar!\u001a\u0007")),
        Archive("cab", "cabextract", At(0, "MSCF\0\0\0\0")),
        Archive("cpio", "cpio -id", At(0, "07070")),
        Archive("ar", "ar x", At(0, "!<arch>\n")),
        Archive("xar", "xar -x or bsdtar -x", At(0, "xar!")),

        // Not images at all: what a download or a copy left in place of one.
        NoImage("git-lfs", "a pointer of Git LFS", "fetch the image: git lfs pull", At(0, "version https://git-lfs.github.com/spec/")),
        NoImage("elf", "a program (ELF)", "", At(0, [0x7F, .. "ELF"u8])),
        NoImage("pdf", "a PDF document", "", At(0, "%PDF-")),
        NoImage("html", "a web page (HTML)", "a download may have left it in the place of the image: get the image itself, after logging in or by the link on the page").When(NotAnImage.IsWebPage),
        NoImage("text", "a text file", "read it: it may say why there is no image in its place").When(NotAnImage.IsText),
        NoImage("zeros", "a volume of nothing but zeros", "it was never written, or a copy or a download has failed").When(NotAnImage.IsZeros),
    ];

    private const string Raid = "mdadm --assemble --readonly puts it together";

    /// <summary>All that a source has the marks of; empty when there is none.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public static IReadOnlyList<ForeignFormat> Recognise(ProbeWindow window)
    {
        var found = new List<ForeignFormat>();
        foreach (ForeignFormat format in All)
        {
            // One mark is enough where there are several; a file is one thing only.
            bool isTold = found.Exists(other => other.Name == format.Name || format.Kind is ForeignKind.File or ForeignKind.NoImage);
            if (!isTold && format.IsIn(window))
            {
                found.Add(format);
            }
        }

        return found;
    }

    private static ForeignFormat FileSystem(string type, string name, string hint, params Mark[] marks) => new(ForeignKind.FileSystem, type, name, hint, marks);

    private static ForeignFormat Hfs(string type, string title, string hint, params Mark[] marks) =>
        new(ForeignKind.FileSystem, type, title, hint, marks) { ReadLabel = HfsLabel.Read, SharesDiscs = true };

    private static ForeignFormat Empty(string type, string name, string hint, params Mark[] marks) => new(ForeignKind.Empty, type, name, hint, marks);

    private static ForeignFormat Member(string type, string name, string hint, params Mark[] marks) => new(ForeignKind.Member, type, name, hint, marks);

    private static ForeignFormat RaidOfDisks(string type, string name, params Mark[] marks) => new(ForeignKind.Member, type, name, Raid, marks) { IsRaidOfDisks = true };

    private static ForeignFormat Table(string type, string name, string hint, params Mark[] marks) => new(ForeignKind.Table, type, name, hint, marks);

    private static ForeignFormat File(string type, string name, string hint, params Mark[] marks) => new(ForeignKind.File, type, name, hint, marks);

    private static ForeignFormat NoImage(string type, string name, string hint, params Mark[] marks) => new(ForeignKind.NoImage, type, name, hint, marks);

    private static Mark At(long address, params byte[] bytes) => new(address, bytes);

    private static Mark At(long address, string text) => new(address, text);

    private static ForeignFormat Compressed(string name, string hint, params Mark[] marks) =>
        File(name, $"a file compressed by {name}, to be decompressed first", hint, marks);

    private static ForeignFormat Archive(string name, string hint, params Mark[] marks) => File(name, $"an archive of {name}, to be unpacked first", hint, marks);

    // The super block is in one of four places; its magic number is at 0x55C, in the machine's byte order.
    private static IEnumerable<ForeignFormat> Ufs(params byte[] magic) =>
        from start in (long[])[8 * KiB, 64 * KiB, 256 * KiB, 0]
        from bytes in (byte[][])[magic, [.. Enumerable.Reverse(magic)]]
        select FileSystem("ufs", "a UFS file system", "mount -t ufs -o ro,loop,ufstype=… mounts it", At(start + 0x55C, bytes));

    // Two bytes are few: zones as large as blocks, as everybody has them, and a state that there is, count too.
    private static IEnumerable<ForeignFormat> Minix(int place, params byte[] magic) =>
        from bytes in (byte[][])[magic, [.. Enumerable.Reverse(magic)]]
        select FileSystem("minix", "a Minix file system", "mount -t minix -o ro,loop mounts it", At(KiB + place, bytes), At(KiB + (place == 16 ? 10 : 12), 0, 0)).When(source => place == 24 || source.From(KiB + 18) is [<= 3, <= 3, ..]);
}
