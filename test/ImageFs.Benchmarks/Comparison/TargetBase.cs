namespace ImageFs.Benchmarks.Comparison;

/// <summary>What a target's figure is divided by.</summary>
internal enum TargetBase
{
    /// <summary>The best of the other FUSE servers.</summary>
    BestFuse,

    /// <summary>The kernel's ext4 on a loop device.</summary>
    KernelExt4,

    /// <summary>Another figure of the same peer.</summary>
    OtherFigure,

    /// <summary>The same figure of another peer.</summary>
    OtherPeer,

    /// <summary>Nothing: it is the value itself.</summary>
    Nothing,
}
