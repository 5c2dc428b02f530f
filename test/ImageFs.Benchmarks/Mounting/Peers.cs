using ImageFs.Benchmarks.Images;

namespace ImageFs.Benchmarks.Mounting;

/// <summary>All that is compared.</summary>
internal static class Peers
{
    /// <summary>The name of the peer that everything is set against.</summary>
    public const string KernelExt4 = "kernel ext4";

    /// <summary>The name of ImageFs with ISO 9660.</summary>
    public const string ImageFsIso = "imagefs iso";

    /// <summary>The name of ImageFs with ext4.</summary>
    public const string ImageFsExt4 = "imagefs ext4";

    /// <summary>The name of ImageFs with UDF.</summary>
    public const string ImageFsUdf = "imagefs udf";

    /// <summary>The name of ImageFs with ext4 in qcow2.</summary>
    public const string ImageFsQcow2 = "imagefs qcow2";

    /// <summary>The name of ISO 9660 that the kernel mounts by a manifest of ImageFs.</summary>
    public const string EngineIso = "engine iso";

    /// <summary>The name of ext4 that the kernel mounts by a manifest of ImageFs.</summary>
    public const string EngineExt4 = "engine ext4";

    /// <summary>The name of ext4 in qcow2 that the kernel mounts by a manifest of ImageFs.</summary>
    public const string EngineQcow2 = "engine qcow2";

    /// <summary>The name of ImageFs with XFS.</summary>
    public const string ImageFsXfs = "imagefs xfs";

    /// <summary>The name of ImageFs with Btrfs.</summary>
    public const string ImageFsBtrfs = "imagefs btrfs";

    /// <summary>The name of the kernel's XFS.</summary>
    public const string KernelXfs = "kernel xfs";

    /// <summary>The name of the kernel's Btrfs.</summary>
    public const string KernelBtrfs = "kernel btrfs";

    /// <summary>The name of ImageFs with NTFS.</summary>
    public const string ImageFsNtfs = "imagefs ntfs";

    /// <summary>The name of ImageFs with SquashFS.</summary>
    public const string ImageFsSquashFs = "imagefs squashfs";

    /// <summary>The name of the FUSE server of SquashFS that has several threads.</summary>
    public const string SquashFuse = "squashfuse_ll";

    /// <summary>The name of the kernel's SquashFS.</summary>
    public const string KernelSquashFs = "kernel squashfs";

    /// <summary>The name of the FUSE server of NTFS.</summary>
    public const string Ntfs3g = "ntfs-3g";

    /// <summary>The name of ImageFs with EROFS.</summary>
    public const string ImageFsErofs = "imagefs erofs";

    /// <summary>The name of the kernel's EROFS.</summary>
    public const string KernelErofs = "kernel erofs";

    /// <summary>The name of the FUSE server of EROFS.</summary>
    public const string Erofsfuse = "erofsfuse";

    /// <summary>How the name ends of EROFS that is compressed by lz4hc.</summary>
    public const string Lz4hc = "lz4hc";

    /// <summary>How the name ends of NTFS that is compressed by itself.</summary>
    public const string Lznt1 = "lznt1";

    /// <summary>How the name ends of what is compressed by zstd.</summary>
    public const string Zstd = "zstd";

    /// <summary>How the name ends of ImageFs over io_uring.</summary>
    public const string Uring = "uring";

    /// <summary>How the name ends of ImageFs as ReadyToRun.</summary>
    public const string ReadyToRun = "r2r";

    /// <summary>How the name ends of ImageFs with files that the kernel reads by itself.</summary>
    public const string Passthrough = "passthrough";

    private const string UringSwitch = "/sys/module/fuse/parameters/enable_uring";

