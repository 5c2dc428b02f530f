using ImageFs.Benchmarks.Images;
using ImageFs.Benchmarks.Mounting;

namespace ImageFs.Benchmarks.Comparison;

/// <summary>A ratio, or a value, that ImageFs must reach.</summary>
/// <param name="Figure">Of what.</param>
/// <param name="Against">What it is divided by.</param>
/// <param name="Limit">What it must come to: at least when more of the figure is better, else at most.</param>
internal sealed record Target(Figure Figure, TargetBase Against, double Limit)
{
    /// <summary>The figure that it is divided by, when it is another one of the same peer.</summary>
    public Figure? Other { get; init; }

    /// <summary>The name of the peer that it is divided by, when it is the same figure of another one.</summary>
    public string? OtherPeer { get; init; }

    /// <summary>Whom it is about.</summary>
    public Func<Peer, bool> IsAbout { get; init; } = peer => IsPlain(peer, ImageFormat.Iso, ImageFormat.Ext4);

    /// <summary>What stands in a table.</summary>
    public string Text => $"{Figure.Title} {(Figure.Better == Better.More ? "≥" : "≤")} {Limit:0.0#}{Against switch
    {
        TargetBase.BestFuse => "x the best FUSE peer",
        TargetBase.KernelExt4 => "x the kernel's ext4",
        TargetBase.OtherFigure => $"x {Other!.Title}",
        TargetBase.OtherPeer => $"x {OtherPeer}",
        _ => $" {Figure.Unit}",
    }}";

    /// <summary>What the program must reach.</summary>
    public static readonly IReadOnlyList<Target> All =
    [
        new(Figures.Sequential, TargetBase.BestFuse, 2.0),
        new(Figures.Sequential, TargetBase.KernelExt4, 0.5),
        new(Figures.Mapped, TargetBase.BestFuse, 2.0),
        new(Figures.SequentialCpu, TargetBase.BestFuse, 0.5),
        new(Figures.Sequential, TargetBase.OtherPeer, 0.95) { OtherPeer = Peers.ImageFsIso, IsAbout = peer => peer.Name == Peers.ImageFsUdf },
        new(Figures.Sequential, TargetBase.OtherPeer, 0.8) { OtherPeer = Peers.ImageFsExt4, IsAbout = peer => peer.Name == Peers.ImageFsQcow2 },
        .. OwnDriver(Peers.ImageFsXfs, Peers.KernelXfs),
        .. OwnDriver(Peers.ImageFsBtrfs, Peers.KernelBtrfs),
        new(Figures.CompressedTwo, TargetBase.OtherPeer, 0.8)
        {
            OtherPeer = $"{Peers.KernelBtrfs} {Peers.Zstd}",
            IsAbout = peer => peer.Name == $"{Peers.ImageFsBtrfs} {Peers.Zstd}",
        },
        .. Ntfs(),
        .. OwnDriver(Peers.ImageFsErofs, Peers.KernelErofs),
        .. CompressedErofs(Peers.Lz4hc),
        .. CompressedErofs(Peers.Zstd),
        .. CompressedSquashFs("gzip"),
        .. CompressedSquashFs(Peers.Zstd),
        .. CompressedSquashFs("xz"),
        .. Engine(Peers.EngineIso, Peers.ImageFsIso),
        .. Engine(Peers.EngineExt4, Peers.ImageFsExt4),
        .. Engine(Peers.EngineQcow2, Peers.ImageFsQcow2),
        new(Figures.WalkCold, TargetBase.KernelExt4, 1.0),
        new(Figures.WalkAgain, TargetBase.KernelExt4, 0.9),
        new(Figures.Small, TargetBase.KernelExt4, 0.9),
        new(Figures.RandomDirect, TargetBase.BestFuse, 1.3),
        new(Figures.RandomDirect, TargetBase.KernelExt4, 1.0) { IsAbout = IsUring },
        new(Figures.Mount, TargetBase.BestFuse, 2.0),
        new(Figures.Memory, TargetBase.Nothing, 6),
        new(Figures.Memory, TargetBase.Nothing, 16) { IsAbout = IsReadyToRun },
        new(Figures.Find, TargetBase.BestFuse, 4.0) { IsAbout = peer => IsPlain(peer, ImageFormat.Ext4) },
        new(Figures.LookupMany, TargetBase.OtherFigure, 1.5) { Other = Figures.LookupFew, IsAbout = peer => IsPlain(peer, ImageFormat.Ext4, ImageFormat.Fat32, ImageFormat.Xfs, ImageFormat.Btrfs, ImageFormat.Ntfs) },
    ];

    // Against the kernel's driver of the same format; a find as fast as that of ext4, but for a sixth.
    private static IEnumerable<Target> OwnDriver(string name, string driver)
    {
        bool IsIt(Peer peer) => peer.Name == name;
        yield return new(Figures.Sequential, TargetBase.OtherPeer, 0.5) { OtherPeer = driver, IsAbout = IsIt };
        yield return new(Figures.Small, TargetBase.OtherPeer, 0.9) { OtherPeer = driver, IsAbout = IsIt };
        yield return new(Figures.WalkCold, TargetBase.OtherPeer, 0.7) { OtherPeer = driver, IsAbout = IsIt };
        yield return new(Figures.Find, TargetBase.OtherPeer, 1 / 1.2) { OtherPeer = Peers.ImageFsExt4, IsAbout = IsIt };
    }

    // The kernel by a manifest, against its own ext4 and against the same image over FUSE.
    private static IEnumerable<Target> Engine(string name, string server)
    {
        bool IsIt(Peer peer) => peer.Name == name;
        foreach ((Figure figure, double ofServer) in ((Figure, double)[])[(Figures.Sequential, 1.6), (Figures.TwoReaders, 2.3), (Figures.Mapped, 1.4)])
        {
            yield return new(figure, TargetBase.KernelExt4, 0.9) { IsAbout = IsIt };
            yield return new(figure, TargetBase.OtherPeer, ofServer) { OtherPeer = server, IsAbout = IsIt };
        }

        yield return new(Figures.Random, TargetBase.KernelExt4, 1.5) { IsAbout = IsIt };
        yield return new(Figures.WalkCold, TargetBase.KernelExt4, 1) { IsAbout = IsIt };
        yield return new(Figures.WalkAgain, TargetBase.KernelExt4, 1) { IsAbout = IsIt };
        yield return new(Figures.Small, TargetBase.KernelExt4, 1) { IsAbout = IsIt };
        yield return new(Figures.SequentialCpu, TargetBase.KernelExt4, 1) { IsAbout = IsIt };
        yield return new(Figures.Mount, TargetBase.Nothing, 60) { IsAbout = IsIt };
    }

    // Against the other server of the format; a find at least half as fast as that of ext4.
    private static IEnumerable<Target> Ntfs()
    {
        static bool IsIt(Peer peer) => peer.Name == Peers.ImageFsNtfs;
        static bool IsCompressed(Peer peer) => peer.Name == $"{Peers.ImageFsNtfs} {Peers.Lznt1}";
        foreach (Figure figure in (Figure[])[Figures.Sequential, Figures.WalkCold, Figures.Small])
        {
            yield return new(figure, TargetBase.OtherPeer, 3) { OtherPeer = Peers.Ntfs3g, IsAbout = IsIt };
        }

        yield return new(Figures.RandomDirect, TargetBase.OtherPeer, 1.3) { OtherPeer = Peers.Ntfs3g, IsAbout = IsIt };
        yield return new(Figures.Find, TargetBase.OtherPeer, 0.5) { OtherPeer = Peers.ImageFsExt4, IsAbout = IsIt };
        yield return new(Figures.Compressed, TargetBase.OtherPeer, 1) { OtherPeer = $"{Peers.Ntfs3g} {Peers.Lznt1}", IsAbout = IsCompressed };
        yield return new(Figures.CompressedTwo, TargetBase.OtherFigure, 1.8) { Other = Figures.Compressed, IsAbout = IsCompressed };
    }

    // Against the other server of the format, and with two readers against the kernel's driver.
    private static IEnumerable<Target> CompressedErofs(string compressor)
    {
        bool IsIt(Peer peer) => peer.Name == $"{Peers.ImageFsErofs} {compressor}";
        yield return new(Figures.Compressed, TargetBase.OtherPeer, 2) { OtherPeer = $"{Peers.Erofsfuse} {compressor}", IsAbout = IsIt };
        yield return new(Figures.CompressedTwo, TargetBase.OtherPeer, 0.9) { OtherPeer = $"{Peers.KernelErofs} {compressor}", IsAbout = IsIt };
        yield return new(Figures.CompressedRandom, TargetBase.OtherPeer, 2) { OtherPeer = $"{Peers.Erofsfuse} {compressor}", IsAbout = IsIt };
        yield return new(Figures.Extract, TargetBase.OtherPeer, 1) { OtherPeer = $"{Peers.Erofsfuse} {compressor}", IsAbout = IsIt };
    }

    private static IEnumerable<Target> CompressedSquashFs(string compressor)
    {
        bool IsIt(Peer peer) => peer.Name == $"{Peers.ImageFsSquashFs} {compressor}";
        yield return new(Figures.Compressed, TargetBase.OtherPeer, 2) { OtherPeer = $"{Peers.SquashFuse} {compressor}", IsAbout = IsIt };
        yield return new(Figures.CompressedTwo, TargetBase.OtherPeer, 0.9) { OtherPeer = $"{Peers.KernelSquashFs} {compressor}", IsAbout = IsIt };
        yield return new(Figures.Small, TargetBase.OtherPeer, 1.5) { OtherPeer = $"{Peers.SquashFuse} {compressor}", IsAbout = IsIt };
        yield return new(Figures.CompressedRandom, TargetBase.OtherPeer, 2) { OtherPeer = $"{Peers.SquashFuse} {compressor}", IsAbout = IsIt };
        yield return new(Figures.Extract, TargetBase.OtherPeer, 1) { OtherPeer = $"{Peers.SquashFuse} {compressor}", IsAbout = IsIt };
        yield return new(Figures.WalkCold, TargetBase.OtherPeer, 0.7) { OtherPeer = $"{Peers.KernelSquashFs} {compressor}", IsAbout = IsIt };
    }

    /// <summary>The ratio that a peer comes to; null when it was not measured.</summary>
    public double? Ratio(Results results, IReadOnlyList<Peer> peers, Peer peer)
    {
        double? reference = Against switch
        {
            TargetBase.BestFuse => results.Best(Figure, peers.Where(other => other.Kind == PeerKind.Fuse)),
            TargetBase.KernelExt4 => results.Best(Figure, peers.Where(other => other.Name == Peers.KernelExt4)),
            TargetBase.OtherPeer => results.Best(Figure, peers.Where(other => other.Name == OtherPeer)),
            TargetBase.OtherFigure => results.Median(Other!, peer),
            _ => 1,
        };
        return results.Median(Figure, peer) / reference;
    }

    /// <summary>Whether a ratio is good enough.</summary>
    public bool IsReached(double ratio) => Figure.Better == Better.More ? ratio >= Limit : ratio <= Limit;

    private static bool IsPlain(Peer peer, params ReadOnlySpan<ImageFormat> formats) =>
        peer.Kind == PeerKind.ImageFs && formats.Contains(peer.Format) && !IsUring(peer) && !IsReadyToRun(peer) && !IsPassthrough(peer);

    private static bool IsUring(Peer peer) => peer.Name.EndsWith(Peers.Uring, StringComparison.Ordinal);

    private static bool IsPassthrough(Peer peer) => peer.Name.EndsWith(Peers.Passthrough, StringComparison.Ordinal);

    private static bool IsReadyToRun(Peer peer) => peer.Name.EndsWith(Peers.ReadyToRun, StringComparison.Ordinal);
}
