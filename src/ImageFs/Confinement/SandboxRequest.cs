using ImageFs.Storage;

namespace ImageFs.Confinement;

/// <summary>What a process is about to do with images, before it gives up its rights.</summary>
internal sealed record SandboxRequest
{
    /// <summary>The options, none taken.</summary>
    internal required OptionList Options { get; init; }

    /// <summary>Paths of image files, and of folders of images where <see cref="IsTree"/> is set; none of images on servers.</summary>
    internal required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Further files that opening the images takes.</summary>
    internal IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Whether the paths are folders of images, which are opened later.</summary>
    internal bool IsTree { get; init; }

    /// <summary>Whether an image is on a server.</summary>
    internal bool HasRemote { get; init; }

    /// <summary>Whether requests come by io_uring.</summary>
    internal bool HasRings { get; init; }
}