    /// <summary>The peers, present and absent, in the order of the tables' columns.</summary>
    public static IReadOnlyList<Peer> All(Settings settings) =>
    [
        ImageFs(ImageFsIso, settings.ImageFs, ImageFormat.Iso),
        ImageFs(ImageFsExt4, settings.ImageFs, ImageFormat.Ext4),
        ImageFs("imagefs fat", settings.ImageFs, ImageFormat.Fat32),
        Engine(EngineIso, settings.ImageFs, ImageFormat.Iso),
        Engine(EngineExt4, settings.ImageFs, ImageFormat.Ext4),
        Engine(EngineQcow2, settings.ImageFs, ImageFormat.Qcow2),
        OverUring(ImageFs($"imagefs ext4 {Uring}", settings.ImageFs, ImageFormat.Ext4, "transport=uring")),
        ImageFs($"{ImageFsExt4} {Passthrough}", settings.ImageFs, ImageFormat.Ext4, Passthrough) with { MayRefuse = true },
        ImageFs($"imagefs ext4 {ReadyToRun}", settings.ImageFsReadyToRun, ImageFormat.Ext4),
        ImageFs(ImageFsUdf, settings.ImageFs, ImageFormat.Udf),
        ImageFs(ImageFsQcow2, settings.ImageFs, ImageFormat.Qcow2),
        ImageFs(ImageFsXfs, settings.ImageFs, ImageFormat.Xfs),
        ImageFs(ImageFsBtrfs, settings.ImageFs, ImageFormat.Btrfs),
        ImageFs($"{ImageFsBtrfs} {Zstd}", settings.ImageFs, ImageFormat.BtrfsZstd),
        ImageFs(ImageFsNtfs, settings.ImageFs, ImageFormat.Ntfs),
        ImageFs($"{ImageFsNtfs} {Lznt1}", settings.ImageFs, ImageFormat.NtfsLznt1),
        .. Compressed(settings),
        ImageFs(ImageFsErofs, settings.ImageFs, ImageFormat.Erofs),
        Extracting(ImageFs($"{ImageFsErofs} {Lz4hc}", settings.ImageFs, ImageFormat.ErofsLz4hc)),
        OfZstd(Extracting(ImageFs($"{ImageFsErofs} {Zstd}", settings.ImageFs, ImageFormat.ErofsZstd))),
        Fuse("fuseiso", ImageFormat.Iso, "-n"),
        Fuse("fuse2fs", ImageFormat.Ext4) with { After = ["-o", "ro"] },
        Fuse("squashfuse", ImageFormat.Squashfs),
        Fuse(SquashFuse, ImageFormat.Squashfs),
        Fuse(Ntfs3g, ImageFormat.Ntfs, "-o", "ro"),
        Fuse(Ntfs3g, ImageFormat.NtfsLznt1, "-o", "ro") with { Name = $"{Ntfs3g} {Lznt1}" },
        Fuse(Erofsfuse, ImageFormat.Erofs),
        ExtractingErofs(Fuse(Erofsfuse, ImageFormat.ErofsLz4hc) with { Name = $"{Erofsfuse} {Lz4hc}" }),
        OfZstd(ExtractingErofs(Fuse(Erofsfuse, ImageFormat.ErofsZstd) with { Name = $"{Erofsfuse} {Zstd}" })),
        Kernel("kernel iso", "iso9660", ImageFormat.Iso),
        Kernel(KernelExt4, "ext4", ImageFormat.Ext4),
        Kernel(KernelSquashFs, "squashfs", ImageFormat.Squashfs),
        Kernel(KernelErofs, "erofs", ImageFormat.Erofs),
        Kernel($"{KernelErofs} {Lz4hc}", "erofs", ImageFormat.ErofsLz4hc),
        OfZstd(Kernel($"{KernelErofs} {Zstd}", "erofs", ImageFormat.ErofsZstd)),
        Kernel("kernel fat", "vfat", ImageFormat.Fat32),
        Kernel(KernelXfs, "xfs", ImageFormat.Xfs),
        Kernel(KernelBtrfs, "btrfs", ImageFormat.Btrfs),
        Kernel($"{KernelBtrfs} {Zstd}", "btrfs", ImageFormat.BtrfsZstd),
        .. Earlier(settings),
    ];

