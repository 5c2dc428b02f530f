using System.Diagnostics;
using System.IO.Compression;
using ImageFs.FileSystems.Btrfs;
using ImageFs.FileSystems.CramFs;
using ImageFs.FileSystems.Erofs;
using ImageFs.FileSystems.ExFat;
using ImageFs.FileSystems.Ext;
using ImageFs.FileSystems.Fat;
using ImageFs.FileSystems.Iso9660;
using ImageFs.FileSystems.Ntfs;
using ImageFs.FileSystems.RomFs;
using ImageFs.FileSystems.SquashFs;
using ImageFs.FileSystems.Tar;
using ImageFs.FileSystems.Udf;
using ImageFs.FileSystems.Xfs;
using ImageFs.Fuzz.Checksums;
using ImageFs.Fuzz.Making;
using ImageFs.Fuzz.Mutation;
using ImageFs.Storage.Decoding;
using ImageFs.Tests.Storage.Decoding;
using ImageFs.Tests.Storage.Volumes.BitLocker;
using ImageFs.Tests.Support;

namespace ImageFs.Fuzz.Targets;

/// <summary>All parsers that are fuzzed.</summary>
internal static class FuzzTargets
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FileSystemTarget(new Iso9660Format(), [.. Seed.Images(string.Empty, ".iso"), Seed.Image("invalid/good.iso"), Seed.Image("sample.iso", "norock,nojoliet")]) { Damaged = Damaged(string.Empty, ".iso") },
        new FileSystemTarget(new UdfFormat(), [.. Seed.Images("udf"), Seed.Image("udf/bridge.iso")], UdfChecksums.Find) { Damaged = Damaged("udf-") },
        new FileSystemTarget(new ExtFormat(), [.. Seed.Images("ext"), Seed.Image("invalid/ext-good.img")], ExtChecksums.Find) { Damaged = Damaged("ext-") },
        new FileSystemTarget(new XfsFormat(), [.. Seed.Images("xfs"), Seed.Image("invalid/xfs-good.img")], XfsChecksums.Find) { Damaged = Damaged("xfs-") },
        new FileSystemTarget(new BtrfsFormat(), [.. Seed.Images("btrfs").Where(seed => !seed.Name.EndsWith("default.img", StringComparison.Ordinal))], BtrfsChecksums.Find) { Damaged = Damaged("btrfs-") },
        new FileSystemTarget(new NtfsFormat(), [.. Seed.Images("ntfs")]) { Damaged = Damaged("ntfs-") },
        new FileSystemTarget(new SquashFsFormat(), [Seed.Image("invalid/squashfs-good.img")]) { Damaged = Damaged("squashfs-") },
        new FileSystemTarget(new ErofsFormat(), [.. Seed.Images("erofs").Where(seed => seed.Name is not ("erofs/blob.img" or "erofs/device.img"))], ErofsChecksums.Find) { Damaged = Damaged("erofs-") },
        new FileSystemTarget(new RomFsFormat(), [Seed.Image("invalid/romfs-good.img")], RomChecksums.FindRomFs) { Damaged = Damaged("romfs-") },
        new FileSystemTarget(new CramFsFormat(), [Seed.Image("invalid/cramfs-good.img")], RomChecksums.FindCramFs) { Damaged = Damaged("cramfs-") },
        new FileSystemTarget(new TarFormat(), [Made("tar"), Made("tar-pax")]),
        new FileSystemTarget(new ExFatFormat(), [.. Seed.Images("exfat")], ExFatChecksums.Find) { Damaged = Damaged("exfat-") },
        new FileSystemTarget(new FatFormat(), [Seed.Image("fat/fat12.img"), Seed.Image("fat/fat16.img"), Seed.Image("fat/fat32.img"), Seed.Image("invalid/fat-good.img")]) { Damaged = Damaged("fat-") },
        new ContainerTarget("split", [SmallImages.Split]),
        new ContainerTarget("qcow2", [Made("qcow2"), Made("qcow2-zlib"), Made("qcow2-zstd"), Made("qcow2-v2"), Seed.OfFiles("qcow2-over", MakeOver)]),
        new ContainerTarget("vmdk", [Made("vmdk"), Made("vmdk-stream")]),
        new ContainerTarget("vdi", [Made("vdi")]),
        new ContainerTarget("vhd", [Made("vhd")], ContainerChecksums.FindVhd),
        new ContainerTarget("vhdx", [Made("vhdx")], ContainerChecksums.FindVhdx),
        new ContainerTarget("dmg", [Made("dmg"), DmgParts.Seed("dmg-parts", () => ReadMade("dmg"))]),
        new ContainerTarget("android-sparse", [Made("android")]) { Damaged = Damaged("android-sparse-") },
        new ContainerTarget("ewf", [Made("ewf")], ContainerChecksums.FindEwf),
        new ContainerTarget("partclone", [Made("partclone")]),
        new ContainerTarget("ova", [Made("ova")]),
        new ContainerTarget("packed", [Made("gzip"), Made("xz"), Made("zstd"), Made("bzip2"), Made("lz4")]),
        new ContainerTarget("mds", DiscSeeds.Alcohol),
        new ContainerTarget("ccd", DiscSeeds.CloneCd),
        new ContainerTarget("toc", DiscSeeds.Cdrdao),
        new ContainerTarget("cue", DiscSeeds.Cue),
        new ContainerTarget("gdi", DiscSeeds.Gdi),
        new ContainerTarget("nrg", DiscSeeds.Nero),
        new ContainerTarget("bin", DiscSeeds.RawSectors),
        new ContainerTarget("elf", [SmallImages.Elf]),
        new ContainerTarget("uimage", [SmallImages.UImage]),
        new VolumeTarget("gpt", [Seed.Image("invalid/gpt-good.img")], GptChecksums.Find) { Damaged = Damaged("gpt-") },
        new VolumeTarget("mbr", [Seed.Image("invalid/mbr-good.img")]) { Damaged = Damaged("mbr-") },
        new VolumeTarget("mac", [SmallImages.AppleMap]),
        new VolumeTarget("lvm", [Set("lvm-plain"), Set("lvm-luks"), Set("lvm-partitions"), Set("thin"), Set("snapshot"), Set("lvm-raid")], VolumeChecksums.FindLvm) { Damaged = [.. Damaged("lvm-"), .. Damaged("thin-")] },
        new VolumeTarget("md", [Set("md-raid0"), Set("md-raid1-0.90"), Set("md-raid1-1.0"), Set("md-raid1-1.2"), Set("md-raid5-ls"), Set("md-raid10-n2-3"), Set("md-partitioned"), Set("md-bitmap")], VolumeChecksums.FindMd) { Damaged = Damaged("md-") },
        new VolumeTarget("luks", [LuksImage.Version1("luks1", "invalid/fat-good.img"), LuksImage.Version2("luks2", "invalid/ext-good.img")], VolumeChecksums.FindLuks) { Damaged = [.. Damaged("luks1-"), .. Damaged("luks2-")] },
        new VolumeTarget(
            "bitlocker",
            [
                BitLockerSeeds.Make("bitlocker", "invalid/ext-good.img", random => new BitLockerImage(random)),
                BitLockerSeeds.Make("bitlocker-elephant", "invalid/ext-good.img", random => new BitLockerImage(random) { Method = 0x8000 }),
                BitLockerSeeds.Make("bitlocker-vista", "ntfs/tree.img", random => new BitLockerImage(random) { Method = 0x8000, IsVista = true }, 2 << 20),
                BitLockerSeeds.Make("bitlocker-togo", "invalid/fat-good.img", random => new BitLockerImage(random) { Method = 0x8003, IsToGo = true }.WithClearKey()),
            ],
            EncryptionChecksums.FindBitLocker) { Damaged = Damaged("bitlocker-") },
        new VolumeTarget("android-super", [SmallImages.AndroidSuper], AndroidSuperChecksums.Find) { Damaged = Damaged("android-super-") },
        new CodecTarget(
        [
            Encoded(Codecs.Deflate, static stream => new DeflateStream(stream, CompressionLevel.Optimal)), Encoded(Codecs.Zlib, static stream => new ZLibStream(stream, CompressionLevel.Optimal)),
            Encoded(Codecs.Gzip, static stream => new GZipStream(stream, CompressionLevel.Optimal)), Made("codec-zstd", Codecs.Zstandard), Made("codec-bz2", Codecs.Bzip2), Made("codec-xz", Codecs.Xz),
            Made("codec-lzma", Codecs.Lzma), Made("codec-lz4", Codecs.Lz4), Made("codec-lzo", Codecs.Lzo), new Seed(Codecs.Lznt1.Name, static () => Lznt1Encoder.Encode(Text())),
            Made("codec-xpress", Codecs.Xpress), Made("codec-lzx", Codecs.Lzx),
        ]),
        new FuseTarget(),
        new ReplyTarget(),
    ];

    /// <summary>Those of some names; all for "all".</summary>
    /// <exception cref="ArgumentException">There is none of a name.</exception>
    public static IReadOnlyList<FuzzTarget> Of(IEnumerable<string> names) =>
        [.. names.SelectMany(name => name == "all" ? All : [Find(name)]).Distinct()];

    private static FuzzTarget Find(string name) => All.FirstOrDefault(target => target.IsNamed(name))
        ?? throw new ArgumentException($"there is no target \"{name}\"; there are {string.Join(", ", All.Select(target => target.Name))}, all");

    // Those that are as they should be are seeds already.
    private static IReadOnlyList<Seed> Damaged(string start, string ending = ".img") =>
        [.. Seed.Images("invalid", ending, start).Where(seed => !seed.Name.Contains("good", StringComparison.Ordinal))];

    private static Seed Made(string name) => new(name, () => ReadMade(name));

    private static Seed Made(string name, Codec codec) => new(codec.Name, () => ReadMade(name));

    private static Seed Encoded(Codec codec, Func<Stream, Stream> encoder) => new(codec.Name, () =>
    {
        using var encoded = new MemoryStream();
        using (Stream stream = encoder(encoded))
        {
            stream.Write(Text());
        }

        return encoded.ToArray();
    });

    // As in seeds/build.sh.
    private static byte[] Text() => [.. Enumerable.Range(0, 1500).SelectMany(i => $"line {i} of a text that compresses well\n").Select(letter => (byte)letter).Take(CodecTarget.BlockLength)];

    private static byte[] ReadMade(string name)
    {
        using FileStream packed = File.OpenRead(Path.Combine(SourceTree.Folder, "test", "ImageFs.Fuzz", "seeds", $"{name}.gz"));
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }

    // An image over one that is over a raw file.
    private static IEnumerable<(string Name, byte[] Bytes)> MakeOver() => [("qcow2-over", ReadMade("qcow2-over")), ("qcow2-middle", ReadMade("qcow2-middle")), ("raw.text", Text())];

    // A set of images/volumes: its disks, one after the other.
    private static Seed Set(string name) => Seed.OfFiles(name, () =>
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("imagefs-fuzz-");
        try
        {
            using Process tar = Process.Start("tar", ["-xSf", Path.Combine(SourceTree.Folder, "images", "volumes", $"{name}.tar.xz"), "-C", folder.FullName]);
            tar.WaitForExit();
            return [.. Directory.EnumerateFiles(folder.FullName, "*.img").Order(StringComparer.Ordinal).Select(disk => (Path.GetFileName(disk), File.ReadAllBytes(disk)))];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    });
}
