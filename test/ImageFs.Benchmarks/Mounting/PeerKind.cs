namespace ImageFs.Benchmarks.Mounting;

/// <summary>Who serves a mount.</summary>
internal enum PeerKind
{
    /// <summary>ImageFs.</summary>
    ImageFs,

    /// <summary>Another FUSE server.</summary>
    Fuse,

    /// <summary>The kernel's own driver, on a loop device.</summary>
    Kernel,

    /// <summary>The kernel by a manifest of ImageFs (engine=kernel).</summary>
    Engine,
}
