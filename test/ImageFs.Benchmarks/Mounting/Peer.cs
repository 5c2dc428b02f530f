using ImageFs.Benchmarks.Images;

namespace ImageFs.Benchmarks.Mounting;

/// <summary>A program, or a driver of the kernel, that mounts images of one format.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Kind">Who it is.</param>
/// <param name="Format">What it mounts.</param>
/// <param name="Program">What serves the mount; the command that mounts, when the kernel does.</param>
/// <param name="Before">Arguments in front of the image and the directory.</param>
/// <param name="After">Arguments after them.</param>
internal sealed record Peer(
    string Name, PeerKind Kind, ImageFormat Format, string Program, IReadOnlyList<string> Before, IReadOnlyList<string> After)
{
    /// <summary>Why it is not available here; null when it is.</summary>
    public string? Absence { get; init; }

    /// <summary>Whether it is absent, and not at fault, when it does not mount.</summary>
    public bool MayRefuse { get; init; }

    /// <summary>A switch of the kernel that has to say Y while it is mounted.</summary>
    public string? Switch { get; init; }

    /// <summary>The command that copies all files of an image into an empty directory, by the program that belongs to it; null without one.</summary>
    public Func<string, string, string[]>? ExtractCommand { get; init; }

    /// <summary>The command that mounts an image on a directory.</summary>
    public string[] MountCommand(string image, string directory) => [Program, .. Before, image, directory, .. After];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
