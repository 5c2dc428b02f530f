using ImageFs.Linux;

namespace ImageFs.Manifest.Engine;

/// <summary>How a tree is to be mounted by Linux itself.</summary>
/// <param name="Source">The image, as whoever looks at the list of mounts is to see it.</param>
public sealed record EngineRequest(string Source)
{
    /// <summary>What the source of every such mount begins with.</summary>
    public const string SourcePrefix = "imagefs:";

    /// <summary>What the manifest may hold.</summary>
    public ManifestOptions Manifest { get; init; } = new();

    /// <summary>What may be done in the mount.</summary>
    public MountFlags Flags { get; init; } = MountFlags.NoSuid | MountFlags.NoDev;

    /// <summary>Whether the image is read past its own page cache, which the mount then has no use for (<c>directio</c>, Linux 6.15).</summary>
    public bool BypassesCache { get; init; }

    /// <summary>Security contexts for SELinux, each with its option.</summary>
    public IReadOnlyList<(string Option, string Value)> SecurityContexts { get; init; } = [];
}
