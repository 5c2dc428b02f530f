using ImageFs.FileSystems;
using ImageFs.FileSystems.Foreign;
using ImageFs.Images.Headers;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Formats;
using ImageFs.Storage.Volumes;

namespace ImageFs.Images;

/// <summary>Everything that an image can be and the program knows: what it reads, and what it tells by name.</summary>
public static class KnownFormats
{
    /// <summary>File systems, in the order in which they are tried.</summary>
    public static IReadOnlyList<FileSystemFormat> FileSystems => FileSystemFormats.All;

    /// <summary>What a disk is kept in, in the order in which they are tried.</summary>
    public static IReadOnlyList<ContainerFormat> Containers { get; } = [.. ContainerFormats.All, .. HeaderedFormat.All];

    /// <summary>What divides disks into volumes, in the order in which they are tried.</summary>
    public static IReadOnlyList<VolumeFormat> Volumes => VolumeFormats.All;

    /// <summary>What is recognised but not read.</summary>
    public static IReadOnlyList<ForeignFormat> Foreign => ForeignFormats.All;

    /// <summary>All of them.</summary>
    public static IEnumerable<Format> All => [.. FileSystems, .. Containers, .. Volumes, .. Foreign];
}