    // One tree, compressed in several ways, by all that mount them.
    private static IEnumerable<Peer> Compressed(Settings settings) =>
        from way in ((string Name, ImageFormat Format)[])[("gzip", ImageFormat.SquashfsGzip), (Zstd, ImageFormat.SquashfsZstd), ("xz", ImageFormat.SquashfsXz)]
        from peer in (Peer[])
        [
            Extracting(ImageFs($"{ImageFsSquashFs} {way.Name}", settings.ImageFs, way.Format)),
            Fuse(SquashFuse, way.Format) with
            {
                Name = $"{SquashFuse} {way.Name}",
                ExtractCommand = (image, folder) => ["unsquashfs", "-f", "-q", "-n", "-d", folder, image],
            },
            Kernel($"{KernelSquashFs} {way.Name}", "squashfs", way.Format),
        ]
        select peer;

    // Another build beside this one, in the same rounds: how a change is measured.
    private static IEnumerable<Peer> Earlier(Settings settings) => settings.ImageFsEarlier is not { } program ? [] :
    [
        ImageFs("imagefs iso earlier", program, ImageFormat.Iso),
        ImageFs("imagefs ext4 earlier", program, ImageFormat.Ext4),
        ImageFs("imagefs fat earlier", program, ImageFormat.Fat32),
        ImageFs("imagefs udf earlier", program, ImageFormat.Udf),
        ImageFs("imagefs qcow2 earlier", program, ImageFormat.Qcow2),
    ];

    /// <summary>ImageFs, by a build and mount options.</summary>
    public static Peer ImageFs(string name, string program, ImageFormat format, string options = "") =>
        new(name, PeerKind.ImageFs, format, program, ["mount"], options.Length == 0 ? [] : ["-o", options])
        {
            Absence = File.Exists(program) ? null : $"no {Path.GetRelativePath(Environment.CurrentDirectory, program)}",
        };

    private static Peer Extracting(Peer peer) => peer with { ExtractCommand = (image, folder) => [peer.Program, "extract", image, "-C", folder] };

    private static Peer ExtractingErofs(Peer peer) => peer with { ExtractCommand = (image, folder) => ["fsck.erofs", $"--extract={folder}", "--overwrite", image] };

    private static Peer OverUring(Peer peer) => peer with
    {
        Switch = UringSwitch,
        MayRefuse = true,
        Absence = peer.Absence ?? (File.Exists(UringSwitch) ? null : "this kernel has no FUSE over io_uring"),
    };

    // Debian 12 has a mkfs.erofs without.
    private static Peer OfZstd(Peer peer) => peer with
    {
        Absence = peer.Absence ?? (Command.Try("sh", "-c", "mkfs.erofs --help 2>&1 | grep -qw zstd").ExitCode == 0 ? null : "this mkfs.erofs has no zstd"),
    };

    private static Peer Fuse(string program, ImageFormat format, params IReadOnlyList<string> before) =>
        new(program, PeerKind.Fuse, format, program, before, []) { Absence = Command.Exists(program) ? null : $"no {program}" };

    private static Peer Engine(string name, string program, ImageFormat format) =>
        new(name, PeerKind.Engine, format, program, ["mount", "-o", "engine=kernel"], []) { MayRefuse = true };

    private static Peer Kernel(string name, string type, ImageFormat format) =>
        new(name, PeerKind.Kernel, format, "mount", ["-t", type, "-o", "ro,loop"], [])
        {
            Absence = Command.Try("sh", "-c", "grep -qw \"$1\" /proc/filesystems || modprobe -q \"$1\"", "sh", type).ExitCode == 0
                ? null
                : $"this kernel has no {type}",
        };
}
